// SPDX-License-Identifier: GPL-2.0-or-later
// The guest comes with requests while the ring has no room for one more: what waits outside of the ring is in no
// latency of ours. Receive buffers are meant to fill their ring and do not count.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kOften = 5, kMost = 50;  // percent of the adds; of the latency

std::string change(const Target& target) {
  std::string text = "Use a larger ring: " + turn(target, ringSizeOf(target), "1024") +
                     " Or use more queues: " + turn(target, Knob::Queues, "N");
  if (target.kind == "net") text += " In the guest: " + turn(target, Knob::GuestQueues);
  return text;
}

std::string action(const Target& target) {
  return target.kind == "net" ? turnLine("Use more queues", target, Knob::Queues, "N")
                              : turnLine("Use a larger ring", target, Knob::RingSize, "1024");
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t size = evidence.integer("size"), lookedAt = evidence.integer("looked_at");
  const std::int64_t full = evidence.integer("full_adds");
  if (target.guestQueueId == kNoQueue || size <= 0 || full < kSmallestSample || evidence.real("full_percent") < kOften)
    return std::nullopt;
  const bool deviceIsBusy = evidence.real("backend_percent") >= kMost;
  Verdict verdict;
  verdict.severity = deviceIsBusy ? Severity::Info : Severity::Warning;
  verdict.confidence = "medium";
  verdict.sample = lookedAt;
  verdict.title = fmt::format("{}: the ring of {} entries is full at {} of the adds", target.name(), size,
                              percent(evidence.real("full_percent")));
  verdict.why = fmt::format(
      "{} of {} adds left no room for another request; {:.1f} chains were in flight on average, {} at most, with "
      "{:.1f} descriptors each. {} failed. The next request has to wait outside of the ring, and no number here "
      "includes that time.",
      countText(full), countText(lookedAt), evidence.real("in_flight"), evidence.integer("most_in_flight"),
      evidence.real("segments"), countText(evidence.integer("failed_adds"), "add", "adds"));
  if (deviceIsBusy)
    verdict.why += fmt::format(" The device's own work takes {} of the latency: the ring waits for the device.",
                               percent(evidence.real("backend_percent")));
  verdict.change = change(target);
  verdict.action = deviceIsBusy ? "Make the device faster: a larger ring only moves the waiting" : action(target);
  verdict.cost =
      "If the device is the limit, a larger ring only moves the waiting into the ring, and each request takes longer.";
  verdict.howToCheck =
      "Record again with a larger ring: the throughput must rise. If only the latency grows, the device is the limit.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.queue.starts_with("rx")) return "";
  return firstOf({lacksGuest(target), evidence.integer("size") <= 0 ? "the size of the ring was not recorded" : "",
                  lacksSample(evidence.integer("looked_at"), "chains with their end")});
}

}  // namespace

const Rule kRingFull{"ring-full", Rule::Subject::Queue, judge, lacks};

}  // namespace descry
