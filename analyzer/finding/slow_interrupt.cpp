// SPDX-License-Identifier: GPL-2.0-or-later
// From the signal on the host until the guest takes the interrupt: the only way of a chain that no driver and no device
// works on. It crosses the clocks, so it counts only as far as it is longer than their error.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr std::int64_t kSlow = 100'000, kVerySlow = 1'000'000;  // ns, beyond the error of the clocks
constexpr double kWorthNaming = 20;                             // percent of the latency

/// What the virtual CPU did while the interrupt waited, by how much of the way it takes.
enum class Wait { Unknown, Delivery, Halted, NoCpu, Host, Guest, Handler };

struct WaitInfo {
  Wait wait;
  const char *column, *is, *reason;
};
constexpr WaitInfo kWaits[] = {
    {Wait::Delivery, "delivery_ns", "KVM took to accept it", "the signal did not reach the virtual CPU at once."},
    {Wait::Halted, "halted_ns", "the virtual CPU was halted", "waking it up takes long."},
    {Wait::NoCpu, "no_cpu_ns", "it had no host CPU", "other threads ran there."},
    {Wait::Host, "in_host_ns", "it was busy in KVM or the VMM", "other exits of the guest were served first."},
    {Wait::Guest, "guest_ns", "the guest could not be interrupted", "the guest itself ran with interrupts off."},
    {Wait::Handler, "handler_ns", "it had the interrupt and had not come to the driver",
     "the guest was entered with it, and its handler came late or the guest left again before."},
};

Wait mostOf(const Evidence& evidence) {
  if (evidence.integer("split_chains") < kSmallestSample) return Wait::Unknown;
  const auto* most = &kWaits[0];
  for (const WaitInfo& info : kWaits)
    if (evidence.integer(info.column) > evidence.integer(most->column)) most = &info;
  return most->wait;
}

std::string reasons(const Evidence& evidence) {
  const Wait most = mostOf(evidence);
  if (most == Wait::Unknown)
    return "The virtual CPU was not running or had interrupts off, or the signal went through the VMM instead of the "
           "kernel.";
  double whole = 0;
  for (const WaitInfo& info : kWaits) whole += static_cast<double>(evidence.integer(info.column));
  std::string text = fmt::format("Over {} chains", countText(evidence.integer("split_chains")));
  for (const WaitInfo& info : kWaits)
    text += fmt::format("{} {} for {} of it", &info == &kWaits[0] ? "" : ",", info.is,
                        percent(100 * static_cast<double>(evidence.integer(info.column)) / std::max(1.0, whole)));
  for (const WaitInfo& info : kWaits)
    if (info.wait == most) text += std::string(": ") + info.reason;
  return text;
}

std::string change(const Target& target, Wait most) {
  const std::string ownCpu = "Give the virtual CPU its own host CPU: " + turn(target, Knob::VcpuCpu);
  const std::string wake =
      "An idle virtual CPU wakes up faster with 'cpu-pm=on' (QEMU '-overcommit') or with the guest's haltpoll governor.";
  switch (most) {
    case Wait::NoCpu:
      return ownCpu;
    case Wait::Halted:
      return wake;
    case Wait::Host:
      return "Find out which exits keep it busy ('perf kvm stat record -p <pid of the VMM>'), and make them fewer; or "
             "send the interrupts to a virtual CPU that has fewer (/proc/irq/N/smp_affinity).";
    case Wait::Guest:
      return "Find out in the guest what runs with interrupts off (the tracer irqsoff), or send the interrupts to a "
             "virtual CPU that is less busy (/proc/irq/N/smp_affinity). A host CPU of its own or 'cpu-pm=on' changes "
             "nothing.";
    case Wait::Handler:
      return "Spread the interrupts of the queues over virtual CPUs (/proc/irq/N/smp_affinity).";
    case Wait::Delivery:
    case Wait::Unknown:
      break;
  }
  return "Check whether the virtual CPU waits for a host CPU ('perf sched timehist -p <pid of the VMM>', steal time in "
         "the guest's 'top') and give it its own: " +
         turn(target, Knob::VcpuCpu) +
         " Spread the interrupts of the queues over virtual CPUs (/proc/irq/N/smp_affinity). " + wake +
         " QEMU logs virtio_notify_irqfd if irqfd is in use, else virtio_notify.";
}

std::string action(const Target& target, Wait most) {
  if (most == Wait::Guest || most == Wait::Host || most == Wait::Handler)
    return "Send its interrupts to another virtual CPU: /proc/irq/N/smp_affinity";
  if (most == Wait::Halted) return "Let an idle virtual CPU poll: the guest's haltpoll governor";
  return turnLine("Give each virtual CPU its own", target, Knob::VcpuCpu);
}

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
  const Wait most = mostOf(evidence);
  verdict.why = fmt::format("Median of {} chains, exact to +-{}; this wait is {} of the latency. {}",
                            countText(verdict.sample), timeText(evidence.integer("cross_error_ns")),
                            percent(evidence.real("inject_percent")), reasons(evidence));
  verdict.change = change(target, most);
  verdict.cause = Cause::Notification;
  verdict.percent = evidence.real("inject_percent");
  verdict.action = action(target, most);
  verdict.cost = most == Wait::Guest || most == Wait::Host || most == Wait::Handler
                     ? "The other virtual CPU has that work then."
                     : "With cpu-pm=on the host CPU looks fully busy, and nothing else can use it.";
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
