// SPDX-License-Identifier: GPL-2.0-or-later
// Chains wait in a queue while the worker is busy with another queue of the device. Only for vhost, whose worker is
// inside a chain from its fetch to its used entry: then it can be nowhere else, and if it is, there are more workers.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 20, kMuch = 30;  // percent of the waiting queue's latency
constexpr std::int64_t kRarely = 50;  // one in so many fetches may seem to be in two places: the used entry is late

std::string query(const Target& target) {
  // Time in other queues until a moment: what their chains took until then, less what the last of them took after it.
  // Each chain of this queue counts that at its fetch, less the same at its beginning.
  return fmt::format(
      "SELECT v.vhost, b.waited, b.elsewhere, b.others, b.delayed_ns, c.chains, c.latency_ns, c.ring_ns,"
      " round(100.0 * b.delayed_ns / nullif(c.latency_ns, 0), 1) AS delayed_percent FROM"
      " (SELECT max(vhost) AS vhost FROM device WHERE device_id IN ({0}, {1})) v,"
      " (WITH vhost AS (SELECT 1 FROM device WHERE device_id IN ({0}, {1}) AND vhost = 1), own AS (SELECT h.f_ns AS "
      "fetched, h.f_ns - w.f_ns + coalesce(w.n_ns, iif(w.stock_ns > 0, NULL,"
      " coalesce(w.a_ns, w.host_k_ns))) AS begun FROM chain_view w JOIN host_half h ON h.queue_id = w.host_queue_id"
      " AND h.epoch = w.host_epoch AND h.position = w.host_position WHERE w.queue_id = {3} AND w.complete AND EXISTS "
      "(SELECT * FROM vhost) LIMIT {4}),"
      " other AS (SELECT queue_id, ns, until, max(until - max(ns, coalesce(max(until) OVER (ORDER BY ns, until"
      " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), ns)), 0) AS took FROM (SELECT queue_id, f_ns AS ns,"
      " f_ns + u_ns AS until FROM host_half JOIN queue q USING (queue_id) WHERE q.device_id = {1} AND queue_id <> {2}"
      " AND u_ns IS NOT NULL AND EXISTS (SELECT * FROM vhost))),"
      " moment AS (SELECT sign, ns, sum(took) OVER past - max(coalesce(max(until) OVER past, ns) - ns, 0) AS busy,"
      " coalesce(max(until) OVER past, ns) > ns AS inside FROM (SELECT 0 AS sign, ns, took, until FROM other UNION ALL"
      " SELECT 1, fetched, 0, NULL FROM own WHERE begun IS NOT NULL UNION ALL"
      " SELECT -1, begun, 0, NULL FROM own WHERE begun IS NOT NULL)"
      " WINDOW past AS (ORDER BY ns, sign DESC ROWS UNBOUNDED PRECEDING))"
      " SELECT coalesce(sum(sign = 1), 0) AS waited, coalesce(sum(sign = 1 AND inside), 0) AS elsewhere,"
      " (SELECT count(DISTINCT queue_id) FROM other) AS others, CAST(total(sign * busy) AS INTEGER) AS delayed_ns FROM "
      "moment) b, {5} c",
      target.guestId, target.hostId, target.hostQueueId, target.queueId, kMostChains, causeTable(target, "ring"));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t waited = evidence.integer("waited");
  if (evidence.integer("vhost") != 1 || waited < kSmallestSample || evidence.real("delayed_percent") < kWorthNaming ||
      evidence.integer("elsewhere") * kRarely > waited)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = evidence.real("delayed_percent") >= kMuch ? "warning" : "info";
  verdict.confidence = "medium";
  verdict.sample = waited;
  verdict.title = fmt::format("{}: for {:.1f} % of the latency the worker was busy with other queues of the device",
                              target.name(), evidence.real("delayed_percent"));
  verdict.why = fmt::format(
      "One vhost worker serves all {} queues: at {} of {} fetches it was not inside a chain of another one. Chains of "
      "this queue waited {} in all while it was.",
      evidence.integer("others") + 1, waited - evidence.integer("elsewhere"), waited,
      duration(evidence.integer("delayed_ns")));
  verdict.change =
      "vhost-net has a worker per pair of queues: QEMU '-netdev tap,...,queues=N' with '-device ...,mq=on', and in the "
      "guest 'ethtool -L <interface> combined N', so that heavy receive and transmit flows fall on different pairs. "
      "Linux 6.5 and later can attach a worker to each queue (VHOST_NEW_WORKER, VHOST_ATTACH_VRING_WORKER); QEMU does "
      "for vhost-scsi with 'worker_per_virtqueue=on'.";
  verdict.cost = "Each worker is a kernel thread that competes for host CPUs with the virtual CPUs.";
  verdict.howToCheck =
      "'ps -eLo tid,comm | grep vhost-' shows a worker per queue, or with more queues the chains wait as long as "
      "before.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.hostQueueId == 0) return lacksHost(target);
  if (evidence.integer("vhost") != 1 || evidence.integer("others") == 0) return "";
  return lacksSample(evidence.integer("waited"), "chains with both their beginning and their fetch");
}

}  // namespace

const Rule kSharedWorker{"shared-worker", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
