// SPDX-License-Identifier: GPL-2.0-or-later
// The static trace points (USDT) of a QEMU whose program does not show enough for probes on its functions: RHEL's and
// Fedora's builds have them. They are those of QEMU's other trace backends.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <qemu_usdt.skel.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "collector/record/skeleton_probes.hpp"
#include "collector/record/uprobe_links.hpp"

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

class QemuTracePoints final : public ProbeSet {
 public:
  QemuTracePoints(const ProbeOptions& options, std::vector<QemuProcess> qemus, Take take)
      : m_options(options), m_qemus(std::move(qemus)), m_take(std::move(take)) {}

  std::uint64_t attach() override;
  const std::vector<Coverage>& coverage() const override { return m_coverage; }
  std::size_t consume() override { return m_ring ? m_ring->consume() : 0; }
  std::uint64_t finish() override;
  ProbeLoss loss() const override;
  ProbeCost cost() const override;
  TrapCost trapCost() const override { return {.qemuPs = m_outside.entryPs}; }

 private:
  struct DestroyTracePoints {
    void operator()(qemu_usdt_bpf* skeleton) const { qemu_usdt_bpf::destroy(skeleton); }
  };
  void load();
  void attachTo(const QemuProcess& qemu);

  ProbeOptions m_options;
  std::vector<QemuProcess> m_qemus;
  Take m_take;
  std::unique_ptr<qemu_usdt_bpf, DestroyTracePoints> m_skeleton;
  UprobeLinks m_links;
  std::vector<Coverage> m_coverage;
  std::unique_ptr<RingReader> m_ring;
  UprobeCost m_outside;
};

void QemuTracePoints::load() {
  m_skeleton.reset(qemu_usdt_bpf::open());
  if (!m_skeleton)
    throw Error(fmt::format("the BPF programs for QEMU's trace points cannot be opened: {}", std::strerror(errno)));
  m_skeleton->rodata->wantFolded = false;
  m_skeleton->rodata->wantRaw = true;
  bpf_map__set_max_entries(m_skeleton->maps.records, m_options.ringBytes);
  takeLibbpfMessage();
  if (const int error = qemu_usdt_bpf::load(m_skeleton.get()); error != 0)
    throw Error(fmt::format("the kernel does not take the probes of QEMU's trace points: {}\n{}", std::strerror(-error),
                            takeLibbpfMessage()));
}

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
  load();
  for (const QemuProcess& qemu : m_qemus) attachTo(qemu);
  m_outside = measureUprobePs();
  m_ring = std::make_unique<RingReader>(bpf_map__fd(m_skeleton->maps.records), true, m_take);
  const std::uint64_t begin = monotonicNs();
  m_skeleton->bss->recording = true;
  return begin;
}

std::uint64_t QemuTracePoints::finish() {
  const std::uint64_t end = monotonicNs();
  m_skeleton->bss->recording = false;
  m_links.detach();
  m_ring->consume();
  m_ring->flush();
  return end;
}

ProbeLoss QemuTracePoints::loss() const {
  if (!m_skeleton) return {};
  const auto& counts = *m_skeleton->bss;
  return {counts.lostInRing, counts.notResident, 0};
}

ProbeCost QemuTracePoints::cost() const {
  ProbeCost sum;
  if (!m_skeleton) return sum;
  addCosts(m_skeleton->bss->costs, sum);
  sum.outsidePs = trapCost().qemuPs;
  return sum;
}

}  // namespace

std::unique_ptr<ProbeSet> makeQemuTracePoints(const ProbeOptions& options, std::vector<QemuProcess> qemus,
                                              ProbeSet::Take take) {
  silenceLibbpf();
  return std::make_unique<QemuTracePoints>(options, std::move(qemus), std::move(take));
}

}  // namespace descry
