// SPDX-License-Identifier: GPL-2.0-or-later
// The used entry is there, its interrupt has come or needed not come, and the driver reads it late: the guest's own
// work.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr std::int64_t kLate = 100'000, kVeryLate = 250'000;  // ns on average; a driver takes some ten microseconds
constexpr double kWorthNaming = 30, kMost = 50;               // percent of the latency

std::string reasons(const Evidence& evidence, bool emulated) {
  const std::int64_t all = evidence.integer("late_chains"), own = evidence.integer("interrupted_chains");
  std::string text = fmt::format(
      "Mean of {} chains, from the used entry or its interrupt until the driver is done. {} of them had an interrupt of "
      "their own, and {} of this time follows it; the others were read late without one. ",
      countText(all), countText(own),
      percent(100.0 * static_cast<double>(evidence.integer("interrupted_ns")) /
              static_cast<double>(std::max<std::int64_t>(1, evidence.integer("late_ns")))));
  return text + (emulated
                     ? "The guest runs without KVM (TCG): its driver and network stack are emulated, which explains "
                       "the time. A real machine is faster."
                     : "The driver reads used entries in a softirq or a thread of the guest: that had no CPU, or "
                       "it was busy with entries before these.");
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t mean = evidence.integer("mean_ns");
  const double share = evidence.real("late_percent");
  if (evidence.integer("late_chains") < kSmallestSample || mean < kLate || share < kWorthNaming) return std::nullopt;
  const bool emulated = evidence.integer("emulated") == 1;
  Verdict verdict;
  verdict.severity = mean >= kVeryLate && share >= kMost && !emulated ? Severity::Warning : Severity::Info;
  verdict.confidence = emulated ? "high" : "medium";
  verdict.sample = evidence.integer("late_chains");
  verdict.title = fmt::format("{}: the {} takes {} to read used entries ({} of the latency)", target.name(),
                              emulated ? "emulated guest (TCG)" : "guest", timeText(mean), percent(share));
  verdict.why = reasons(evidence, emulated);
  verdict.change =
      (emulated ? "Record a guest that runs with KVM. There, if it stays so: give" : std::string("Give")) +
      " each virtual CPU its own host CPU: " + turn(target, Knob::VcpuCpu) +
      (target.kind == "net" ? " Spread the packets over more queues and their interrupts over virtual CPUs: " +
                                  turn(target, Knob::GuestQueues)
                            : " Spread the interrupts of the queues over virtual CPUs (/proc/irq/N/smp_affinity).");
  verdict.cause = Cause::Ring;
  verdict.percent = share;
  verdict.action = emulated ? "Record a guest that runs with KVM; in this one the time is expected"
                            : turnLine("Give each virtual CPU its own", target, Knob::VcpuCpu);
  verdict.cost = "A host CPU for each virtual CPU is not there for other guests.";
  verdict.howToCheck =
      "Run 'mpstat -P ALL 1' in the guest: %soft or %steal must be high on a CPU that takes the interrupts "
      "(/proc/interrupts). The third column of /proc/net/softnet_stat counts rounds that ran out of time.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksGuest(target),
                  lacksSample(evidence.integer("late_chains"), "chains with both their used entry and its reading")});
}

}  // namespace

const Rule kLateReaping{"late-reaping", Rule::Subject::Queue, judge, lacks, Rule::Alarm::None, true};

}  // namespace descry
