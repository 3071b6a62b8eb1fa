// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/cause_aggregator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <vector>

#include "schemas/store/table_io.hpp"

namespace descry {
namespace {

class CauseAggregatorTest : public testing::Test {
 protected:
  CauseAggregatorTest()
      : m_path(std::filesystem::temp_directory_path() /
               ("aggregator-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".db")) {
    std::filesystem::remove(m_path);
  }
  ~CauseAggregatorTest() override { std::filesystem::remove(m_path); }

  static ChainRow chain(Ns iotlb, Ns induced, Ns swiotlb, Ns ring, Ns notification, Ns backend, Ns unattributed) {
    ChainRow row;
    row.causes[Cause::Iotlb] = iotlb;
    row.iotlbInduced = induced;
    row.causes[Cause::Swiotlb] = swiotlb;
    row.causes[Cause::Ring] = ring;
    row.causes[Cause::Notification] = notification;
    row.causes[Cause::Backend] = backend;
    row.causes[Cause::Unattributed] = unattributed;
    return row;
  }

  static CauseTotalRow one(const Database& database, const std::string& where) {
    const auto rows = readAll<CauseTotalRow>(database, "WHERE " + where);
    EXPECT_EQ(rows.size(), 1U) << where;
    return rows.empty() ? CauseTotalRow{} : rows.front();
  }

  std::filesystem::path m_path;
};

TEST_F(CauseAggregatorTest, SumsEveryLevelAndCountsInducedTimeOnce) {
  CauseAggregator aggregator;
  aggregator.add({"pci", DeviceId{1}, QueueId{10}, Scope::Full}, chain(50, 20, 100, 10, 20, 300, 20));  // 500
  aggregator.add({"pci", DeviceId{1}, QueueId{10}, Scope::Full}, chain(0, 0, 200, 10, 20, 370, 0));     // 600
  aggregator.add({"pci", DeviceId{1}, QueueId{11}, Scope::Guest}, chain(0, 0, 0, 0, 0, 0, 1000));
  aggregator.add({"ccw", DeviceId{2}, QueueId{20}, Scope::Host}, chain(0, 0, 0, 7, 0, 0, 0));
  Database database = Database::create(m_path);
  aggregator.write(database);

  // transport pci, ccw; devices 1, 2; queues 10, 11, 20: 7 groups of 8 sums
  EXPECT_EQ(database.queryInteger("SELECT count(*) FROM cause_total"), 56);

  const auto pci = one(database, "level = 'transport' AND transport = 'pci' AND cause = 'latency'");
  EXPECT_EQ(pci.chains, 3);
  EXPECT_EQ(pci.total, 2100);
  EXPECT_EQ(pci.p50, 600);  // 500 600 1000: floor(0.5 * 3) = 1
  EXPECT_EQ(pci.p99, 1000);
  EXPECT_EQ(pci.max, 1000);
  EXPECT_EQ(pci.scope, "full");
  EXPECT_EQ(pci.exact, 1);
  EXPECT_EQ(pci.deviceId, DeviceId{0});
  EXPECT_EQ(pci.queueId, QueueId{0});

  const auto device = one(database, "level = 'device' AND device_id = 1 AND cause = 'swiotlb'");
  EXPECT_EQ(device.total, 300);
  EXPECT_EQ(device.p50, 100);  // 0 100 200
  EXPECT_EQ(device.queueId, QueueId{0});

  const auto queue = one(database, "level = 'queue' AND queue_id = 10 AND cause = 'iotlb_induced'");
  EXPECT_EQ(queue.total, 20);
  EXPECT_EQ(queue.deviceId, DeviceId{1});
  EXPECT_EQ(queue.p50, 20);  // 0 20: floor(0.5 * 2) = 1

  EXPECT_EQ(one(database, "level = 'queue' AND queue_id = 11 AND cause = 'latency'").scope, "guest");
  EXPECT_EQ(one(database, "level = 'device' AND device_id = 2 AND cause = 'ring'").scope, "host");
}

TEST_F(CauseAggregatorTest, TheSixCausesOfALevelAddUpToItsLatency) {
  std::mt19937_64 random(3);
  CauseAggregator aggregator;
  for (int i = 0; i < 5000; ++i) {
    const auto part = [&] { return static_cast<Ns>(random() % 100000); };
    aggregator.add({"pci", DeviceId{1}, QueueId{1 + static_cast<std::int64_t>(random() % 3)}, Scope::Full},
                   chain(part(), 0, part(), part(), part(), part(), part()));
  }
  Database database = Database::create(m_path);
  aggregator.write(database);
  EXPECT_EQ(database.queryInteger("SELECT count(*) FROM (SELECT sum(CASE cause WHEN 'latency' THEN -total_ns"
                                  " WHEN 'iotlb_induced' THEN 0 ELSE total_ns END) AS rest"
                                  " FROM cause_total GROUP BY level, transport, device_id, queue_id) WHERE rest <> 0"),
            0);
}

TEST_F(CauseAggregatorTest, StuckChainsCountInThePercentilesOfTheLatencyAlone) {
  CauseAggregator aggregator;
  for (int i = 0; i < 40; ++i)
    aggregator.add({"pci", DeviceId{1}, QueueId{10}, Scope::Full}, chain(0, 0, 0, 0, 0, 200, 0));
  for (int i = 0; i < 8; ++i) aggregator.addStuck(QueueId{10}, 60'000 + i);
  aggregator.addStuck(QueueId{11}, 70'000);  // nothing of this queue came back
  ASSERT_NE(aggregator.latenciesOf(QueueId{10}), nullptr);
  EXPECT_EQ(aggregator.latenciesOf(QueueId{10})->count(), 40U);
  EXPECT_EQ(aggregator.latenciesOf(QueueId{11}), nullptr);
  Database database = Database::create(m_path);
  aggregator.write(database);
  for (const char* level : {"queue", "device", "transport"}) {
    const auto latency = one(database, std::string("cause = 'latency' AND level = '") + level + "'");
    // Of 48 values, ranks 24 and 47.
    EXPECT_EQ(latency.p50, 200);
    EXPECT_EQ(latency.p99, 60'007);
    EXPECT_EQ(latency.max, 60'007);
    EXPECT_EQ(latency.stuck, 8);
    EXPECT_EQ(latency.chains, 40);
    EXPECT_EQ(latency.total, 8000);
    const auto backend = one(database, std::string("cause = 'backend' AND level = '") + level + "'");
    EXPECT_EQ(backend.max, 200);
    EXPECT_EQ(backend.stuck, 0);
  }
}

TEST_F(CauseAggregatorTest, PercentilesAreOrderStatisticsOfTheSortedValues) {
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> latency(11, 2.5);  // some values above 2^32 ns
  std::vector<Ns> all, first;
  CauseAggregator aggregator;
  for (int i = 0; i < 20000; ++i) {
    const Ns ns = i == 17 ? 5'000'000'000'000 : static_cast<Ns>(latency(random));
    const std::int64_t queue = 1 + i % 2;
    aggregator.add({"mmio", DeviceId{4}, QueueId{queue}, Scope::Full}, chain(0, 0, 0, 0, 0, ns, 0));
    all.push_back(ns);
    if (queue == 1) first.push_back(ns);
  }
  Database database = Database::create(m_path);
  aggregator.write(database);

  const auto check = [&](std::vector<Ns> values, const std::string& where) {
    std::sort(values.begin(), values.end());
    const CauseTotalRow row = one(database, where + " AND cause = 'backend'");
    EXPECT_EQ(row.exact, 1);
    EXPECT_EQ(row.p50, values[values.size() / 2]);
    EXPECT_EQ(row.p99, values[values.size() * 99 / 100]);
    EXPECT_EQ(row.p999, values[values.size() * 999 / 1000]);
    EXPECT_EQ(row.max, values.back());
  };
  check(all, "level = 'transport'");
  check(all, "level = 'device'");
  check(first, "level = 'queue' AND queue_id = 1");
}

TEST_F(CauseAggregatorTest, BeyondTheLimitPercentilesComeFromTheHistogramAndSaySo) {
  CauseAggregator aggregator(100);
  for (int i = 1; i <= 80; ++i)  // two queues of 80: each within the limit, together beyond it
    for (const int queue : {1, 2})
      aggregator.add({"pci", DeviceId{1}, QueueId{queue}, Scope::Full}, chain(0, 0, 0, 0, 0, i * 1000, 0));
  for (int i = 1; i <= 150; ++i)
    aggregator.add({"ccw", DeviceId{2}, QueueId{3}, Scope::Full}, chain(0, 0, 0, 0, 0, i * 1000, 0));
  Database database = Database::create(m_path);
  aggregator.write(database);

  const auto queue = one(database, "level = 'queue' AND queue_id = 1 AND cause = 'latency'");
  EXPECT_EQ(queue.exact, 1);
  EXPECT_EQ(queue.p50, 41000);  // sorted[40] of 1..80 thousand

  const auto pci = one(database, "level = 'transport' AND transport = 'pci' AND cause = 'latency'");
  EXPECT_EQ(pci.exact, 0);
  EXPECT_EQ(pci.chains, 160);
  EXPECT_EQ(pci.max, 80000);
  EXPECT_NEAR(static_cast<double>(pci.p50), 41000, 41000 * 0.011 + 1);

  const auto ccw = one(database, "level = 'queue' AND queue_id = 3 AND cause = 'backend'");
  EXPECT_EQ(ccw.exact, 0);
  EXPECT_NEAR(static_cast<double>(ccw.p99), 149000, 149000 * 0.011 + 1);
  EXPECT_EQ(ccw.total, 150 * 151 / 2 * 1000);
}

TEST_F(CauseAggregatorTest, ManyQueuesTogetherDoNotKeepMoreThanFourTimesTheLimit) {
  CauseAggregator aggregator(100);
  for (std::int64_t queue = 1; queue <= 6; ++queue)
    for (int i = 0; i < 90; ++i)
      aggregator.add({"pci", DeviceId{queue}, QueueId{queue}, Scope::Full}, chain(0, 0, 0, 1000, 0, 0, 0));
  Database database = Database::create(m_path);
  aggregator.write(database);
  // 540 chains, 400 may be kept: two queues had to fall back, and no count is lost.
  EXPECT_EQ(database.queryInteger("SELECT count(*) FROM cause_total WHERE level = 'queue' AND cause = 'ring'"
                                  " AND exact = 0"),
            2);
  EXPECT_EQ(database.queryInteger("SELECT sum(count) FROM cause_histogram WHERE cause = 'ring'"), 540);
}

TEST_F(CauseAggregatorTest, HistogramsHoldEveryChainOfAQueueOnce) {
  CauseAggregator aggregator;
  aggregator.add({"pci", DeviceId{1}, QueueId{1}, Scope::Full}, chain(0, 0, 0, 0, 0, 1024, 0));
  aggregator.add({"pci", DeviceId{1}, QueueId{1}, Scope::Full}, chain(0, 0, 0, 0, 0, 1025, 0));
  aggregator.add({"pci", DeviceId{1}, QueueId{1}, Scope::Full}, chain(0, 0, 0, 0, 0, 1025, 0));
  Database database = Database::create(m_path);
  aggregator.write(database);

  const auto rows = readAll<CauseHistogramRow>(database, "WHERE cause = 'backend' ORDER BY bucket");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].bucket, 319);
  EXPECT_EQ(rows[0].count, 1);
  EXPECT_EQ(rows[1].bucket, 320);
  EXPECT_EQ(rows[1].count, 2);
  EXPECT_EQ(database.queryInteger("SELECT count FROM cause_histogram WHERE cause = 'iotlb' AND bucket = -32768"), 3);
}

TEST_F(CauseAggregatorTest, TheOrderOfTheChainsDoesNotMatter) {
  std::mt19937_64 random(9);
  std::vector<std::pair<std::int64_t, Ns>> chains;
  for (int i = 0; i < 3000; ++i)
    chains.emplace_back(1 + static_cast<std::int64_t>(random() % 4), static_cast<Ns>(random() % 1'000'000));
  const auto dump = [&](const std::filesystem::path& path) {
    CauseAggregator aggregator;
    for (const auto& [queue, ns] : chains)
      aggregator.add({"pci", DeviceId{queue % 2}, QueueId{queue}, Scope::Full}, chain(0, 0, ns, 0, 0, 0, 0));
    Database database = Database::create(path);
    aggregator.write(database);
    std::string text;
    for (const CauseTotalRow& row : readAll<CauseTotalRow>(database))
      for (const std::int64_t value :
           {numberOf(row.deviceId), numberOf(row.queueId), row.chains, row.total, row.p50, row.p99, row.p999})
        text += std::to_string(value) + ' ';
    return text;
  };
  const std::string straight = dump(m_path);
  std::filesystem::remove(m_path);
  std::shuffle(chains.begin(), chains.end(), random);
  EXPECT_EQ(dump(m_path), straight);
}

TEST_F(CauseAggregatorTest, CausesThatWereNotSeenCountAsNothing) {
  CauseAggregator aggregator;
  ChainRow row;
  row.causes[Cause::Backend] = 40;
  aggregator.add({"unknown", DeviceId{1}, QueueId{1}, Scope::Host}, row);
  Database database = Database::create(m_path);
  aggregator.write(database);
  EXPECT_EQ(one(database, "level = 'queue' AND cause = 'latency'").total, 40);
  EXPECT_EQ(one(database, "level = 'queue' AND cause = 'iotlb'").p99, 0);
}

TEST_F(CauseAggregatorTest, WithoutChainsThereAreNoRows) {
  Database database = Database::create(m_path);
  CauseAggregator().write(database);
  EXPECT_EQ(database.queryInteger("SELECT count(*) FROM cause_total"), 0);
}

}  // namespace
}  // namespace descry
