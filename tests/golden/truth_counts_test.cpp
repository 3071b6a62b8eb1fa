// SPDX-License-Identifier: GPL-2.0-or-later
// What was counted in each trace, against the counts that truth.json took from the text of other programs.
#include <map>

#include "tests/golden/truth_fixture.hpp"

namespace descry::golden {

class TruthCounts : public Truth {
 protected:
  void expectEpochColumn(const GuestQueue& queue, const std::string& column, const std::string& truthKey) const {
    EXPECT_EQ(reference().integer("SELECT sum(" + column +
                                  ") FROM queue_epoch WHERE queue_id = " + std::to_string(numberOf(queue.queueId))),
              (*queue.truth)[truthKey].get<std::int64_t>())
        << "guest queue " << queue.key << ": " << truthKey;
  }

  void expectEpochColumn(const HostQueue& queue, const std::string& column, const std::string& truthKey) const {
    EXPECT_EQ(reference().integer("SELECT ifnull(" + column +
                                  ", -1) FROM queue_epoch WHERE queue_id = " + std::to_string(numberOf(queue.queueId)) +
                                  " AND epoch = " + std::to_string(queue.epoch)),
              (*queue.truth)[truthKey].is_null() ? -1 : (*queue.truth)[truthKey].get<std::int64_t>())
        << "host queue " << queue.key << ": " << truthKey;
  }

