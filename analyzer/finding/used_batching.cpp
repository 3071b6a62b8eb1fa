// SPDX-License-Identifier: GPL-2.0-or-later
// Chains are done and wait for others before the device gives them back together. A chain is done when the backend says
// so; where nobody says it, when a device that serves one at a time has fetched the next.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 20;  // percent of the latency
constexpr double kSeveral = 2;       // chains given back together

std::string query(const Target& target) {
  return fmt::format(
      "SELECT h.*, c.chains, c.latency_ns, c.ring_ns, c.ring_percent,"
      " round(100.0 * h.held_ns / nullif(c.latency_ns, 0) * c.chains / nullif(h.looked_at, 0), 1) AS held_percent FROM"
      " (SELECT count(*) AS looked_at, round(1.0 * count(*) / nullif(count(DISTINCT given_ns), 0), 1) AS "
      "chains_together, sum(told) AS told, sum(max(given_ns - done_ns, 0)) AS held_ns FROM"
      " (SELECT f_ns + u_ns AS given_ns, p_ns IS NOT NULL AS told, CASE WHEN p_ns IS NOT NULL THEN f_ns + p_ns"
      " WHEN (SELECT max(vhost) FROM device WHERE device_id IN ({1}, {2})) = 1 THEN lead(f_ns, 1, f_ns + u_ns) OVER"
      " (PARTITION BY epoch ORDER BY position) END AS done_ns FROM (SELECT * FROM host_half WHERE queue_id = {0}"
      " AND u_ns IS NOT NULL ORDER BY epoch, position LIMIT {3}))"
      " WHERE done_ns IS NOT NULL) h, {4} c",
      target.hostQueueId, target.guestId, target.hostId, kMostChains, causeTable(target, "ring"));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t lookedAt = evidence.integer("looked_at");
  if (lookedAt < kSmallestSample || evidence.real("held_percent") < kWorthNaming ||
      evidence.real("chains_together") < kSeveral)
    return std::nullopt;
  const bool told = evidence.integer("told") > 0;
  Verdict verdict;
  verdict.severity = "info";
  verdict.confidence = told ? "high" : "medium";
  verdict.sample = lookedAt;
  verdict.title =
      fmt::format("{}: finished chains wait {} to be given back with others ({:.1f} % of the latency)", target.name(),
                  duration(evidence.integer("held_ns") / lookedAt), evidence.real("held_percent"));
  verdict.why = fmt::format(
      "The device gives {:.1f} chains back at a time. Mean of {} chains, from {} until the used index covers the "
      "chain.",
      evidence.real("chains_together"), lookedAt,
      told ? "the backend's end" : "the fetch of the next one, which vhost does when it is done with this one,");
  verdict.change =
      told ? "Let the backend finish requests one by one: fewer requests per submission, an iothread of its own "
             "('-object iothread,id=io0')."
           : "vhost-net sends up to 64 packets together and gives them back then. Smaller bursts of the guest "
             "('ethtool -K <interface> gso off' for a test, fewer xmit_more) shorten the wait; more queues share it.";
  verdict.cost = "Batches save index writes and interrupts: without them latency drops and CPU time per request grows.";
  verdict.howToCheck =
      "The guest looks at the ring later than that anyway: then an earlier index write changes "
      "nothing ('u_ns' and 'r_ns' in chain_view).";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksSample(evidence.integer("looked_at"), "chains known to be done")});
}

}  // namespace

const Rule kUsedBatching{"used-batching", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
