// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that hold on every row of every capture.
#include <limits>

#include "analyzer/run/stored_chains.hpp"
#include "tests/golden/truth_fixture.hpp"

namespace descry::golden {

class Conservation : public Truth {
 protected:
  std::int64_t count(const std::string& from) const { return reference().integer("SELECT count(*) FROM " + from); }
};

TEST_P(Conservation, TotalIsTheSumOfTheCausesOnEveryRow) {
  const std::string sum = "iotlb_ns + swiotlb_ns + ring_ns + notification_ns + backend_ns + unattributed_ns";
  EXPECT_EQ(count("chain_view WHERE total_ns <> " + sum), 0);
  EXPECT_EQ(count("chain_view WHERE (total_ns IS NULL) <> (" + sum + " IS NULL)"), 0);
  EXPECT_GT(count("chain_view WHERE total_ns IS NOT NULL"), 0);
}

TEST_P(Conservation, NoDurationIsNegative) {
  for (const std::string cause : {"total_ns", "iotlb_ns", "iotlb_induced_ns", "swiotlb_ns", "ring_ns",
                                  "notification_ns", "backend_ns", "unattributed_ns"})
    EXPECT_EQ(count("chain_view WHERE " + cause + " < 0"), 0) << cause;
  EXPECT_EQ(count("chain WHERE stock_ns < 0 OR reap_wait_ns < 0 OR cross_error_ns < 0"), 0);
  EXPECT_EQ(count("guest_half WHERE m_ns < 0 OR a_ns < 0 OR k_ns < 0 OR k_return_ns < k_ns OR i_ns < 0 OR d_ns < 0 OR "
                  "r_ns < 0 OR c_ns < r_ns OR swiotlb_out_ns < 0 OR swiotlb_search_ns < 0 OR swiotlb_in_ns < 0 OR "
                  "iommu_map_ns < 0 OR iommu_unmap_ns < 0"),
            0);
  EXPECT_EQ(count("host_half WHERE t_ns > 0 OR p_ns < 0 OR u_ns < 0 OR s_ns < u_ns OR k_ns > 0"), 0);
  EXPECT_EQ(count("iotlb_miss WHERE updated_ns < raised_ns OR retried_ns < raised_ns OR read_ns < raised_ns"), 0);
}

TEST_P(Conservation, PartsAreNotLargerThanTheirWhole) {
  EXPECT_EQ(count("chain_view WHERE iotlb_induced_ns > iotlb_ns"), 0);
  EXPECT_EQ(count("guest_half WHERE swiotlb_search_ns > swiotlb_out_ns OR swiotlb_out_ns > a_ns"), 0);
  EXPECT_EQ(count("guest_half WHERE swiotlb_in_ns > r_ns OR iommu_map_ns > a_ns"), 0);
  EXPECT_EQ(count("guest_half WHERE dma_identity > dma_maps"), 0);
}

TEST_P(Conservation, EveryHalfIsInExactlyOneChain) {
  // A chain is a guest half with or without its host half, or a host half alone.
  const auto guest = count("guest_half"), host = count("host_half");
  const auto paired = count("chain WHERE pair_id IS NOT NULL");
  EXPECT_EQ(count("chain"), guest + host - paired);
  EXPECT_EQ(count("chain_view"), count("chain"));
  EXPECT_EQ(reference().integer("SELECT ifnull(sum(chains), 0) FROM pair_segment"), paired);
}

TEST_P(Conservation, ACompleteChainSpansItsLatencyExactly) {
  // From Q to C without the time before and after the latency, when both sides of the span were seen on one clock.
  EXPECT_EQ(count("chain c JOIN guest_half g USING (queue_id, epoch, position) WHERE g.r_ns IS NOT NULL "
                  "AND c.iotlb_ns IS NOT NULL AND c.iotlb_ns + c.swiotlb_ns + c.ring_ns + c.notification_ns + "
                  "c.backend_ns + c.unattributed_ns + ifnull(c.stock_ns, 0) + ifnull(c.reap_wait_ns, 0) <> "
                  "ifnull(g.c_ns, g.r_ns)"),
            0);
  // A chain with an unseen end has no latency.
  EXPECT_EQ(count("chain c JOIN guest_half g USING (queue_id, epoch, position) WHERE g.r_ns IS NULL "
                  "AND c.pair_id IS NULL AND c.iotlb_ns IS NOT NULL"),
            0);
}

/// From where to where a row of chain_view has its latency, from its points alone, in ns from start_ns.
struct Ends {
  Ns start = 0, end = 0;
};

Ends endsFromPoints(const std::function<Ns(const char*)>& column, bool posted, bool isTransmit) {
  const auto firstSeen = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (seen(column(name))) return column(name);
    return kUnseen;
  };
  const bool guest = seen(column("c_ns")), host = seen(column("f_ns"));
  if (!guest) return {posted ? firstSeen({"n_ns", "t_ns", "f_ns"}) : 0, column("u_ns")};
  Ends ends{0, column("c_ns")};
  // A buffer in stock begins when the packet comes, if the clocks do not put that after its end.
  if (posted)
    ends.start = std::clamp(host ? firstSeen({"n_ns", "t_ns", "f_ns"}) : firstSeen({"i_ns", "c_ns"}), 0L, ends.end);
  // Without an interrupt a packet to send ends when it is sent.
  if (isTransmit && host && seen(column("u_ns")) && !seen(column("i_ns")))
    ends.end = std::clamp(column("u_ns"), ends.start, ends.end);
  return ends;
}

