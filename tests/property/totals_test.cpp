// SPDX-License-Identifier: GPL-2.0-or-later
// What the analysis adds up while the chains pass is what SQL finds when it reads them all.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/property/played_world.hpp"

namespace descry::property {
namespace {

struct Claim {
  const char* summed;  ///< from the tables of sums, by a key
  const char* read;    ///< the same from all chains or halves
};

// Each returns a row per key: the key, then numbers.
const Claim kClaims[] = {
    {"SELECT queue_id, chains, paired, incomplete, suspect, guest_only, host_only, order_contradicted, clock_unknown,"
     " posted, iif(posted > 0, posted_late, NULL), in_flight FROM queue_total ORDER BY 1",
     "SELECT queue_id, count(*), count(pair_id), sum(incomplete), sum(suspect), sum(guest_half_only),"
     " sum(host_half_only), sum(order_contradicted), sum(clock_unknown), count(iif(pair_id IS NULL, NULL, stock_ns)),"
     " sum(iif(pair_id IS NULL, NULL, stock_ns <= 0)), sum(incomplete AND coalesce("
     "(SELECT in_flight_at_end FROM guest_half_view g WHERE (g.queue_id, g.epoch, g.position) = (c.queue_id, c.epoch,"
     " c.position)), (SELECT in_flight_at_end FROM host_half_view h WHERE (h.queue_id, h.epoch, h.position) ="
     " (c.queue_id, c.epoch, c.position)))) FROM chain_state_view c GROUP BY queue_id ORDER BY 1"},
    {"SELECT queue_id, signalled, signal_ns, interrupted, inject_ns, inject_error_ns, woken, wakeup_ns, first_ns, last_ns"
     " FROM queue_total_view ORDER BY 1",
     "SELECT queue_id, coalesce(sum(complete AND s_ns IS NOT NULL AND u_ns IS NOT NULL), 0),"
     " coalesce(sum(iif(complete, s_ns - u_ns, NULL)), 0), sum(complete AND i_ns IS NOT NULL AND s_ns IS NOT NULL),"
     " coalesce(sum(iif(complete, max(i_ns - s_ns, 0), NULL)), 0),"
     " max(iif(complete AND i_ns IS NOT NULL AND s_ns IS NOT NULL, cross_error_ns, NULL)),"
     " coalesce(sum(complete AND w_ns >= host_k_ns), 0), coalesce(sum(iif(complete AND w_ns >= host_k_ns, w_ns - "
     "host_k_ns, NULL)), 0), min(start_ns), max(start_ns) FROM chain_view GROUP BY queue_id ORDER BY 1"},
    {"SELECT queue_id, signal_p50_ns FROM queue_total WHERE signalled > 0 ORDER BY 1",
     "SELECT queue_id, ns FROM (SELECT queue_id, s_ns - u_ns AS ns, row_number() OVER (PARTITION BY queue_id ORDER BY s_ns"
     " - u_ns) AS n, count(*) OVER (PARTITION BY queue_id) AS total FROM chain_view WHERE complete AND s_ns - u_ns IS NOT"
     " NULL) WHERE n = (total - 1) / 2 + 1 ORDER BY 1"},
    {"SELECT queue_id, inject_p50_ns FROM queue_total WHERE interrupted > 0 ORDER BY 1",
     "SELECT queue_id, ns FROM (SELECT queue_id, i_ns - s_ns AS ns, row_number() OVER (PARTITION BY queue_id ORDER BY i_ns"
     " - s_ns) AS n, count(*) OVER (PARTITION BY queue_id) AS total FROM chain_view WHERE complete AND i_ns - s_ns IS NOT"
     " NULL) WHERE n = (total - 1) / 2 + 1 ORDER BY 1"},
    {"SELECT queue_id, halves, hits, dma_maps, dma_identity, bounced, bounces, bounce_bytes, copy_back_bytes,"
     " swiotlb_out_ns, swiotlb_searched, swiotlb_search_ns, swiotlb_in_ns, described, segments FROM half_total_view"
     " WHERE side = 'guest' AND halves > 0 ORDER BY 1",
     "SELECT queue_id, count(*), sum(hits), sum(dma_maps), sum(dma_identity), sum(bounces > 0), sum(bounces),"
     " sum(bounce_bytes), sum(copy_back_bytes), sum(swiotlb_out_ns), count(swiotlb_search_ns), sum(swiotlb_search_ns),"
     " sum(swiotlb_in_ns), count(out_count + in_count), coalesce(sum(out_count + in_count), 0) FROM guest_half_view"
     " GROUP BY queue_id ORDER BY 1"},
    {"SELECT queue_id, in_ring_ns, reach_ns FROM half_total WHERE reach_ns IS NOT NULL ORDER BY 1",
     "SELECT queue_id, sum(r_ns), max(start_ns + r_ns) - min(start_ns) FROM guest_half_view WHERE out_count > 0 GROUP BY"
     " queue_id HAVING sum(r_ns) IS NOT NULL ORDER BY 1"},
    {"SELECT queue_id, halves, described, segments FROM half_total_view WHERE side = 'host' AND halves > 0 ORDER BY 1",
     "SELECT queue_id, count(*), count(out_count + in_count), coalesce(sum(out_count + in_count), 0) FROM host_half_view"
     " GROUP BY queue_id ORDER BY 1"},
    {"SELECT queue_id, bursts, burst_wakeup_p50_ns FROM half_total WHERE bursts > 0 ORDER BY 1",
     "SELECT queue_id, total, ns FROM (SELECT queue_id, w_ns - k_ns AS ns, row_number() OVER (PARTITION BY queue_id ORDER"
     " BY w_ns - k_ns) AS n, count(*) OVER (PARTITION BY queue_id) AS total FROM host_half_view WHERE w_ns >= k_ns AND"
     " opens_burst) WHERE n = (total - 1) / 2 + 1 ORDER BY 1"},
    {"SELECT device_id, doorbell_calls, doorbell_p50_ns FROM device_total WHERE doorbell_calls > 0 ORDER BY 1",
     "SELECT device_id, total, ns FROM (SELECT device_id, k_return_ns - k_ns AS ns, row_number() OVER (PARTITION BY"
     " device_id ORDER BY k_return_ns - k_ns) AS n, count(*) OVER (PARTITION BY device_id) AS total FROM guest_half_view"
     " WHERE k_return_ns - k_ns IS NOT NULL) WHERE n = (total - 1) / 2 + 1 ORDER BY 1"},
    {"SELECT queue_id, in_flight, adds FROM ring_use ORDER BY 1, 2",
     "SELECT queue_id, in_flight, count(*) FROM (SELECT queue_id, step, sum(step) OVER (PARTITION BY queue_id ORDER BY ns,"
     " step ROWS UNBOUNDED PRECEDING) AS in_flight FROM (SELECT queue_id, start_ns AS ns, 1 AS step FROM guest_half_view"
     " WHERE r_ns IS NOT NULL AND coalesce(out_count, 1) > 0 UNION ALL SELECT queue_id, start_ns + r_ns, -1 FROM"
     " guest_half_view WHERE r_ns IS NOT NULL AND coalesce(out_count, 1) > 0)) WHERE step = 1 GROUP BY 1, 2 ORDER BY 1, 2"},
    {"SELECT device_id, bounced, most_bounced, most_slots FROM device_total WHERE bounced > 0 ORDER BY 1",
     "SELECT device_id, count(iif(step > 0, 1, NULL)), max(chains), max(held) FROM (SELECT device_id, step, sum(step) OVER"
     " past AS chains, sum(step * slots) OVER past AS held FROM (SELECT device_id, start_ns AS ns, 1 AS step, bounces +"
     " coalesce(bounce_bytes, 0) / 2048 AS slots FROM guest_half_view WHERE bounces > 0 AND c_ns IS NOT NULL UNION ALL"
     " SELECT device_id, start_ns + c_ns, -1, bounces + coalesce(bounce_bytes, 0) / 2048 FROM guest_half_view WHERE"
     " bounces > 0 AND c_ns IS NOT NULL) WINDOW past AS (PARTITION BY device_id ORDER BY ns, step ROWS UNBOUNDED"
     " PRECEDING)) GROUP BY 1 ORDER BY 1"},
    {"SELECT queue_id, held_chains, held_times, held_told, held_ns FROM half_total WHERE held_chains > 0 ORDER BY 1",
     "SELECT queue_id, count(*), count(DISTINCT given_ns), sum(told), sum(max(given_ns - done_ns, 0)) FROM (SELECT"
     " queue_id, fetch_ns + u_ns AS given_ns, p_ns IS NOT NULL AS told, CASE WHEN p_ns IS NOT NULL THEN fetch_ns + p_ns"
     " WHEN (SELECT vhost FROM device d WHERE d.device_id = h.device_id) = 1 THEN lead(fetch_ns, 1, fetch_ns + u_ns) OVER"
     " (PARTITION BY queue_id, epoch ORDER BY position) END AS done_ns FROM host_half_view h WHERE u_ns IS NOT NULL)"
     " WHERE done_ns IS NOT NULL GROUP BY 1 ORDER BY 1"},
    {"SELECT queue_id, point, chains FROM point_total WHERE point IN ('f', 'n', 'C') ORDER BY 1, 2",
     "SELECT queue_id, 'C', count(*) FROM chain WHERE points & 32768 GROUP BY 1 UNION ALL SELECT queue_id, 'f', count(*)"
     " FROM chain WHERE points & 256 GROUP BY 1 UNION ALL SELECT queue_id, 'n', count(*) FROM chain WHERE points & 16 "
     "GROUP BY 1 ORDER BY 1, 2"},
    // The phases of a queue make up its latency, and each cause is the sum of its part in all phases.
    {"SELECT queue_id, sum(total_ns), sum(iotlb_ns), sum(swiotlb_ns), sum(ring_ns), sum(notification_ns), sum(backend_ns),"
     " sum(unattributed_ns) FROM phase_total GROUP BY 1 ORDER BY 1",
     "SELECT queue_id, sum(total_ns), sum(iotlb_ns), sum(swiotlb_ns), sum(ring_ns), sum(notification_ns), sum(backend_ns),"
     " sum(unattributed_ns) FROM chain_view WHERE complete AND queue_id IN (SELECT queue_id FROM cause_total)"
     " GROUP BY 1 ORDER BY 1"},
    // Time of the worker inside other queues until a moment is what their chains took until then, less what the last of
    // them took after it. Each chain of a queue counts that at its fetch, less the same at its beginning.
    {"SELECT queue_id, shared_waits, shared_elsewhere, shared_queues, shared_ns FROM queue_total WHERE shared_waits > 0"
     " AND shared_queues > 0 ORDER BY 1",
     "WITH own AS (SELECT w.queue_id AS own_id, h.queue_id AS host_id, h.device_id, h.fetch_ns AS fetched_ns, h.fetch_ns -"
     " w.f_ns + coalesce(w.n_ns, iif(w.stock_ns > 0, NULL, coalesce(w.a_ns, w.host_k_ns))) AS begun_ns FROM chain_view w"
     " JOIN host_half_view h ON h.queue_id = w.host_queue_id AND h.epoch = w.host_epoch AND h.position = w.host_position"
     " JOIN device d ON d.device_id = h.device_id AND d.vhost = 1 WHERE w.complete), queues AS (SELECT DISTINCT own_id,"
     " host_id, device_id FROM own), other AS (SELECT own_id, queue_id, ns, until_ns, max(until_ns - max(ns, coalesce("
     "max(until_ns) OVER (PARTITION BY own_id ORDER BY ns, until_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),"
     " ns)), 0) AS took_ns FROM (SELECT own_id, queue_id, fetch_ns AS ns, fetch_ns + u_ns AS until_ns FROM queues JOIN"
     " host_half_view USING (device_id) WHERE queue_id <> host_id AND u_ns IS NOT NULL)), moment AS (SELECT own_id, sign,"
     " sum(took_ns) OVER past - max(coalesce(max(until_ns) OVER past, ns) - ns, 0) AS busy_ns, coalesce(max(until_ns) OVER"
     " past, ns) > ns AS inside FROM (SELECT own_id, 0 AS sign, ns, took_ns, until_ns FROM other UNION ALL SELECT own_id,"
     " 1, fetched_ns, 0, NULL FROM own WHERE begun_ns IS NOT NULL UNION ALL SELECT own_id, -1, begun_ns, 0, NULL FROM own"
     " WHERE begun_ns IS NOT NULL) WINDOW past AS (PARTITION BY own_id ORDER BY ns, sign DESC ROWS UNBOUNDED PRECEDING))"
     " SELECT own_id, sum(sign = 1), sum(sign = 1 AND inside), (SELECT count(DISTINCT queue_id) FROM other o WHERE"
     " o.own_id = m.own_id) AS others, CAST(total(sign * busy_ns) AS INTEGER) FROM moment m GROUP BY own_id"
     " HAVING others > 0 AND sum(sign = 1) > 0 ORDER BY 1"},
};

std::string rowsOf(const Database& database, const char* sql) {
  std::string text;
  for (Statement rows = database.prepare(sql); rows.step(); text += '\n')
    for (int i = 0; i < rows.columnCount(); ++i)
      text += fmt::format("{}{}", i > 0 ? ", " : "", rows.isNull(i) ? "NULL" : std::string(rows.text(i)));
  return text;
}

TEST(Totals, AreWhatReadingAllChainsGives) {
  std::size_t told[std::size(kClaims)] = {};
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(DESCRY_SOURCE_DIR) / "samples/simulate/scenarios")) {
    if (entry.path().extension() != ".txt") continue;
    const PlayedWorld world(simulate::readScenario(entry.path()));
    for (std::size_t i = 0; i < std::size(kClaims); ++i) {
      const std::string summed = rowsOf(world.database(), kClaims[i].summed);
      EXPECT_EQ(summed, rowsOf(world.database(), kClaims[i].read)) << entry.path() << ": " << kClaims[i].summed;
      told[i] += summed.size();
    }
  }
  for (std::size_t i = 0; i < std::size(kClaims); ++i) EXPECT_GT(told[i], 0U) << kClaims[i].summed;
}

}  // namespace
}  // namespace descry::property
