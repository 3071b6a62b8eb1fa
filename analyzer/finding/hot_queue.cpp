// SPDX-License-Identifier: GPL-2.0-or-later
// One of several equal queues gets nearly all of the work, and it queues up there while the others are idle.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kNearlyAll = 80;      // percent of the chains
constexpr double kQueuesUp = 4;        // chains in flight, on average over the time it was used
constexpr std::int64_t kEnough = 100;  // chains: fewer may have come from one task by accident

std::string query(const Target& target) {
  // Queues are equal when their names differ in the number only: req0 req1, tx0 tx1.
  return fmt::format(
      "SELECT *, round(100.0 * hot_chains / nullif(all_chains, 0), 1) AS hot_percent FROM"
      " (SELECT kind, queue_name AS hot, n AS hot_chains, sum(n) OVER (PARTITION BY kind) AS all_chains,"
      " count(*) OVER (PARTITION BY kind) AS queues, in_flight, ring_ns, latency_ns FROM"
      " (SELECT s.queue_name, rtrim(s.queue_name, '0123456789') AS kind, (SELECT count(*) FROM chain c WHERE"
      " c.queue_id = s.queue_id) AS n, (SELECT round(1.0 * sum(r_ns) / nullif(max(q_ns + r_ns) - min(q_ns), 0), 1)"
      " FROM guest_half g WHERE g.queue_id = s.queue_id AND out_count > 0) AS in_flight, (SELECT sum(total_ns) FROM "
      "cause_view v WHERE"
      " v.queue_id = s.queue_id AND v.cause = 'ring') AS ring_ns, (SELECT sum(total_ns) FROM cause_view v WHERE"
      " v.queue_id = s.queue_id AND v.cause = 'latency') AS latency_ns FROM queue_side_view s WHERE"
      " s.device_id = {0})) WHERE queues > 1 ORDER BY in_flight DESC, hot_chains DESC, hot LIMIT 1",
      target.guestId);
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  if (evidence.integer("all_chains") < kEnough || evidence.real("hot_percent") < kNearlyAll ||
      evidence.real("in_flight") < kQueuesUp)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = "warning";
  verdict.confidence = "medium";
  verdict.sample = evidence.integer("all_chains");
  verdict.title = fmt::format("{}: {} takes {:.1f} % of the chains of its {} equal queues", target.device,
                              evidence.text("hot"), evidence.real("hot_percent"), evidence.integer("queues"));
  verdict.why = fmt::format(
      "{} of {} chains, with {:.1f} in flight on average, while the others could take some. A queue is chosen by the "
      "virtual CPU (disks, transmit) or by the host's flow hash (receive).",
      evidence.integer("hot_chains"), verdict.sample, evidence.real("in_flight"));
  verdict.change =
      target.kind == "net"
          ? "Spread the flows: 'ethtool -L <interface> combined N' in the guest, XPS masks "
            "('/sys/class/net/<interface>/queues/tx-N/xps_cpus') that cover all virtual CPUs, irqbalance off or "
            "per-queue affinity; one flow stays on one queue whatever is done."
          : "Spread the submitters: one job per virtual CPU instead of one in all ('taskset', fio 'numjobs'), as many "
            "queues as virtual CPUs (QEMU 'num-queues', the default with a new machine type).";
  verdict.cost = "More active queues mean more interrupts and less batching in each.";
  verdict.howToCheck = "The load is one flow or one thread by nature: then nothing can be spread.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksGuest(target), lacksSample(evidence.integer("all_chains"), "chains", kEnough)});
}

}  // namespace

const Rule kHotQueue{"hot-queue", Rule::Subject::Device, query, judge, lacks};

}  // namespace descry
