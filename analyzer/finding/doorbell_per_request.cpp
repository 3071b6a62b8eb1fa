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

std::string query(const Target& target) {
  return fmt::format(
      "SELECT q.event_idx, e.adds, e.doorbells_rung, e.doorbell_decisions, e.doorbells_needed,"
      " round(1.0 * e.doorbells_rung / nullif(e.adds, 0), 2) AS doorbells_per_add, f.looked_at, f.in_flight, c.chains,"
      " c.latency_ns, c.notification_ns, c.notification_percent FROM queue q,"
      " (SELECT coalesce(sum(adds), 0) AS adds, coalesce(sum(doorbells_rung), 0) AS doorbells_rung,"
      " coalesce(sum(doorbell_decisions), 0) AS doorbell_decisions, coalesce(sum(doorbells_needed), 0) AS "
      "doorbells_needed"
      " FROM queue_epoch WHERE queue_id = {0}) e,"
      " (SELECT count(*) AS looked_at, round(avg(in_flight), 1) AS in_flight FROM {1}) f, {2} c WHERE q.queue_id = {0}",
      target.guestQueueId, flightTable(target), causeTable(target, "notification"));
}

std::string change(const Target& target, bool noEventIdx) {
  std::string text = noEventIdx ? fmt::format("Switch suppression on: QEMU '-device {},event_idx=on' (the default). ",
                                              qemuModel(target))
                                : "";
  text += "Let the device look for more before it sleeps: ";
  text +=
      target.kind == "net"
          ? "vhost-net '-netdev tap,...,poll-us=50'. And let the guest hand over more at once (GSO, xmit_more)."
          : "an iothread that polls ('-object iothread,id=io0,poll-max-ns=32768'). And let the guest hand over more "
            "at once (io_uring or libaio batches, no scheduler that sends one by one).";
  return text;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t adds = evidence.integer("adds"), rung = evidence.integer("doorbells_rung");
  if (adds < kSmallestSample || rung * 10 < adds * 9 || evidence.integer("looked_at") < kSmallestSample ||
      evidence.real("in_flight") < kSeveral || evidence.real("notification_percent") < kWorthNaming)
    return std::nullopt;
  const bool noEventIdx = evidence.known("event_idx") && evidence.integer("event_idx") == 0;
  Verdict verdict;
  verdict.severity = noEventIdx && evidence.real("notification_percent") >= kCostly ? "warning" : "info";
  verdict.confidence = "medium";
  verdict.sample = adds;
  verdict.title = fmt::format("{}: a doorbell for each request ({} for {}), with {:.1f} in flight", target.name(), rung,
                              adds, evidence.real("in_flight"));
  verdict.why = fmt::format(
      "The driver asked {} times whether the device wants a doorbell and {} times it did. {} Each is an exit of the "
      "virtual CPU and a wake-up on the host; notifications are {:.1f} % of the latency.",
      evidence.integer("doorbell_decisions"), evidence.integer("doorbells_needed"),
      noEventIdx                    ? "VIRTIO_F_EVENT_IDX is off, so the device can only suppress all of them or none."
      : evidence.known("event_idx") ? "VIRTIO_F_EVENT_IDX is on and does not help: the device has caught up and sleeps "
                                      "again before the next request comes."
                                    : "Whether VIRTIO_F_EVENT_IDX is on was not recorded.",
      evidence.real("notification_percent"));
  verdict.change = change(target, noEventIdx);
  verdict.cost = "Polling keeps a CPU of the host busy; batching delays the first request of a batch.";
  verdict.howToCheck = "With polling the doorbells per request drop and neither latency nor throughput changes.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.queue.starts_with("rx")) return "";
  return firstOf({lacksGuest(target), lacksSample(evidence.integer("adds"), "adds"),
                  lacksSample(evidence.integer("looked_at"), "chains with their end")});
}

}  // namespace

const Rule kDoorbellPerRequest{"doorbell-per-request", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