TEST_P(Conservation, SpansOfEveryChainAreItsColumnsAndItsLatencyToTheNanosecond) {
  const Database& database = reference().database();
  const StoredChains chains(database);
  Statement rows = database.prepare(
      "SELECT v.*, coalesce(g.out_count, h.out_count) AS outs, coalesce(g.in_count, h.in_count) AS ins FROM chain_view "
      "v"
      " LEFT JOIN guest_half g ON (g.queue_id, g.epoch, g.position) = (v.queue_id, v.epoch, v.position)"
      " LEFT JOIN host_half h ON (h.queue_id, h.epoch, h.position) = (v.host_queue_id, v.host_epoch, v.host_position)"
      " ORDER BY v.queue_id, v.epoch, v.position");
  std::map<std::string, int> columns;
  for (int i = 0; i < rows.columnCount(); ++i) columns[rows.columnName(i)] = i;
  const std::function<Ns(const char*)> column = [&](const char* name) {
    return rows.isNull(columns.at(name)) ? kUnseen : rows.integer(columns.at(name));
  };
  std::int64_t complete = 0, count = 0;
  while (rows.step()) {
    ++count;
    const auto chain = chains.find(database, {QueueId{column("queue_id")}, column("epoch"), column("position")});
    ASSERT_TRUE(chain);
    SCOPED_TRACE("queue " + std::to_string(numberOf(chain->row.queueId)) + " position " +
                 std::to_string(chain->row.position));
    // The life is the one that the analysis saw.
    EXPECT_EQ(chain->life.points, column("points"));
    EXPECT_EQ(chain->life.flags | kSuspect, chain->row.flags | kSuspect);
    EXPECT_EQ(chain->life.first, chain->row.start);
    if (column("complete") == 0) {
      EXPECT_TRUE(chain->spans.empty());
      continue;
    }
    ++complete;
    const bool isTransmit = rows.text(columns.at("device_kind")) == "net" && column("ins") == 0;
    const Ends ends = endsFromPoints(column, column("outs") == 0, isTransmit);
    std::array<Ns, kCauses> sums{};
    Ns last = chain->row.start + ends.start, induced = 0;
    for (const CauseSpan& span : chain->spans) {
      ASSERT_EQ(span.begin, last) << "spans tile the latency";
      ASSERT_LT(span.begin, span.end);
      last = span.end;
      sums[static_cast<std::size_t>(span.cause)] += span.length();
      induced += span.induced ? span.length() : 0;
    }
    ASSERT_EQ(last, chain->row.start + ends.end);
    for (std::size_t cause = 0; cause < kCauses; ++cause)
      ASSERT_EQ(sums[cause], column((std::string(kCauseNames[cause]) + "_ns").c_str())) << kCauseNames[cause];
    ASSERT_EQ(induced, column("iotlb_induced_ns"));
    ASSERT_EQ(column("total_ns"), ends.end - ends.start);
  }
  EXPECT_GT(complete, 0);
  EXPECT_EQ(count, reference().integer("SELECT count(*) FROM chain"));
}