  static std::string where(const HostQueue& queue) {
    return " WHERE queue_id = " + std::to_string(numberOf(queue.queueId)) +
           " AND epoch = " + std::to_string(queue.epoch);
  }
};

TEST_P(TruthCounts, GuestQueuesHaveTheCountsOfTheTruthFile) {
  static const std::map<std::string, std::string> columns = {{"adds", "adds"},
                                                             {"failed_adds", "failed_adds"},
                                                             {"gets", "gets"},
                                                             {"gets_without_add", "gets_without_add"},
                                                             {"empty_gets", "empty_gets"},
                                                             {"unseen_gets", "unseen_gets"},
                                                             {"position_gaps", "position_gaps"},
                                                             {"doorbell_decisions", "kick_prepares"},
                                                             {"doorbells_needed", "kicks_needed"},
                                                             {"doorbells_rung", "notifies"},
                                                             {"interrupts", "interrupts"},
                                                             {"bounces", "bounces_in_add"},
                                                             {"bounce_bytes", "bounce_bytes_in_add"},
                                                             {"copies_in_get", "copies_in_get"},
                                                             {"copy_bytes_in_get", "copy_bytes_in_get"}};
  for (const auto& queue : reference().guestQueues())
    for (const auto& [column, truthKey] : columns) expectEpochColumn(queue, column, truthKey);
}

TEST_P(TruthCounts, GuestHalvesAddUpToTheTruthFile) {
  for (const auto& queue : reference().guestQueues()) {
    SCOPED_TRACE("guest queue " + queue.key);
    const auto& expected = *queue.truth;
    const std::string where = " FROM guest_half WHERE queue_id = " + std::to_string(numberOf(queue.queueId));
    EXPECT_EQ(reference().integer("SELECT count(*)" + where), expected["adds"]);
    EXPECT_EQ(reference().integer("SELECT count(r_ns)" + where), expected["gets"]);
    EXPECT_EQ(reference().integer("SELECT count(*)" + where + " AND flags & 1"), expected["in_flight_at_end"]);
    EXPECT_EQ(reference().integer("SELECT count(*)" + where + " AND flags & 2"), expected["unseen_gets"]);
    EXPECT_EQ(reference().integer("SELECT ifnull(sum(bounces), 0)" + where), expected["bounces_in_add"]);
    EXPECT_EQ(reference().integer("SELECT ifnull(sum(bounce_bytes), 0)" + where), expected["bounce_bytes_in_add"]);
    EXPECT_EQ(reference().integer("SELECT ifnull(sum(copies_back), 0)" + where), expected["copies_in_get"]);
    EXPECT_EQ(reference().integer("SELECT ifnull(sum(copy_back_bytes), 0)" + where), expected["copy_bytes_in_get"]);
    EXPECT_EQ(reference().integer("SELECT min(position)" + where), expected["first_position"]);
    EXPECT_EQ(reference().integer("SELECT max(position)" + where), expected["last_position"]);
    EXPECT_EQ(reference().text("SELECT layout FROM queue WHERE queue_id = " + std::to_string(numberOf(queue.queueId))),
              expected["layout"].get<std::string>());
    EXPECT_EQ(reference().text("SELECT size FROM queue WHERE queue_id = " + std::to_string(numberOf(queue.queueId))),
              expected["ring"]["num"].get<std::string>());
  }
}

TEST_P(TruthCounts, AsManyGuestChainsAreInFlightAtOnceAsTheTruthFileSays) {
  for (const auto& queue : reference().guestQueues()) {
    const auto edges = reference().rows(
        "SELECT q_ns AS ns, 1 FROM guest_half WHERE queue_id = " + std::to_string(numberOf(queue.queueId)) +
        " UNION ALL SELECT q_ns + r_ns, -1 FROM guest_half WHERE r_ns IS NOT NULL AND queue_id = " +
        std::to_string(numberOf(queue.queueId)) + " ORDER BY 1, 2");
    std::int64_t inFlight = 0, most = 0;
    for (const auto& edge : edges) most = std::max(most, inFlight += edge[1]);
    EXPECT_EQ(most, (*queue.truth)["max_in_flight"]) << "guest queue " << queue.key;
  }
}

TEST_P(TruthCounts, HostQueuesHaveTheCountsOfTheTruthFile) {
  const bool vhost = !truth()["host"].contains("guest_device_of");
  std::map<std::string, std::string> columns = {{"doorbells_seen", "kicks"}, {"interrupts", "interrupts"}};
  if (vhost)
    columns.insert({{"fetches", "fetches"},
                    {"used", "used"},
                    {"discarded", "discarded"},
                    {"eagain_fetches", "eagain_fetches"},
                    {"empty_fetches", "empty_fetches"},
                    {"error_fetches", "error_fetches"},
                    {"failed_prefetches", "failed_metadata_prefetches"},
                    {"first_position", "first_position"},
                    {"last_position", "last_position"},
                    {"position_gaps", "position_gaps"},
                    {"head_mismatches", "head_mismatches"},
                    {"misses", "misses"},
                    {"metadata_misses", "metadata_misses"}});
  else
    columns.insert({{"fetches", "pops"},
                    {"used", "fills"},
                    {"flushes", "flushes"},
                    {"doorbells_other_thread", "kicks_outside_device_thread"}});
  for (const auto& queue : reference().hostQueues())
    for (const auto& [column, truthKey] : columns) expectEpochColumn(queue, column, truthKey);
}

TEST_P(TruthCounts, HostHalvesAddUpToTheTruthFile) {
  for (const auto& queue : reference().hostQueues()) {
    SCOPED_TRACE("host queue " + queue.key);
    const auto& expected = *queue.truth;
    const std::string halves = " FROM host_half" + where(queue), misses = " FROM iotlb_miss" + where(queue);
    const bool vhost = expected.contains("fetches");
    EXPECT_EQ(reference().integer("SELECT count(*)" + halves), expected[vhost ? "distinct_positions" : "pops"]);
    // A chain that no probe saw end is in flight for the truth file, whether or not more of the trace follows.
    EXPECT_EQ(reference().integer("SELECT count(*)" + halves + " AND flags & 3"), expected["in_flight_at_end"]);
    if (!vhost) continue;
    EXPECT_EQ(reference().integer("SELECT count(*)" + misses), expected["misses"]);
    EXPECT_EQ(reference().integer("SELECT count(*)" + misses + " AND position IS NULL"), expected["metadata_misses"]);
    EXPECT_EQ(reference().integer("SELECT count(DISTINCT iova >> 12)" + misses), expected["distinct_missed_pages"]);
    EXPECT_EQ(reference().integer("SELECT count(*)" + halves + " AND misses > 0"), expected["stalled_positions"]);
    EXPECT_EQ(reference().integer("SELECT count(DISTINCT position)" + misses), expected["stalled_positions"]);
  }
}

TEST_P(TruthCounts, TranslationChangesAreCountedAsInTheTruthFile) {
  const auto changes = [&](const std::string& kind, const std::string& what) {
    return reference().integer("SELECT " + what + " FROM iotlb_event WHERE kind = '" + kind + "'");
  };
  const auto& host = truth()["host"];
  if (host.contains("iotlb")) {
    const auto& expected = host["iotlb"];
    EXPECT_EQ(reference().integer("SELECT count(*) FROM iotlb_miss"), expected["misses"]);
    EXPECT_EQ(reference().integer("SELECT count(read_ns) FROM iotlb_miss"), expected["messages_read"]);
    EXPECT_EQ(changes("update", "count(*)"), expected["updates"]);
    EXPECT_EQ(changes("update", "count(DISTINCT address - iova)"), expected["distinct_address_offsets"]);
    EXPECT_EQ(changes("invalidate", "count(*)"), expected["invalidations"]);
    for (const auto& [bytes, count] : expected["update_sizes"].items())
      EXPECT_EQ(changes("update", "count(nullif(bytes <> " + bytes + ", 1))"), count) << bytes << " byte updates";
  } else {
    const auto& expected = host["iommu"];
    EXPECT_EQ(reference().integer("SELECT count(*) FROM iotlb_miss"), expected["misses"]);
    EXPECT_EQ(changes("invalidate", "count(*)"), expected["page_invalidations"]);
  }
}

TEST_P(TruthCounts, EveryEventOfTheTraceIsAccountedFor) {
  for (const std::string side : {"guest", "host"}) {
    if (!reference().has(side)) continue;
    SCOPED_TRACE(side);
    const auto& expected = truth()[side];
    const std::string from = " FROM capture WHERE side = '" + side + "'";
    EXPECT_EQ(reference().integer("SELECT events" + from), expected["events"]);
    EXPECT_EQ(reference().integer("SELECT discarded" + from), expected["lost_events"]);
    // Events that are understood and not needed may come before the first and after the last point.
    EXPECT_GE(reference().integer("SELECT origin_ns" + from), expected["first_ns"]);
    EXPECT_LE(reference().integer("SELECT origin_ns + last_ns" + from), expected["last_ns"]);
    // The rest is understood and not needed.
    EXPECT_LE(reference().integer("SELECT decoded + unknown" + from), expected["events"]);
    EXPECT_EQ(reference().integer("SELECT unknown" + from), 0);

    std::map<std::string, std::int64_t> counts;
    auto statement = reference().database().prepare(
        "SELECT event, count FROM capture_event JOIN capture USING (capture_id) WHERE count > 0 AND side = '" + side +
        "'");
    while (statement.step()) {
      const std::string event(statement.text(0));
      counts[event.substr(event.rfind(':') + 1)] += statement.integer(1);
    }
    EXPECT_EQ(counts, (expected["event_counts"].get<std::map<std::string, std::int64_t>>()));
  }
}

TEST_P(TruthCounts, MissedProbesAreTheOnesOfKprobeProfile) {
  for (const std::string side : {"guest", "host"}) {
    if (!reference().has(side)) continue;
    const auto& facts = reference().facts()[side];
    // The misses of fprobe events are counted nowhere: there is nothing to compare with.
    if (!facts.contains("probe_type") || facts["probe_type"] != "kprobe events") continue;
    EXPECT_EQ(reference().integer("SELECT ifnull(probes_missed, -1) FROM capture WHERE side = '" + side + "'"),
              facts["kprobes_missed_because_nested"])
        << side;
  }
}

FOR_EVERY_CASE(TruthCounts);

}  // namespace descry::golden
