// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "gui/data/sql_console.hpp"
#include "schemas/model/error.hpp"
#include "tests/gui/databases.hpp"

namespace descry::gui {
namespace {

TEST(Distribution, OfAQueueHasItsPercentilesAndAllItsChains) {
  const Opened opened("many");
  const Distribution whole = readDistribution(opened.database, *opened.all, {}, kWholeLatency);
  EXPECT_EQ(whole.all.count(), opened.number("SELECT sum(chains) FROM cause_view WHERE cause = 'latency'"));
  EXPECT_EQ(whole.all.histogram.max(), opened.number("SELECT max(max_ns) FROM cause_view WHERE cause = 'latency'"));
  std::int64_t sum = 0;
  whole.all.histogram.forEach([&](int, std::uint64_t count) { sum += static_cast<std::int64_t>(count); });
  EXPECT_EQ(sum, whole.all.count());
}

std::map<int, std::uint64_t> bucketsOf(const Spread& spread) {
  std::map<int, std::uint64_t> buckets;
  spread.histogram.forEach([&](int bucket, std::uint64_t count) { buckets[bucket] = count; });
  return buckets;
}

/// Read chain by chain it must be what the analysis put into its histograms.
TEST(Distribution, IsTheSameReadChainByChain) {
  const Opened opened("many");
  Selection all;
  all.latency = TimeRange{0, Ns{1} << 60};
  for (const int cause : {kWholeLatency, static_cast<int>(Cause::Backend)}) {
    const Distribution prepared = readDistribution(opened.database, *opened.all, {}, cause);
    const Distribution scanned = readDistribution(opened.database, *opened.all, all, cause);
    EXPECT_EQ(bucketsOf(prepared.all), bucketsOf(scanned.all)) << cause;
    EXPECT_EQ(prepared.all.histogram.total(), scanned.all.histogram.total());
    EXPECT_EQ(prepared.all.histogram.max(), scanned.all.histogram.max());
    ASSERT_EQ(prepared.queues.size(), scanned.queues.size());
    EXPECT_TRUE(prepared.queues.front().exact && scanned.queues.front().exact);
    for (const auto percentile : {&Spread::p50, &Spread::p99, &Spread::p999})
      EXPECT_EQ(prepared.queues.front().*percentile, scanned.queues.front().*percentile) << cause;
  }
}

TEST(Heatmap, CountsEveryCompleteChainOnceWhicheverWay) {
  const Opened opened("many");
  const Case& all = *opened.all;
  const Heatmap map = readHeatmap(opened.database, all, {}, all.range, 200);
  double sum = 0;
  for (const double count : map.counts) sum += count;
  EXPECT_NEAR(sum, static_cast<double>(opened.number("SELECT sum(complete) FROM chain_view")), 0.5);
}

TEST(CauseShares, AreThoseOfTheSqlShownBesideThem) {
  const Opened opened("vhost-net-needless");
  Selection narrowed;
  narrowed.expression = "iotlb > 10us";
  for (const Selection& selection : {Selection{}, narrowed}) {
    const CauseShares shares = readCauseShares(opened.database, *opened.all, selection);
    const std::string where = " FROM chain_view WHERE " + selectionSql(*opened.all, selection) +
                              " AND queue_id IN (SELECT queue_id FROM cause_total WHERE level = 'queue')";
    EXPECT_EQ(shares.total, opened.number("SELECT sum(total_ns)" + where));
    EXPECT_EQ(shares.chains, opened.number("SELECT count(*)" + where));
    for (std::size_t cause = 0; cause < kCauses; ++cause)
      EXPECT_EQ(shares.causes[cause], opened.number("SELECT sum(" + std::string(kCauseNames[cause]) + "_ns)" + where));
  }
}

TEST(SqlConsole, AnswersAndSaysWhatIsWrong) {
  const Opened opened("vhost-net-needless");
  const SqlResult good = runSql(opened.database, "SELECT 1 AS a, 'x' AS b, 2.5, NULL;");
  EXPECT_EQ(good.error, "");
  ASSERT_EQ(good.rows.size(), 1U);
  EXPECT_EQ(good.columns[0], "a");
  EXPECT_EQ(std::get<std::int64_t>(good.rows[0][0]), 1);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(good.rows[0][3]));
  const SqlResult wrong = runSql(opened.database, "SELECT nonsense FROM chain_view");
  EXPECT_NE(wrong.error, "");
  EXPECT_EQ(wrong.errorAt, 7);
  EXPECT_NE(runSql(opened.database, "SELECT 1; SELECT 2").error, "");
  EXPECT_NE(runSql(opened.database, "DROP TABLE chain").error, "");
  EXPECT_NE(runSql(opened.database, "  -- nothing").error, "");
  EXPECT_GT(opened.number("SELECT count(*) FROM chain"), 0);
}

TEST(SqlConsole, DoesNothingButRead) {
  const Opened opened("vhost-net-needless");
  for (const char* text :
       {"ATTACH 'other.db' AS other", "PRAGMA query_only = 0", "PRAGMA writable_schema = 1",
        "PRAGMA trusted_schema = 1", "PRAGMA user_version = 9", "PRAGMA main.journal_mode = WAL",
        "VACUUM INTO 'copy.db'", "CREATE TEMP TABLE t (x)",
        "CREATE TEMP TRIGGER t AFTER INSERT ON meta BEGIN SELECT 1; END", "BEGIN", "SAVEPOINT s", "REINDEX", "ANALYZE",
        "EXPLAIN ATTACH 'other.db' AS other", "SELECT load_extension('x.so')", "DETACH main"})
    EXPECT_NE(runSql(opened.database, text).error, "") << text;
  EXPECT_FALSE(std::filesystem::exists("other.db") || std::filesystem::exists("copy.db"));
  // What only asks about the schema stays possible, and the connection is as it was.
  EXPECT_EQ(runSql(opened.database, "PRAGMA table_info(chain)").error, "");
  EXPECT_EQ(runSql(opened.database, "PRAGMA user_version").rows.size(), 1U);
  EXPECT_EQ(
      runSql(opened.database, "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3) SELECT * FROM n").error,
      "");
}

TEST(SqlConsole, BoundsWhatAnAnswerHolds) {
  const Opened opened("vhost-net-needless");
  // SQLite's printf makes NULL of what would be too large.
  const SqlResult printed = runSql(opened.database, "SELECT printf('%.*c', 200000000, 'x')");
  EXPECT_TRUE(!printed.error.empty() || std::holds_alternative<std::monostate>(printed.rows.at(0).at(0)));
  EXPECT_NE(runSql(opened.database, "SELECT zeroblob(200000000)").error, "");
  const SqlResult much = runSql(opened.database,
                                "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                                "SELECT printf('%.*c', 1000000, 'x') FROM n");
  EXPECT_TRUE(much.cut);
  EXPECT_LT(much.rows.size(), 100U);
}

TEST(SqlConsole, DocumentsEveryColumnOfEveryPublicView) {
  const Opened opened("many");
  const auto views = publicViews();
  EXPECT_EQ(static_cast<std::int64_t>(views.size()),
            opened.number("SELECT count(*) FROM sqlite_schema WHERE type = 'view'"));
  for (const PublicView& view : views) {
    EXPECT_FALSE(view.purpose.empty()) << view.name;
    EXPECT_EQ(static_cast<std::int64_t>(view.columns.size()),
              opened.number("SELECT count(*) FROM pragma_table_info('" + view.name + "')"))
        << view.name;
  }
}

TEST(Database, StopsAStatementThatNobodyWaitsFor) {
  Database database = Database::openReadOnly(databasePath("many"));
  database.stopWhen([] { return true; });
  EXPECT_THROW(
      database.queryInteger("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"),
      Cancelled);
}

}  // namespace
}  // namespace descry::gui
