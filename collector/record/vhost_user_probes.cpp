// SPDX-License-Identifier: GPL-2.0-or-later
// The probes of vhost-user backends that use DPDK's vhost library, as they are: no rebuild, no restart.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <vhost_user.skel.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "collector/record/skeleton_probes.hpp"
#include "collector/record/uprobe_links.hpp"
#include "collector/record/vhost_user_bursts.hpp"

namespace descry {

namespace {

struct DestroyBackendProbes {
  void operator()(vhost_user_bpf* skeleton) const { vhost_user_bpf::destroy(skeleton); }
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

kernel::BackendLayout layoutOf(const VhostUserBackend& backend) {
  const VhostUserLayout& layout = backend.layout;
  return {.devices = layout.devices + backend.loadedAt,
          .deviceMemory = layout.deviceMemory,
          .deviceFeatures = layout.deviceFeatures,
          .deviceQueues = layout.deviceQueues,
          .desc = layout.desc,
          .avail = layout.avail,
          .used = layout.used,
          .ringSize = layout.ringSize,
          .lastAvail = layout.lastAvail,
          .lastUsed = layout.lastUsed,
          .callFd = layout.callFd};
}

class VhostUserProbes final : public ProbeSet {
 public:
  VhostUserProbes(const ProbeOptions& options, std::vector<VhostUserBackend> backends, Take take)
      : m_options(options), m_backends(std::move(backends)), m_take(std::move(take)) {}

  std::uint64_t attach() override;
  const std::vector<Coverage>& coverage() const override { return m_coverage; }
  std::size_t consume() override;
  std::uint64_t finish() override;
  ProbeLoss loss() const override;
  ProbeCost cost() const override;
  // A call has a probe on its beginning, and one on its return.
  TrapCost trapCost() const override { return {.burstPs = m_outside.entryPs + m_outside.returnPs}; }

 private:
  void load();
  void attachTo(const VhostUserBackend& backend, std::uint32_t number);
  Coverage coverageOf(const ProbePoint& point, const VhostUserBackend& backend) const;
  void refuse(const VhostUserBackend& backend, std::string reason);
  static int takeRecord(void* self, void* data, std::size_t size);

