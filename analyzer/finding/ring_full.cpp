// SPDX-License-Identifier: GPL-2.0-or-later
// The guest comes with requests while the ring has no room for one more: what waits outside of the ring is in no
// latency of ours. Receive buffers are meant to fill their ring and do not count.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kOften = 5, kMost = 50;  // percent of the adds; of the latency

std::string query(const Target& target) {
  // The network driver stops its queue before the largest packet does not fit: 17 fragments, header, linear part.
  const int reserve = target.kind == "net" ? 19 : 1;
  return fmt::format(
      "SELECT q.size, q.indirect, e.adds, e.failed_adds, f.segments, f.looked_at, f.in_flight,"
      " f.most_in_flight, f.full_adds, round(100.0 * f.full_adds / nullif(f.looked_at, 0), 1) AS full_percent, "
      "c.chains,"
      " c.latency_ns, c.backend_ns, c.backend_percent FROM queue q,"
      " (SELECT coalesce(sum(adds), 0) AS adds, coalesce(sum(failed_adds), 0) AS failed_adds FROM queue_epoch WHERE "
      "queue_id = {0}) e,"
      " (SELECT max(segments) AS segments, count(*) AS looked_at, round(avg(in_flight), 1) AS in_flight, "
      "max(in_flight) AS most_in_flight,"
      " coalesce(sum(in_flight * segments > max(size - max({1}, segments), size / 2)), 0) AS full_adds FROM {3},"
      " (SELECT size, iif(indirect = 0, max({2}, 1), 1) AS segments FROM queue WHERE queue_id = {0})) f, {4} c"
      " WHERE q.queue_id = {0}",
      target.guestQueueId, reserve, segmentsSql(target), flightTable(target), causeTable(target, "backend"));
}

std::string change(const Target& target) {
  if (target.kind == "net")
    return fmt::format(
        "A larger ring: QEMU '-device {},tx_queue_size=1024' (more than 256 only with vhost-user or vDPA), libvirt "
        "\"<driver tx_queue_size='1024'/>\". Or more queues: QEMU '-netdev ...,queues=N' with 'mq=on', and in the "
        "guest "
        "'ethtool -L <interface> combined N'.",
        qemuModel(target));
  if (target.kind == "scsi")
    return fmt::format("A larger ring: QEMU '-device {},virtqueue_size=1024'. Or more queues: 'num_queues=N'.",
                       qemuModel(target));
  return fmt::format(
      "A larger ring: QEMU '-device {},queue-size=1024', libvirt \"<driver queue_size='1024'/>\". Or more queues: "
      "'num-queues=N'.",
      qemuModel(target));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t size = evidence.integer("size"), lookedAt = evidence.integer("looked_at");
  const std::int64_t full = evidence.integer("full_adds");
  if (target.guestQueueId == 0 || size <= 0 || full < kSmallestSample || evidence.real("full_percent") < kOften)
    return std::nullopt;
  const bool deviceIsBusy = evidence.real("backend_percent") >= kMost;
  Verdict verdict;
  verdict.severity = deviceIsBusy ? "info" : "warning";
  verdict.confidence = "medium";
  verdict.sample = lookedAt;
  verdict.title = fmt::format("{}: the ring of {} entries is full at {:.1f} % of the adds", target.name(), size,
                              evidence.real("full_percent"));
  verdict.why = fmt::format(
      "{} of {} adds left no room for another request; {:.1f} chains were in flight on average, {} at most, each in "
      "{:.1f} descriptors. {} adds failed. Whoever comes then waits outside of the ring, which is part of no number "
      "here.",
      full, lookedAt, evidence.real("in_flight"), evidence.integer("most_in_flight"), evidence.real("segments"),
      evidence.integer("failed_adds"));
  if (deviceIsBusy)
    verdict.why += fmt::format(" The device's own work is {:.1f} % of the latency: it is what the ring waits for.",
                               evidence.real("backend_percent"));
  verdict.change = change(target);
  verdict.cost =
      "If the device is the limit, a larger ring only moves the waiting into it: each request then takes longer.";
  verdict.howToCheck = "With a larger ring the throughput stays the same and the latency grows with the ring.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.queue.starts_with("rx")) return "";
  return firstOf({lacksGuest(target), evidence.integer("size") <= 0 ? "the size of the ring was not recorded" : "",
                  lacksSample(evidence.integer("looked_at"), "chains with their end")});
}

}  // namespace

const Rule kRingFull{"ring-full", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
