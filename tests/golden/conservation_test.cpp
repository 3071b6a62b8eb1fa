// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that hold on every row of every capture, whatever is in it.
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
  // A chain whose end nobody saw has no latency.
  EXPECT_EQ(count("chain c JOIN guest_half g USING (queue_id, epoch, position) WHERE g.r_ns IS NULL "
                  "AND c.pair_id IS NULL AND c.iotlb_ns IS NOT NULL"),
            0);
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