  ProbeOptions m_options;
  std::vector<VhostUserBackend> m_backends;
  Take m_take;
  std::unique_ptr<vhost_user_bpf, DestroyBackendProbes> m_skeleton;
  UprobeLinks m_links;
  std::vector<Coverage> m_coverage;
  std::unique_ptr<ring_buffer, DestroyBackendProbes> m_ring;
  std::unique_ptr<VhostUserBursts> m_bursts;
  UprobeCost m_outside;
};

void VhostUserProbes::load() {
  m_skeleton.reset(vhost_user_bpf::open());
  if (!m_skeleton)
    throw Error(fmt::format("the BPF programs for vhost-user cannot be opened: {}", std::strerror(errno)));
  auto& constants = *m_skeleton->rodata;
  constants.onlyDevice = m_options.device;
  constants.onlyQueue = m_options.queue;
  bpf_map__set_max_entries(m_skeleton->maps.records, m_options.ringBytes);
  takeLibbpfMessage();
  if (const int error = vhost_user_bpf::load(m_skeleton.get()); error != 0)
    throw Error(fmt::format("the kernel does not take the probes of vhost-user backends: {}\n{}", std::strerror(-error),
                            takeLibbpfMessage()));
}

Coverage VhostUserProbes::coverageOf(const ProbePoint& point, const VhostUserBackend& backend) const {
  Coverage coverage{.point = &point, .function = {}, .program = {}, .reason = {}};
  coverage.function = fmt::format("{} of {} ({})", point.functions.front().function, backend.name, backend.pid);
  return coverage;
}

void VhostUserProbes::refuse(const VhostUserBackend& backend, std::string reason) {
  Coverage coverage = coverageOf(vhostUserPoints()[1], backend);
  coverage.reason = std::move(reason);
  m_coverage.push_back(std::move(coverage));
}

void VhostUserProbes::attachTo(const VhostUserBackend& backend, std::uint32_t number) {
  const kernel::BackendLayout layout = layoutOf(backend);
  if (bpf_map_update_elem(bpf_map__fd(m_skeleton->maps.layouts), &number, &layout, BPF_ANY) != 0)
    throw Error(fmt::format("the offsets of {} ({}) cannot be handed to the probes: {}", backend.name, backend.pid,
                            std::strerror(errno)));
  for (const ProbePoint& point : vhostUserPoints()) {
    Coverage coverage = coverageOf(point, backend);
    std::vector<LoadedFunction> functions = backend.bursts;
    const bool ofBursts = &point != &vhostUserPoints().back();
    if (!ofBursts)
      functions = backend.eventfdWrite ? std::vector{*backend.eventfdWrite} : std::vector<LoadedFunction>();
    if (functions.empty()) coverage.reason = "neither the program nor its C library exports it";
    for (const LoadedFunction& function : functions)
      if (!m_links.attach(coverage, m_skeleton->obj, point.functions.front().handler,
                          {backend.pid, function.file, function.fileOffset, number}))
        break;
    if (coverage.attachment != Attachment::Missing && backend.replaced && ofBursts)
      coverage.reason =
          fmt::format("another version of {} lies in its place on disk; this is the one that runs", backend.library);
    m_coverage.push_back(std::move(coverage));
  }
}

std::uint64_t VhostUserProbes::attach() {
  load();
  std::uint32_t number = 0;
  for (const VhostUserBackend& backend : m_backends) {
    if (!backend.refusal.empty()) {
      refuse(backend, backend.refusal);
    } else if (number == MOST_BACKENDS) {
      refuse(backend, fmt::format("{} others are probed already; choose one with --vhost-user PID", number));
    } else {
      try {
        attachTo(backend, number++);
      } catch (const Error& error) {
        refuse(backend, error.what());
      }
    }
  }
  m_outside = measureUprobePs();
  m_bursts = std::make_unique<VhostUserBursts>(m_outside.entryPs / 1000, m_take);
  m_ring.reset(ring_buffer__new(bpf_map__fd(m_skeleton->maps.records), takeRecord, this, nullptr));
  if (!m_ring) throw Error(fmt::format("the BPF ring buffer cannot be read: {}", std::strerror(errno)));
  const std::uint64_t begin = monotonicNs();
  m_skeleton->bss->recording = true;
  return begin;
}

int VhostUserProbes::takeRecord(void* self, void* data, std::size_t size) {
  auto& bursts = *static_cast<VhostUserProbes*>(self)->m_bursts;
  const auto* bytes = static_cast<const std::byte*>(data);
  if (size >= sizeof(kernel::BackendBurstRecord))
    bursts.take(structureAt<kernel::BackendBurstRecord>(bytes));
  else if (size >= sizeof(kernel::BackendQueueRecord))
    bursts.take(structureAt<kernel::BackendQueueRecord>(bytes));
  return 0;
}

std::size_t VhostUserProbes::consume() {
  return m_ring ? static_cast<std::size_t>(std::max(ring_buffer__consume(m_ring.get()), 0)) : 0;
}

std::uint64_t VhostUserProbes::finish() {
  const std::uint64_t end = monotonicNs();
  m_skeleton->bss->recording = false;
  m_links.detach();
  consume();
  m_bursts->finish(end);
  return end;
}

ProbeLoss VhostUserProbes::loss() const {
  if (!m_skeleton) return {};
  const auto& counts = *m_skeleton->bss;
  return {counts.lostInRing, counts.lostInMap + counts.implausible, 0};
}

ProbeCost VhostUserProbes::cost() const {
  ProbeCost sum;
  if (!m_skeleton) return sum;
  addCosts(m_skeleton->bss->costs, sum);
  sum.outsidePs = trapCost().burstPs / 2;
  return sum;
}

}  // namespace

std::unique_ptr<ProbeSet> makeVhostUserProbes(const ProbeOptions& options, std::vector<VhostUserBackend> backends,
                                              ProbeSet::Take take) {
  silenceLibbpf();
  return std::make_unique<VhostUserProbes>(options, std::move(backends), std::move(take));
}

}  // namespace descry
