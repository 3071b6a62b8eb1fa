// SPDX-License-Identifier: GPL-2.0-or-later
// The static trace points (USDT) of a QEMU whose program does not show enough for probes on its functions: RHEL's and
// Fedora's builds have them. They are those of QEMU's other trace backends.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <qemu_usdt.skel.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "collector/record/user_probes.hpp"

namespace descry {

std::span<const ProbePoint> qemuTracePoints() {
  using enum Detail;
  constexpr const char* kInterrupted = "when the guest was interrupted: backend and notification are one";
  static const std::vector<ProbePoint> points = {
      {"QEMU: fetch ends", false, Normal, {{"virtqueue_pop", "onPopped"}}, "chains: nothing of this QEMU can be told"},
      {"QEMU: chain done",
       false,
       Normal,
       {{"virtqueue_fill", "onFill"}},
       "when chains were finished: nothing of this QEMU can be told"},
      {"QEMU: used published",
       false,
       Normal,
       {{"virtqueue_flush", "onFlush"}},
       "when the guest could see that a chain was done"},
      {"QEMU: doorbell taken",
       false,
       Normal,
       {{"virtio_queue_notify", "onQueueNotify"}},
       "when QEMU turned to a queue, and which queue of a device it is"},
      {"QEMU: irqfd written", false, Normal, {{"virtio_notify_irqfd", "onNotify"}}, kInterrupted},
      {"QEMU: guest interrupted", false, Normal, {{"virtio_notify", "onNotify"}}, kInterrupted},
      {"QEMU: status set", false, Normal, {{"virtio_set_status", "onStatus"}}, "where a device was reset"},
  };
  return points;
}

namespace {

class QemuTracePoints final : public HitProbes<qemu_usdt_bpf> {
 public:
  QemuTracePoints(const ProbeOptions& options, std::vector<QemuProcess> qemus, Take take)
      : HitProbes(options, std::move(take)), m_qemus(std::move(qemus)) {}

  std::uint64_t attach() override;
  ProbeLoss loss() const override;
  TrapCost trapCost() const override { return {.qemuPs = m_outside.entryPs}; }

 private:
  void attachTo(const QemuProcess& qemu);

  std::vector<QemuProcess> m_qemus;
};

void QemuTracePoints::attachTo(const QemuProcess& qemu) {
  for (const ProbePoint& point : qemuTracePoints()) {
    const ProbeFunction& function = point.functions.front();
    Coverage coverage{.point = &point, .function = {}, .program = {}, .reason = {}};
    coverage.function = fmt::format("qemu:{} of {} ({})", function.function, qemu.name, qemu.pid);
    coverage.program = fmt::format("{}_usdt", function.handler);
    // They do not name the device of a chain, nor the queue by its index.
    if (m_options.device != 0 || m_options.queue >= 0)
      coverage.reason = "static trace points know no --device and no --queue";
    else if (bpf_link* link =
                 bpf_program__attach_usdt(bpf_object__find_program_by_name(m_skeleton->obj, coverage.program.c_str()),
                                          qemu.pid, qemu.program.c_str(), "qemu", function.function, nullptr)) {
      m_links.keep(link);
      coverage.attachment = Attachment::StaticTracePoint;
      if (&point == &qemuTracePoints().front()) coverage.reason = "not on functions: " + qemu.whyTracePoints;
    } else {
      coverage.reason = fmt::format("usdt: {}", errno == ESRCH ? "the process has ended" : std::strerror(errno));
    }
    m_coverage.push_back(std::move(coverage));
  }
}

std::uint64_t QemuTracePoints::attach() {
  load("QEMU's trace points");
  for (const QemuProcess& qemu : m_qemus) attachTo(qemu);
  m_outside = measureUprobePs();
  return readAndStart();
}

ProbeLoss QemuTracePoints::loss() const {
  if (!m_skeleton) return {};
  const auto& counts = *m_skeleton->bss;
  return {counts.lostInRing, counts.notResident, 0};
}

}  // namespace

std::unique_ptr<ProbeSet> makeQemuTracePoints(const ProbeOptions& options, std::vector<QemuProcess> qemus,
                                              ProbeSet::Take take) {
  silenceLibbpf();
  return std::make_unique<QemuTracePoints>(options, std::move(qemus), std::move(take));
}

}  // namespace descry
