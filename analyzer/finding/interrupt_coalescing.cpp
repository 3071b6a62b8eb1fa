// SPDX-License-Identifier: GPL-2.0-or-later
// The used entry is there and the device lets time pass before it signals: a policy, not a cost.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr std::int64_t kLong = 20'000;  // ns; a signal follows the used entry within a few microseconds
constexpr double kWorthNaming = 10;     // percent of the latency

enum class Who { Guest, Vhost, Device };

std::string reason(Who who) {
  switch (who) {
    case Who::Guest:
      return "Interrupt coalescing is negotiated (VIRTIO_NET_F_NOTF_COAL): the guest sets how long the device waits.";
    case Who::Vhost:
      return "The kernel's vhost signals in the call that gives chains back, but only where the guest's event index or "
             "flag asks for it. So these chains came back in an earlier batch than the one for which the guest wanted "
             "its interrupt: the guest's wish, not a delay of the device.";
    case Who::Device:
      break;
  }
  return "As far as recorded, no coalescing feature is negotiated. Either the device gathers signals by itself "
         "(QEMU 10 defers them to the end of a round of its event loop), or its thread lost the CPU in between.";
}

std::string change(const Target& target, Who who) {
  if (who == Who::Guest) return "Shorten it: " + turn(target, Knob::NoCoalesce);
  if (who == Who::Vhost)
    return "Where the wait matters, let the guest ask for every interrupt: " + turn(target, Knob::EventIdx, "off") +
           " A transmit queue needs it only to free memory: there nothing is to be changed.";
  return "Let the device's thread serve fewer queues, so that it finishes its rounds earlier: give the device a "
         "thread of its own: " +
         turn(target, Knob::IoThread) + " Or spread its queues over several: " + turn(target, Knob::QueueThreads);
}

std::string action(const Target& target, Who who) {
  if (who == Who::Guest) return turnLine("Shorten it", target, Knob::NoCoalesce);
  if (who == Who::Vhost) return turnLine("Ask for every interrupt", target, Knob::EventIdx, "off");
  return turnLine("Give it a thread", target, Knob::IoThread);
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t signal = evidence.integer("signal_ns");
  if (evidence.integer("signalled_chains") < kSmallestSample || signal < kLong ||
      evidence.real("signal_percent") < kWorthNaming)
    return std::nullopt;
  const bool negotiated = target.kind == "net" && evidence.integer("negotiated") == 1;
  const Who who = negotiated ? Who::Guest : evidence.integer("vhost") == 1 ? Who::Vhost : Who::Device;
  Verdict verdict;
  verdict.severity = Severity::Info;
  verdict.confidence = who == Who::Device ? "medium" : "high";
  verdict.sample = evidence.integer("signalled_chains");
  verdict.title =
      fmt::format("{}: {} {} after the used entry is there (median)", target.name(),
                  who == Who::Vhost ? "the guest's next interrupt comes" : "the device signals", timeText(signal));
  verdict.why = fmt::format("Median of {} chains; this wait is {} of the latency. {}", countText(verdict.sample),
                            percent(evidence.real("signal_percent")), reason(who));
  verdict.change = change(target, who);
  verdict.cause = Cause::Notification;
  verdict.percent = evidence.real("signal_percent");
  verdict.action = action(target, who);
  verdict.cost = "More interrupts: the guest spends more CPU time per request.";
  verdict.howToCheck =
      "Run 'ethtool -c <interface>' in the guest: zeros contradict coalescing by the guest. If the guest polls, it "
      "needs no interrupt and the wait does not matter.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target),
                  lacksSample(evidence.integer("signalled_chains"), "chains with both their used entry and signal")});
}

}  // namespace

const Rule kInterruptCoalescing{"interrupt-coalescing", Rule::Subject::Queue, judge, lacks, Rule::Alarm::None, true};

}  // namespace descry
