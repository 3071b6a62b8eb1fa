// SPDX-License-Identifier: GPL-2.0-or-later
// Each request rings although others are under way: nothing is batched, and the device does not suppress what it does
// not need. Where one request follows the other there is nothing to batch.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kSeveral = 4;                     // chains in flight
constexpr double kWorthNaming = 10, kCostly = 20;  // percent of the latency

std::string change(const Target& target, bool noEventIdx) {
  std::string text = noEventIdx ? "Switch on suppression: " + turn(target, Knob::EventIdx, "on") + " " : "";
  text += "Let the device look for more before it sleeps: " + turn(target, Knob::Poll);
  text += target.kind == "net" ? " Let the guest hand over more at once (GSO, xmit_more)."
                               : " Let the guest hand over more at once (io_uring or libaio batches, not a scheduler "
                                 "that sends requests one by one).";
  return text;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t adds = evidence.integer("adds"), rung = evidence.integer("doorbells_rung");
  if (adds < kSmallestSample || rung * 10 < adds * 9 || evidence.integer("looked_at") < kSmallestSample ||
      evidence.real("in_flight") < kSeveral || evidence.real("notification_percent") < kWorthNaming)
    return std::nullopt;
  const bool noEventIdx = evidence.known("event_idx") && evidence.integer("event_idx") == 0;
  Verdict verdict;
  verdict.severity =
      noEventIdx && evidence.real("notification_percent") >= kCostly ? Severity::Warning : Severity::Info;
  verdict.confidence = "medium";
  verdict.sample = adds;
  verdict.title = fmt::format("{}: a doorbell for each request ({} for {}), with {:.1f} in flight", target.name(),
                              countText(rung), countText(adds), evidence.real("in_flight"));
  verdict.why = fmt::format(
      "The driver checked {} times whether the device wants a doorbell; {} times it did. {} Each doorbell is an exit "
      "of the virtual CPU and a wake-up on the host; notifications take {} of the latency.",
      countText(evidence.integer("doorbell_decisions")), countText(evidence.integer("doorbells_needed")),
      noEventIdx ? "VIRTIO_F_EVENT_IDX is off, so the device can only suppress all doorbells or none."
      : evidence.known("event_idx") ? "VIRTIO_F_EVENT_IDX is on but does not help: the device has caught up and sleeps "
                                      "again before the next request comes."
                                    : "Whether VIRTIO_F_EVENT_IDX is on was not recorded.",
      percent(evidence.real("notification_percent")));
  verdict.change = change(target, noEventIdx);
  verdict.cause = Cause::Notification;
  verdict.percent = evidence.real("notification_percent");
  verdict.action = noEventIdx             ? turnLine("Switch on suppression", target, Knob::EventIdx, "on")
                   : target.kind == "net" ? turnLine("Let vhost poll", target, Knob::Poll)
                                          : turnLine("Let a thread poll", target, Knob::Poll);
  verdict.cost = "Polling keeps a CPU of the host busy; batching delays the first request of a batch.";
  verdict.howToCheck =
      "Switch polling on and record again: doorbells per request must drop, and latency or throughput must improve.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.queue.starts_with("rx")) return "";
  return firstOf({lacksGuest(target), lacksSample(evidence.integer("adds"), "adds"),
                  lacksSample(evidence.integer("looked_at"), "chains with their end")});
}

}  // namespace

const Rule kDoorbellPerRequest{"doorbell-per-request", Rule::Subject::Queue, judge, lacks};

}  // namespace descry
