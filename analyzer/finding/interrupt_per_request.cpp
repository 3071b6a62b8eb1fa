// SPDX-License-Identifier: GPL-2.0-or-later
// Each request comes back with an interrupt of its own although others are under way: nothing is batched on the way
// back, and the guest does not suppress what it does not need.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kSeveral = 4;                     // chains in flight
constexpr double kWorthNaming = 10, kCostly = 20;  // percent of the latency

std::string change(const Target& target, bool noEventIdx) {
  std::string text = noEventIdx ? "Switch on suppression: " + turn(target, Knob::EventIdx, "on") + " " : "";
  if (target.kind != "net") return text + "Let the guest poll for completions: " + turn(target, Knob::PollCompletions);
  text += "Let the guest wait for more completions: " + turn(target, Knob::Coalesce);
  if (target.machine.guest == "Linux") text += " Or let it poll: 'sysctl net.core.busy_poll=50'.";
  return text;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t gets = evidence.integer("gets"), taken = evidence.integer("interrupts");
  if (gets < kSmallestSample || taken * 10 < gets * 9 || evidence.integer("looked_at") < kSmallestSample ||
      evidence.real("in_flight") < kSeveral || evidence.real("notification_percent") < kWorthNaming)
    return std::nullopt;
  const bool noEventIdx = evidence.known("event_idx") && evidence.integer("event_idx") == 0;
  Verdict verdict;
  verdict.severity =
      noEventIdx && evidence.real("notification_percent") >= kCostly ? Severity::Warning : Severity::Info;
  verdict.confidence = "medium";
  verdict.sample = gets;
  verdict.title = fmt::format("{}: an interrupt for each request ({} for {}), with {:.1f} in flight", target.name(),
                              countText(taken), countText(gets), evidence.real("in_flight"));
  verdict.why = fmt::format(
      "{} Each interrupt costs an injection on the host and a handler in the guest; notifications take {} of the "
      "latency.",
      noEventIdx ? "VIRTIO_F_EVENT_IDX is off, so the driver can only suppress all interrupts or none."
      : evidence.known("event_idx")
          ? "VIRTIO_F_EVENT_IDX is on but does not help: the driver has caught up before the next request is done."
          : "Whether VIRTIO_F_EVENT_IDX is on was not recorded.",
      percent(evidence.real("notification_percent")));
  if (evidence.integer("flushes") > 0)
    verdict.why += fmt::format(" The device gave {} chains back with {} writes of the used index.",
                               countText(evidence.integer("used")), countText(evidence.integer("flushes")));
  verdict.change = change(target, noEventIdx);
  verdict.cause = Cause::Notification;
  verdict.percent = evidence.real("notification_percent");
  verdict.action = noEventIdx             ? turnLine("Switch on suppression", target, Knob::EventIdx, "on")
                   : target.kind == "net" ? turnLine("Gather completions", target, Knob::Coalesce)
                                          : turnLine("Let the guest poll", target, Knob::PollCompletions);
  verdict.cost = "Coalescing delays the first completion; polling keeps a virtual CPU busy.";
  verdict.howToCheck =
      "Reduce the interrupts per request and record again: the guest's CPU time or the latency must drop.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.queue.starts_with("rx")) return "";
  return firstOf({lacksGuest(target), lacksSample(evidence.integer("gets"), "completions"),
                  lacksSample(evidence.integer("looked_at"), "chains with their end")});
}

}  // namespace

const Rule kInterruptPerRequest{"interrupt-per-request", Rule::Subject::Queue, judge, lacks};

}  // namespace descry
