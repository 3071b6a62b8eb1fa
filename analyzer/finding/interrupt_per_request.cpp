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

std::string query(const Target& target) {
  return fmt::format(
      "SELECT q.event_idx, e.gets, e.interrupts, h.used, h.flushes, h.sent,"
      " round(1.0 * e.interrupts / nullif(e.gets, 0), 2) AS interrupts_per_get, f.looked_at, f.in_flight, c.chains,"
      " c.latency_ns, c.notification_ns, c.notification_percent FROM queue q,"
      " (SELECT coalesce(sum(gets), 0) AS gets, coalesce(sum(interrupts), 0) AS interrupts"
      " FROM queue_epoch WHERE queue_id = {0}) e,"
      " (SELECT sum(used) AS used, sum(flushes) AS flushes, sum(interrupts) AS sent FROM queue_epoch WHERE queue_id = "
      "{1})"
      " h, (SELECT count(*) AS looked_at, round(avg(in_flight), 1) AS in_flight FROM {2}) f, {3} c"
      " WHERE q.queue_id = {0}",
      target.guestQueueId, target.hostQueueId, flightTable(target), causeTable(target, "notification"));
}

std::string change(const Target& target, bool noEventIdx) {
  std::string text = noEventIdx ? fmt::format("Switch suppression on: QEMU '-device {},event_idx=on' (the default). ",
                                              qemuModel(target))
                                : "";
  if (target.kind == "net")
    text +=
        "Let the guest wait for more: 'ethtool -C <interface> adaptive-rx on' or 'rx-usecs 20' where the device "
        "offers it, or busy polling ('sysctl net.core.busy_poll=50').";
  else
    text +=
        "Let the guest poll for completions: 'virtio_blk.poll_queues=N' on its command line and io_uring with "
        "IORING_SETUP_IOPOLL.";
  return text;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t gets = evidence.integer("gets"), taken = evidence.integer("interrupts");
  if (gets < kSmallestSample || taken * 10 < gets * 9 || evidence.integer("looked_at") < kSmallestSample ||
      evidence.real("in_flight") < kSeveral || evidence.real("notification_percent") < kWorthNaming)
    return std::nullopt;
  const bool noEventIdx = evidence.known("event_idx") && evidence.integer("event_idx") == 0;
  Verdict verdict;
  verdict.severity = noEventIdx && evidence.real("notification_percent") >= kCostly ? "warning" : "info";
  verdict.confidence = "medium";
  verdict.sample = gets;
  verdict.title = fmt::format("{}: an interrupt for each request ({} for {}), with {:.1f} in flight", target.name(),
                              taken, gets, evidence.real("in_flight"));
  verdict.why = fmt::format(
      "{} Each costs an injection on the host and an interrupt in the guest; notifications are {:.1f} % of the "
      "latency.",
      noEventIdx                    ? "VIRTIO_F_EVENT_IDX is off, so the driver can only suppress all of them or none."
      : evidence.known("event_idx") ? "VIRTIO_F_EVENT_IDX is on and does not help: the driver has caught up before the "
                                      "next request is done."
                                    : "Whether VIRTIO_F_EVENT_IDX is on was not recorded.",
      evidence.real("notification_percent"));
  if (evidence.integer("flushes") > 0)
    verdict.why += fmt::format(" The device gave {} chains back with {} writes of the used index.",
                               evidence.integer("used"), evidence.integer("flushes"));
  verdict.change = change(target, noEventIdx);
  verdict.cost = "Coalescing delays what comes first; polling keeps a virtual CPU busy.";
  verdict.howToCheck = "With fewer interrupts per request the guest's CPU time and the latency stay the same.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.queue.starts_with("rx")) return "";
  return firstOf({lacksGuest(target), lacksSample(evidence.integer("gets"), "completions"),
                  lacksSample(evidence.integer("looked_at"), "chains with their end")});
}

}  // namespace

const Rule kInterruptPerRequest{"interrupt-per-request", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
