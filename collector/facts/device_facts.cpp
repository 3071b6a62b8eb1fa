// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/device_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

template <typename T>
void fill(std::optional<T>& mine, const std::optional<T>& other) {
  if (!mine) mine = other;
}

template <typename Map>
void fillMap(Map& mine, const Map& other) {
  if (mine.empty()) mine = other;
}

void complete(DeviceFacts& mine, const DeviceFacts& other) {
  fill(mine.type, other.type);
  fill(mine.parent, other.parent);
  fill(mine.iommuGroupType, other.iommuGroupType);
  fill(mine.features, other.features);
  fill(mine.accessPlatform, other.accessPlatform);
  fill(mine.packed, other.packed);
  fill(mine.eventIdx, other.eventIdx);
  fill(mine.indirect, other.indirect);
  fill(mine.active, other.active);
  fill(mine.vmmId, other.vmmId);
  for (const QueueFacts& queue : other.queues) {
    const auto same = std::ranges::find(mine.queues, queue.index, &QueueFacts::index);
    if (same == mine.queues.end()) {
      mine.queues.push_back(queue);
      continue;
    }
    fill(same->size, queue.size);
    fill(same->packed, queue.packed);
    fill(same->usesDma, queue.usesDma);
    fill(same->ring, queue.ring);
  }
}

void complete(SideFacts& mine, const SideFacts& other) {
  fill(mine.kernel, other.kernel);
  fill(mine.bootParameters, other.bootParameters);
  fill(mine.backend, other.backend);
  fill(mine.protectedGuest, other.protectedGuest);
  fill(mine.probesMissed, other.probesMissed);
  fill(mine.tscKhz, other.tscKhz);
  if (mine.swiotlb.source.empty()) mine.swiotlb.source = other.swiotlb.source;
  fill(mine.swiotlb.slots, other.swiotlb.slots);
  fill(mine.swiotlb.usedSlots, other.swiotlb.usedSlots);
  fill(mine.swiotlb.full, other.swiotlb.full);
  fill(mine.swiotlb.largestRefusedBytes, other.swiotlb.largestRefusedBytes);
  fillMap(mine.missedByEvent, other.missedByEvent);
  fillMap(mine.overwritten, other.overwritten);
  fillMap(mine.dropped, other.dropped);
  fillMap(mine.probedFunctions, other.probedFunctions);
}

struct FactsFormat {
  /// True when the text, after white space, may be of this format.
  bool (*recognise)(std::string_view text);
  MachineFacts (*parse)(std::string_view text, const std::string& origin);
};

constexpr std::array<FactsFormat, 3> kFormats = {{
    {[](std::string_view text) { return text.starts_with('{'); }, parseCaseJson},
    {looksLikeKernelText, parseKernelText},
    {[](std::string_view) { return true; }, parseDeviceListing},
}};

std::string readText(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw Error(fmt::format("{}: is a directory; --facts needs a file", path.string()));
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(fmt::format("{}: cannot open: {}", path.string(), std::strerror(errno)));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::optional<bool> DeviceFacts::feature(unsigned bit) const {
  if (!features) return std::nullopt;
  return ((*features >> bit) & 1U) != 0;
}

std::optional<std::int64_t> MachineFacts::tscKhz(std::optional<Side> side) const {
  if (side) return *side == Side::Guest ? guest.tscKhz : host.tscKhz;
  if (guest.tscKhz && host.tscKhz && guest.tscKhz != host.tscKhz) return std::nullopt;
  return guest.tscKhz ? guest.tscKhz : host.tscKhz;
}

void MachineFacts::complete(const MachineFacts& other) {
  fill(transport, other.transport);
  for (const DeviceFacts& device : other.devices) {
    const auto same = std::ranges::find(devices, device.name, &DeviceFacts::name);
    if (same == devices.end())
      devices.push_back(device);
    else
      descry::complete(*same, device);
  }
  descry::complete(guest, other.guest);
  descry::complete(host, other.host);
}

MachineFacts readFacts(const std::filesystem::path& path) {
  const std::string text = readText(path);
  std::string_view content = text;
  content.remove_prefix(std::min(content.find_first_not_of(" \t\r\n"), content.size()));
  if (content.empty()) throw Error(fmt::format("{}: holds no device facts: the file is empty", path.string()));
  for (const FactsFormat& format : kFormats)
    if (format.recognise(content)) return format.parse(content, path.string());
  return {};
}

}  // namespace descry
