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

#include "collector/record/user_probes.hpp"
#include "collector/record/vhost_user_bursts.hpp"

namespace descry {

namespace {

struct DestroyRing {
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

class VhostUserProbes final : public UserProbes<vhost_user_bpf> {
 public:
  VhostUserProbes(const ProbeOptions& options, std::vector<VhostUserBackend> backends, Take take)
      : UserProbes(options, std::move(take)), m_backends(std::move(backends)) {}

  std::uint64_t attach() override;
  std::size_t consume() override;
  ProbeLoss loss() const override;
  // A call has a probe on its beginning, and one on its return.
  TrapCost trapCost() const override { return {.burstPs = m_outside.entryPs + m_outside.returnPs}; }

 private:
  void configure(vhost_user_bpf& skeleton) override;
  std::uint64_t outsidePs() const override { return trapCost().burstPs / 2; }
  void finishReading(std::uint64_t end) override;
  void attachTo(const VhostUserBackend& backend, std::uint32_t number);
  Coverage coverageOf(const ProbePoint& point, const VhostUserBackend& backend) const;
  void refuse(const VhostUserBackend& backend, std::string reason);
  static int takeRecord(void* self, void* data, std::size_t size);

  std::vector<VhostUserBackend> m_backends;
  std::unique_ptr<ring_buffer, DestroyRing> m_ring;
  std::unique_ptr<VhostUserBursts> m_bursts;
};

void VhostUserProbes::configure(vhost_user_bpf& skeleton) {
  skeleton.rodata->onlyDevice = m_options.device;
  skeleton.rodata->onlyQueue = m_options.queue;
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
  load("vhost-user backends");
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
  return start();
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

void VhostUserProbes::finishReading(std::uint64_t end) {
  consume();
  m_bursts->finish(end);
}

ProbeLoss VhostUserProbes::loss() const {
  if (!m_skeleton) return {};
  const auto& counts = *m_skeleton->bss;
  return {counts.lostInRing, counts.lostInMap + counts.implausible, 0};
}

}  // namespace

std::unique_ptr<ProbeSet> makeVhostUserProbes(const ProbeOptions& options, std::vector<VhostUserBackend> backends,
                                              ProbeSet::Take take) {
  silenceLibbpf();
  return std::make_unique<VhostUserProbes>(options, std::move(backends), std::move(take));
}

}  // namespace descry
