// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/timeline_pyramid.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "schemas/store/table_io.hpp"

namespace descry {
namespace {

class TimelinePyramidTest : public testing::Test {
 protected:
  TimelinePyramidTest()
      : m_path(std::filesystem::temp_directory_path() / ("descry-pyramid-" + std::to_string(::getpid()) + ".db")),
        m_database(Database::create(m_path)) {}
  ~TimelinePyramidTest() override { std::filesystem::remove(m_path); }

  static ChainRow chain(std::int64_t queue, std::int64_t position, Ns start, Ns backend) {
    ChainRow row;
    row.queueId = QueueId{queue};
    row.position = position;
    row.start = start;
    row.causes[Cause::Iotlb] = row.iotlbInduced = row.causes[Cause::Swiotlb] = row.causes[Cause::Ring] =
        row.causes[Cause::Notification] = row.causes[Cause::Unattributed] = 0;
    row.causes[Cause::Backend] = backend;
    return row;
  }

  std::int64_t number(const std::string& query) const { return m_database.queryInteger(query).value_or(-1); }

  std::filesystem::path m_path;
  Database m_database;
};

TEST_F(TimelinePyramidTest, KeepsEverySumOnEveryLevelAndFewBuckets) {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> gap(1.0 / 20'000), latency(1.0 / 80'000);
  TimelinePyramid pyramid;
  constexpr std::int64_t kChains = 20'000;
  Ns at = 0, total = 0, worst = 0;
  std::int64_t worstPosition = 0;
  for (std::int64_t position = 0; position < kChains; ++position) {
    at += std::llround(gap(random));
    const Ns ns = 1 + std::llround(latency(random));
    total += ns;
    if (ns > worst) worst = ns, worstPosition = position;
    pyramid.add(chain(1, position, at, ns));
  }
  pyramid.write(m_database);

  Statement levels = m_database.prepare(
      "SELECT level, count(*), sum(chains), sum(backend_ns), max(worst_ns) FROM timeline_bucket GROUP BY level ORDER "
      "BY level");
  std::int64_t count = 0, buckets = 0;
  for (; levels.step(); ++count) {
    EXPECT_EQ(levels.integer(2), kChains);
    EXPECT_EQ(levels.integer(3), total);
    EXPECT_EQ(levels.integer(4), worst);
    EXPECT_LE(levels.integer(1), count == 0 ? kChains / 64 : buckets - 1);
    buckets = levels.integer(1);
  }
  EXPECT_GE(count, 3);
  EXPECT_EQ(
      number("SELECT count(DISTINCT worst_position) FROM timeline_bucket WHERE worst_ns = " + std::to_string(worst)),
      1);
  EXPECT_EQ(number("SELECT min(worst_position) FROM timeline_bucket WHERE worst_ns = " + std::to_string(worst)),
            worstPosition);
  EXPECT_EQ(
      number("SELECT count(*) FROM (SELECT level FROM timeline_latency GROUP BY level HAVING sum(chains) <> 20000)"),
      0);
  // Keys of neighbouring buckets do not overlap when chains come in the order of time.
  EXPECT_EQ(number("SELECT count(*) FROM timeline_bucket a JOIN timeline_bucket b ON b.level = a.level AND b.bucket > "
                   "a.bucket AND "
                   "b.first_position <= a.last_position"),
            0);
}

TEST_F(TimelinePyramidTest, CountsIncompleteChainsApartAndBeginsAfterTheStock) {
  TimelinePyramid pyramid;
  ChainRow stocked = chain(3, 10, 0, 5);
  stocked.stock = 1 << 20;
  ChainRow open = chain(3, 11, 0, 0);
  open.causes[Cause::Backend] = kUnseen;
  open.flags = kIncomplete;
  pyramid.add(stocked);
  pyramid.add(open);
  pyramid.write(m_database);
  const std::int64_t level = number("SELECT min(level) FROM timeline_bucket");
  EXPECT_EQ(number("SELECT incomplete FROM timeline_bucket WHERE bucket = 0 ORDER BY level"), 1);
  EXPECT_EQ(number("SELECT chains FROM timeline_bucket WHERE level = " + std::to_string(level) +
                   " AND bucket = " + std::to_string((1 << 20) >> level)),
            1);
  EXPECT_EQ(
      number("SELECT sum(chains) FROM timeline_latency WHERE band = " + std::to_string(TimelinePyramid::bandOf(5))), 1);
}

TEST_F(TimelinePyramidTest, RanksTheSlowestOfEachCause) {
  TimelinePyramid pyramid;
  for (std::int64_t position = 0; position < 2000; ++position) {
    ChainRow row = chain(1, position, position * 1000, position % 977);
    if (position % 100 == 0) row.causes[Cause::Iotlb] = position;
    pyramid.add(row);
  }
  pyramid.write(m_database);
  EXPECT_EQ(number("SELECT position FROM slowest WHERE cause = 'iotlb' AND rank = 0"), 1900);
  EXPECT_EQ(number("SELECT count(*) FROM slowest WHERE cause = 'iotlb'"), 19);  // position 0 lost nothing
  EXPECT_EQ(number("SELECT count(*) FROM slowest WHERE cause = 'latency'"), 500);
  // 976 is the largest remainder; the smaller of its two positions comes first
  EXPECT_EQ(number("SELECT position FROM slowest WHERE cause = 'backend' AND rank = 0"), 976);
  EXPECT_EQ(number("SELECT count(*) FROM slowest WHERE cause = 'swiotlb'"), 0);
}

TEST(TimelineBand, HoldsWhatItsBoundsSay) {
  EXPECT_EQ(TimelinePyramid::bandOf(0), -1);
  EXPECT_EQ(TimelinePyramid::bandOf(1), -1);
  for (const Ns ns : {Ns{2}, Ns{3}, Ns{5}, Ns{1000}, Ns{1024}, Ns{1025}, Ns{123'456'789}}) {
    const int band = TimelinePyramid::bandOf(ns);
    EXPECT_GT(static_cast<double>(ns), std::exp2(band / 4.0)) << ns;
    EXPECT_LE(static_cast<double>(ns), std::exp2((band + 1) / 4.0)) << ns;
  }
}

}  // namespace
}  // namespace descry
