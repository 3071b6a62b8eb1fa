// SPDX-License-Identifier: GPL-2.0-or-later
// The virtual CPU that rings the doorbell comes all the way to the VMM, which hands it to the thread that serves the
// queue. With an ioeventfd the kernel does that. Only good to know: an emulated CPU has no other way, and a capture
// cannot tell.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t rung = evidence.integer("rung"), exits = evidence.integer("in_other_thread");
  if (rung < kSmallestSample || exits * 10 < rung * 9) return std::nullopt;
  Verdict verdict;
  verdict.severity = Severity::Info;
  verdict.confidence = "medium";
  verdict.sample = rung;
  verdict.title =
      fmt::format("{}: {} of {} doorbells exit to the VMM", target.device, countText(exits), countText(rung));
  verdict.why = fmt::format(
      "The VMM took them in the thread of the virtual CPU, not only in the thread that serves the queue. The call "
      "takes {} (median), and the virtual CPU does nothing else during that time.",
      evidence.known("doorbell_ns") ? timeText(evidence.integer("doorbell_ns")) : "an unknown time");
  verdict.change =
      "Let the kernel take the doorbell, which is the default with KVM: " + turn(target, Knob::Ioeventfd, "on");
  verdict.action = turnLine("Let the kernel take the doorbell", target, Knob::Ioeventfd, "on");
  verdict.cost = "With KVM practically none: each queue takes an event descriptor.";
  verdict.howToCheck =
      "Run 'perf kvm stat' on the host: it must show exits to user space for the doorbell's address. If the guest runs "
      "without KVM (TCG), ioeventfd is not available and the exits are expected.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf(
      {lacksHost(target), lacksGuest(target), lacksSample(evidence.integer("rung"), "doorbells of the guest")});
}

}  // namespace

const Rule kDoorbellExits{"doorbell-exits", Rule::Subject::Device, judge, lacks};

}  // namespace descry