using CauseTotals = std::array<Ns, kCauses>;

CauseTotals totalsOf(const StoredChains& chains, const Database& database, QueueId queue) {
  CauseTotals totals{};
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  chains.forEach(database, {queue, 0, 0}, {queue, kMost, kMost}, [&](const StoredChain& chain) {
    for (const CauseSpan& span : chain.spans) totals[static_cast<std::size_t>(span.cause)] += span.length();
  });
  return totals;
}

TEST_P(Conservation, AStoppedQueryDoesNotChangeTheSpansOfTheNext) {
  if (count("host_half WHERE retries > 0 OR misses > 0") == 0) GTEST_SKIP() << "nothing is kept for such a queue";
  const Database& whole = reference().database();
  const QueueId queue{whole.queryInteger("SELECT queue_id FROM chain GROUP BY 1 ORDER BY count(*) DESC").value()};
  const CauseTotals expected = totalsOf(StoredChains(whole), whole, queue);
  constexpr int kMostStops = 12;
  for (int stops = 0, ended = 0; stops < kMostStops && ended == 0; ++stops) {
    const StoredChains chains(whole);
    Database stopped = Database::openReadOnly(reference().text("SELECT file FROM pragma_database_list"));
    int calls = 0;
    stopped.stopWhen([&] { return calls++ == stops; });
    try {
      (void)totalsOf(chains, stopped, queue);
      ++ended;
    } catch (const Cancelled&) {
      EXPECT_EQ(totalsOf(chains, whole, queue), expected) << "after " << stops;
    }
  }
}

TEST_P(Conservation, CausesOfAPlainChainAreTheDifferencesOfItsPoints) {
  // Chains without misses whose points were all seen, in order: what a cause is can then be read off the view.
  const std::string worked = "coalesce(p_ns, u_ns)";
  const std::string plain =
      "chain_view WHERE complete AND scope = 'full' AND iotlb_ns = 0 AND cross_error_ns IS NOT NULL AND stock_ns IS "
      "NULL AND reap_wait_ns IS NULL AND 0 <= k_ns AND k_ns <= w_ns AND w_ns <= f_ns AND f_ns <= " +
      worked + " AND " + worked +
      " <= u_ns AND u_ns <= i_ns AND i_ns <= r_ns AND coalesce(host_k_ns, k_ns) BETWEEN k_ns AND w_ns"
      " AND coalesce(t_ns, f_ns) BETWEEN w_ns AND f_ns";
  EXPECT_EQ(count(plain + " AND backend_ns <> " + worked + " - f_ns"), 0);
  EXPECT_EQ(count(plain + " AND notification_ns <> (w_ns - k_ns) + (i_ns - u_ns)"), 0);
  EXPECT_EQ(count(plain + " AND ring_ns + swiotlb_ns + unattributed_ns <> k_ns + (f_ns - w_ns) + (u_ns - " + worked +
                  ") + (c_ns - i_ns)"),
            0);
  const std::string& name = GetParam();
  const bool translates = name.starts_with("loop-") || name.ends_with("-viommu");  // or has only the host
  EXPECT_EQ(count(plain) > 0, !translates && name != "pci-blk-lossy");
}

