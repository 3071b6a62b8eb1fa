// SPDX-License-Identifier: GPL-2.0-or-later
// From the doorbell in the guest until it is seen on the host: the virtual CPU leaves the guest, and what takes the
// exit signals the thread that serves the queue. It crosses the clocks, so it counts only as far as it is longer than
// their error.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr std::int64_t kSlow = 100'000,
                       kVerySlow = 1'000'000;  // ns, beyond the error of the clocks; an exit takes a few
constexpr double kWorthNaming = 10;            // percent of the latency

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  if (evidence.integer("doorbells") < kSmallestSample || !evidence.known("cross_error_ns") ||
      evidence.real("exit_percent") < kWorthNaming)
    return std::nullopt;
  const std::int64_t exit = evidence.integer("exit_ns"), certain = exit - evidence.integer("cross_error_ns");
  if (certain < kSlow) return std::nullopt;
  const bool emulated = evidence.integer("emulated") == 1;
  Verdict verdict;
  verdict.severity = certain >= kVerySlow && !emulated ? Severity::Warning : Severity::Info;
  verdict.confidence = "high";
  verdict.sample = evidence.integer("doorbells");
  verdict.title =
      fmt::format("{}: a doorbell takes {} from the guest to the host (median)", target.name(), timeText(exit));
  verdict.why = fmt::format(
      "Median of {} doorbells, exact to +-{}; this way is {} of the latency. {}", countText(verdict.sample),
      timeText(evidence.integer("cross_error_ns")), percent(evidence.real("exit_percent")),
      emulated ? "The guest runs without KVM (TCG), where the VMM emulates the doorbell: a real machine is faster."
               : "The kernel hands a doorbell over within a few microseconds, so the VMM takes the exit itself, or the "
                 "virtual CPU lost its host CPU on the way.");
  verdict.change =
      "Let the kernel take the doorbell, which is the default with KVM: " + turn(target, Knob::Ioeventfd, "on") +
      " Give each virtual CPU its own host CPU: " + turn(target, Knob::VcpuCpu);
  verdict.cause = Cause::Notification;
  verdict.percent = evidence.real("exit_percent");
  verdict.action = turnLine("Let the kernel take it", target, Knob::Ioeventfd, "on");
  verdict.cost = "With KVM practically none: each queue takes an event descriptor.";
  verdict.howToCheck =
      "Look at the parts of 'exit' in the report: 'in KVM' and 'no CPU' were measured on the host alone. Without them, "
      "record the host with --kvm on, or run 'perf kvm stat record -p <pid of the VMM>' and 'perf kvm stat report': "
      "exits for I/O or MMIO must take as long.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksGuest(target),
                  lacksSample(evidence.integer("doorbells"), "chains with both their doorbell and its arrival"),
                  evidence.known("cross_error_ns") ? "" : "the clocks could not be compared"});
}

}  // namespace

const Rule kSlowDoorbell{"slow-doorbell", Rule::Subject::Queue, judge, lacks, Rule::Alarm::None, true};

}  // namespace descry
