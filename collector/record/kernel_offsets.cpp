// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/kernel_offsets.hpp"

#include <charconv>
#include <initializer_list>
#include <regex>
#include <utility>

namespace descry {

namespace {

struct KnownKernel {
  std::string_view series;
  KernelOffsets offsets;
};

/// From the BTF of Debian's kernels; alike on the 64-bit architectures.
const std::vector<KnownKernel>& knownKernels() {
  static const std::vector<KnownKernel> known = [] {
    std::vector<KnownKernel> list;
    KernelOffsets k;
    k = {.packed = 72,
         .usesDma = 73,
         .freeHead = 80,
         .numAdded = 84,
         .lastUsed = 88,
         .availShadow = 130,
         .ringSize = 96,
         .ringAddress = 152,
         .packedAvail = 132,
         .packedWrap = 128,
         .vhostSize = 40,
         .vhostRing = 48,
         .vhostLastAvail = 304,
         .vhostLastUsed = 308,
         .vhostCall = 104,
         .vhostFeatures = 17776,
         .vhostQueues = 40,
         .bounceWithoutAlloc = false,
         .returnArguments = false};
    list.push_back({"6.1", k});
    k = {.packed = 64,
         .usesDma = 65,
         .freeHead = 72,
         .numAdded = 76,
         .lastUsed = 80,
         .availShadow = 122,
         .ringSize = 88,
         .ringAddress = 144,
         .packedAvail = 124,
         .packedWrap = 120,
         .vhostSize = 48,
         .vhostRing = 56,
         .vhostLastAvail = 320,
         .vhostLastUsed = 324,
         .vhostCall = 112,
         .vhostFeatures = 17792,
         .vhostQueues = 40};
    list.push_back({"6.12", k});
    k.vhostLastAvail = 312;
    k.vhostLastUsed = 318;
    k.fetchesSeveral = true;
    k.usedCount = 4;
    list.push_back({"6.18", k});
    k = {.packed = 72,
         .usesDma = 64,
         .freeHead = 76,
         .numAdded = 88,
         .lastUsed = 92,
         .availShadow = 138,
         .ringSize = 104,
         .ringAddress = 160,
         .packedAvail = 140,
         .packedWrap = 136,
         .vhostSize = 40,
         .vhostRing = 48,
         .vhostLastAvail = 304,
         .vhostLastUsed = 310,
         .vhostCall = 104,
         .vhostFeatures = 17784,
         .vhostQueues = 32,
         .fetchesSeveral = true,
         .usedCount = 4};
    list.push_back({"7.2", k});
    k.vhostFeatures = 17792;
    list.push_back({"7.3", k});
    return list;
  }();
  return known;
}

/// 6 and 12 of "6.12.107+deb13-amd64"; zeros where it does not begin like that.
std::pair<int, int> versionOf(std::string_view release) {
  std::pair<int, int> version;
  const char* const end = release.data() + release.size();
  const auto [dot, error] = std::from_chars(release.data(), end, version.first);
  if (error != std::errc() || dot == end || *dot != '.') return {};
  std::from_chars(dot + 1, end, version.second);
  return version;
}

/// "6.12", and what uname -r says of Debian's kernels: 6.12.107+deb13-amd64, 6.1.0-50-s390x, 7.2.12+deb13-cloud-amd64.
/// Locks of a kernel for real time are larger.
bool isDebian(std::string_view release, std::string_view series) {
  if (release == series) return true;
  static const std::regex debian(R"(\d+\.\d+\.(\d+\+deb\d+|0-\d+)(-cloud)?-(amd64|arm64|s390x))");
  return std::regex_match(release.begin(), release.end(), debian);
}

}  // namespace

std::vector<std::string_view> kernelsWithOffsets() {
  std::vector<std::string_view> series;
  for (const KnownKernel& kernel : knownKernels()) series.push_back(kernel.series);
  return series;
}

std::optional<KernelOffsets> offsetsOf(std::string_view release) {
  for (const KnownKernel& kernel : knownKernels())
    if (versionOf(release) == versionOf(kernel.series) && isDebian(release, kernel.series)) return kernel.offsets;
  return std::nullopt;
}

KernelOffsets offsetsFrom(const KernelBtf& types, std::string_view release) {
  KernelOffsets k;
  const auto in = [&types](const char* structure) {
    return [&types, structure](int& offset, std::initializer_list<const char*> names) {
      for (const char* name : names)
        if (const auto found = types.offsetOf(structure, name)) {
          offset = *found;
          return;
        }
    };
  };
  const auto queue = in("virtqueue"), ring = in("vring_virtqueue"), vhost = in("vhost_virtqueue"),
             device = in("vhost_dev");
  queue(k.vqDevice, {"vdev"});
  queue(k.vqIndex, {"index"});
  ring(k.packed, {"packed_ring", "layout"});
  ring(k.usesDma, {"use_dma_api", "use_map_api"});
  ring(k.freeHead, {"free_head"});
  ring(k.numAdded, {"num_added"});
  ring(k.lastUsed, {"last_used_idx"});
  ring(k.availShadow, {"split.avail_idx_shadow"});
  ring(k.ringSize, {"split.vring.num"});
  ring(k.ringAddress, {"split.queue_dma_addr"});
  ring(k.packedAvail, {"packed.next_avail_idx"});
  ring(k.packedWrap, {"packed.avail_wrap_counter"});
  vhost(k.vhostSize, {"num"});
  vhost(k.vhostRing, {"desc"});
  vhost(k.vhostLastAvail, {"last_avail_idx"});
  vhost(k.vhostLastUsed, {"last_used_idx"});
  vhost(k.vhostCall, {"call_ctx.ctx"});
  vhost(k.vhostFeatures, {"acked_features"});
  device(k.vhostQueues, {"vqs"});
  k.bounceWithoutAlloc = types.parametersOf("__swiotlb_tbl_unmap_single").has_value();
  k.returnArguments = versionOf(release) >= std::pair(6, 9);
  k.fetchesSeveral = types.parametersOf("vhost_get_vq_desc_n").has_value();
  k.usedCount = types.parametersOf("vhost_add_used_n").value_or(3);
  return k;
}

}  // namespace descry
