// SPDX-License-Identifier: GPL-2.0-or-later
// The probes of QEMUs that serve queues themselves, on their programs as they are: no rebuild, no restart.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <qemu.skel.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "collector/record/user_probes.hpp"

namespace descry {

namespace kernel {
#include "collector/probes/qemu_layout.h"
}

namespace {

kernel::Layout layoutOf(const QemuLayout& layout) {
  return {.deviceFeatures = layout.deviceFeatures,
          .deviceQueues = layout.deviceQueues,
          .deviceId = layout.deviceId,
          .queueBytes = layout.queueBytes,
          .ringSize = layout.ringSize,
          .ringAddress = layout.ringAddress,
          .lastAvail = layout.lastAvail,
          .queueIndex = layout.queueIndex,
          .vector = layout.vector,
          .queueDevice = layout.queueDevice,
          .guestNotifier = layout.guestNotifier,
          .hostNotifier = layout.hostNotifier};
}

class QemuProbes final : public HitProbes<qemu_bpf> {
 public:
  QemuProbes(const ProbeOptions& options, std::vector<QemuProcess> qemus, const ProbeSet* host, Take take)
      : HitProbes(options, std::move(take)), m_qemus(std::move(qemus)), m_host(host) {}

  std::uint64_t attach() override;
  ProbeLoss loss() const override;
  // One hit in ten of a request is on a return: of its fetch.
  TrapCost trapCost() const override { return {.qemuPs = (9 * m_outside.entryPs + m_outside.returnPs) / 10}; }

 private:
  void configure(qemu_bpf& skeleton) override;
  void attachTo(const QemuProcess& qemu, std::uint32_t number);
  void attachKernel();
  void attachPoint(Coverage& coverage, const QemuProcess& qemu, const QemuPlace& place, std::uint32_t number);
  Coverage coverageOf(const ProbePoint& point, const QemuProcess& qemu) const;

  std::vector<QemuProcess> m_qemus;
  const ProbeSet* m_host;
};

void QemuProbes::configure(qemu_bpf& skeleton) {
  HitProbes::configure(skeleton);
  auto& constants = *skeleton.rodata;
  constants.onlyDevice = m_options.device;
  constants.onlyQueue = m_options.queue;
  const int threads = m_host == nullptr ? -1 : m_host->threadsFd();
  constants.withScheduler = threads >= 0 && bpf_map__reuse_fd(skeleton.maps.workers, threads) == 0;
}

Coverage QemuProbes::coverageOf(const ProbePoint& point, const QemuProcess& qemu) const {
  Coverage coverage{.point = &point, .function = {}, .program = {}, .reason = {}};
  coverage.function = fmt::format("{} of {} ({})", point.functions.front().function, qemu.name, qemu.pid);
  return coverage;
}

void QemuProbes::attachPoint(Coverage& coverage, const QemuProcess& qemu, const QemuPlace& place,
                             std::uint32_t number) {
  if (place.fileOffsets.empty()) {
    coverage.reason = "the program does not export it";
    return;
  }
  const std::vector<ProbeFunction>& functions = coverage.point->functions;
  const ProbeFunction& function = place.inWorkers ? functions.back() : functions.front();
  for (const std::uint64_t offset : place.fileOffsets)
    if (!m_links.attach(coverage, m_skeleton->obj, function.handler, {qemu.pid, qemu.program, offset, number})) return;
  if (qemu.replaced) coverage.reason = "another version lies in its place on disk; this is the one that runs";
}

void QemuProbes::attachTo(const QemuProcess& qemu, std::uint32_t number) {
  const ProgramFile file(qemu.program);
  const kernel::Layout layout = layoutOf(qemu.layout);
  if (bpf_map_update_elem(bpf_map__fd(m_skeleton->maps.layouts), &number, &layout, BPF_ANY) != 0)
    throw Error(fmt::format("the offsets of {} ({}) cannot be handed to the probes: {}", qemu.name, qemu.pid,
                            std::strerror(errno)));
  for (const ProbePoint& point : qemuPoints()) {
    Coverage coverage = coverageOf(point, qemu);
    attachPoint(coverage, qemu, qemuPlace(file, point.functions.front().function), number);
    m_coverage.push_back(std::move(coverage));
  }
}

/// Where KVM runs the guest of a QEMU, a doorbell reaches QEMU by way of the kernel.
void QemuProbes::attachKernel() {
  Coverage coverage{.point = &qemuDoorbellPoint(), .function = {}, .program = {}, .reason = {}};
  for (const ProbeFunction& function : coverage.point->functions) {
    coverage.function = function.function;
    coverage.program = fmt::format("{}_kprobe", function.handler);
    bpf_program* program = bpf_object__find_program_by_name(m_skeleton->obj, coverage.program.c_str());
    bpf_link* link = bpf_program__attach_kprobe(program, false, function.function);
    if (link == nullptr) {
      coverage.reason = fmt::format("kprobe: {}", std::strerror(errno));
      continue;
    }
    m_links.keep(link);
    coverage.attachment = Attachment::Kprobe;
    coverage.reason.clear();
    break;
  }
  m_coverage.push_back(std::move(coverage));
}

std::uint64_t QemuProbes::attach() {
  load("QEMU");
  if (std::ranges::any_of(m_qemus, &usesKvm)) attachKernel();
  std::uint32_t number = 0;
  for (QemuProcess& qemu : m_qemus) {
    if (qemu.refusal.empty() && number == MOST_QEMU_LAYOUTS)
      qemu.refusal = fmt::format("{} others are probed already; choose one with --qemu PID", number);
    try {
      if (qemu.refusal.empty()) attachTo(qemu, number++);
    } catch (const Error& error) {
      qemu.refusal = error.what();  // it ended meanwhile
    }
    if (qemu.refusal.empty()) continue;
    Coverage coverage = coverageOf(qemuPoints()[1], qemu);  // what a recording cannot do without
    coverage.reason = qemu.refusal;
    m_coverage.push_back(std::move(coverage));
  }
  m_outside = measureUprobePs();
  return readAndStart();
}

ProbeLoss QemuProbes::loss() const {
  if (!m_skeleton) return {};
  const auto& counts = *m_skeleton->bss;
  return {counts.lostInRing, counts.lostInMap + counts.notResident + counts.implausible, 0};
}

}  // namespace

std::unique_ptr<ProbeSet> makeQemuProbes(const ProbeOptions& options, std::vector<QemuProcess> qemus,
                                         const ProbeSet* host, ProbeSet::Take take) {
  silenceLibbpf();
  return std::make_unique<QemuProbes>(options, std::move(qemus), host, std::move(take));
}

}  // namespace descry
