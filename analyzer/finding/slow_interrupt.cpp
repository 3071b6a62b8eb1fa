// SPDX-License-Identifier: GPL-2.0-or-later
// From the signal on the host until the guest takes the interrupt: the only way of a chain that no driver and no device
// works on. It crosses the clocks, so it counts only as far as it is longer than their error.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr std::int64_t kSlow = 100'000, kVerySlow = 1'000'000;  // ns, beyond the error of the clocks
constexpr double kWorthNaming = 20;                             // percent of the latency

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t inject = evidence.integer("inject_ns"), certain = inject - evidence.integer("cross_error_ns");
  if (evidence.integer("interrupted_chains") < kSmallestSample || !evidence.known("cross_error_ns") ||
      certain < kSlow || evidence.real("inject_percent") < kWorthNaming)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = certain >= kVerySlow ? Severity::Warning : Severity::Info;
  verdict.confidence = "high";
  verdict.sample = evidence.integer("interrupted_chains");
  verdict.title = fmt::format("{}: an interrupt takes {} from the host's signal to the guest (median)", target.name(),
                              timeText(inject));
  verdict.why = fmt::format(
      "Median of {} chains, exact to +-{}; this wait is {} of the latency. The virtual CPU was not running or had "
      "interrupts off, or the signal went through the VMM instead of the kernel.",
      countText(verdict.sample), timeText(evidence.integer("cross_error_ns")),
      percent(evidence.real("inject_percent")));
  verdict.change =
      "Check whether the virtual CPU waits for a host CPU ('perf sched timehist -p <pid of the VMM>', steal time in "
      "the guest's 'top') and give it its own: " +
      turn(target, Knob::VcpuCpu) +
      " Spread the interrupts of the queues over "
      "virtual CPUs (/proc/irq/N/smp_affinity). An idle virtual CPU wakes up faster with 'cpu-pm=on' (QEMU "
      "'-overcommit') or with the guest's haltpoll governor. QEMU logs virtio_notify_irqfd if irqfd is in use, else "
      "virtio_notify.";
  verdict.cause = Cause::Notification;
  verdict.percent = evidence.real("inject_percent");
  verdict.action = turnLine("Give each virtual CPU its own", target, Knob::VcpuCpu);
  verdict.cost = "With cpu-pm=on the host CPU looks fully busy, and nothing else can use it.";
  verdict.howToCheck =
      "Check whether the guest runs with KVM: without it (TCG) every interrupt waits for the emulation, and the delay "
      "is expected.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksGuest(target),
                  lacksSample(evidence.integer("interrupted_chains"), "chains with both their signal and interrupt"),
                  evidence.known("cross_error_ns") ? "" : "the clocks could not be compared"});
}

}  // namespace

const Rule kSlowInterrupt{"slow-interrupt", Rule::Subject::Queue, judge, lacks, Rule::Alarm::None, true};

}  // namespace descry