TEST_P(Conservation, CauseTotalsAreTheSumsOfTheChains) {
  // From Q to C is a latency whether or not the host saw the chain, too. What only the host saw is less than that, and
  // the same request again where nothing was paired: it is not added to the others.
  const std::string same =
      " AND v.complete AND (v.scope = 'host') = (t.scope = 'host') AND CASE t.level WHEN 'transport' THEN v.transport "
      "= "
      "t.transport WHEN 'device' THEN v.device_id = t.device_id ELSE v.queue_id = t.queue_id END";
  for (const std::string cause :
       {"iotlb", "iotlb_induced", "swiotlb", "ring", "notification", "backend", "unattributed"}) {
    const std::string from = "cause_total t WHERE cause = '" + cause + "'";
    EXPECT_EQ(
        count(from + " AND total_ns <> (SELECT sum(v." + cause + "_ns) FROM chain_view v WHERE true" + same + ")"), 0)
        << cause;
    EXPECT_EQ(count(from + " AND chains <> (SELECT count(*) FROM chain_view v WHERE true" + same + ")"), 0) << cause;
    EXPECT_GT(count(from), 0) << cause;
  }
  EXPECT_EQ(count("cause_total t WHERE cause = 'latency' AND total_ns <> (SELECT sum(v.total_ns) FROM chain_view v "
                  "WHERE true" +
                  same + ")"),
            0);
  EXPECT_EQ(count("cause_total WHERE p50_ns > p99_ns OR p99_ns > p999_ns OR p999_ns > max_ns OR max_ns > total_ns"), 0);
  // Each queue of which both sides were seen has its row.
  EXPECT_EQ(count("(SELECT DISTINCT queue_id FROM chain_view WHERE scope = 'full' AND complete EXCEPT SELECT queue_id "
                  "FROM cause_total WHERE scope = 'full' AND level = 'queue' AND cause = 'latency')"),
            0);
}

TEST_P(Conservation, ExitCodeTellsWhetherEventsAreMissing) {
  const auto& facts = reference().facts();
  std::int64_t missing = 0;
  for (const std::string side : {"guest", "host"}) {
    if (!reference().has(side)) continue;
    missing += truth()[side]["lost_events"].get<std::int64_t>();
    if (facts[side].contains("kprobes_missed_because_nested"))
      missing += facts[side]["kprobes_missed_because_nested"].get<std::int64_t>();
  }
  EXPECT_EQ(reference().exitCode(), missing > 0 ? 3 : 0) << missing << " events are missing\n"
                                                         << reference().messages();
}

TEST_P(Conservation, DevicesAreDescribedAsInTheFactsFile) {
  if (!reference().facts().contains("devices")) GTEST_SKIP() << "no guest devices in this capture";
  for (const auto& device : reference().facts()["devices"]) {
    const std::string name = device["guest_name"];
    const auto value = [&](const std::string& column) {
      return reference().text("SELECT " + column +
                              " FROM device JOIN capture USING (capture_id) WHERE side = 'guest' "
                              "AND name = '" +
                              name + "'");
    };
    if (!device["driver_active_while_recording"]) continue;
    SCOPED_TRACE(name);
    EXPECT_EQ(value("transport"), reference().facts()["transport"].get<std::string>());
    EXPECT_EQ(value("kind"), device["device_type"] == 1 ? "net" : "blk");
    EXPECT_EQ(value("bus_id"), device["parent"].get<std::string>());
    EXPECT_EQ(value("access_platform"), device["access_platform"] ? "1" : "0");
    EXPECT_EQ(value("iommu_group_type"), device["iommu_group_type"].get<std::string>());
    EXPECT_EQ(value("features_negotiated"),
              std::to_string(std::stoll(device["negotiated_features"].get<std::string>(), nullptr, 16)));
  }
}

FOR_EVERY_CASE(Conservation);

}  // namespace descry::golden
