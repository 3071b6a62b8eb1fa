// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/store/table_io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <random>

#include "schemas/model/error.hpp"

namespace descry {
namespace {

using testing::HasSubstr;

class TableIoTest : public testing::Test {
 protected:
  TableIoTest()
      : m_path(std::filesystem::temp_directory_path() / ("descry-table-" + std::to_string(::getpid()) + ".db")),
        m_database(Database::create(m_path)) {}
  ~TableIoTest() override { std::filesystem::remove(m_path); }

  std::filesystem::path m_path;
  Database m_database;
};

TEST_F(TableIoTest, WhatWasNotSeenIsNullAndComesBackAsUnseen) {
  TableWriter<GuestHalfRow> writer(m_database);
  writer.add({.queueId = QueueId{3}, .epoch = 1, .position = 70'000, .q = 0, .c = -1, .head = 0, .flags = 5});
  writer.flush();
  EXPECT_EQ(m_database.queryInteger("SELECT count(*) FROM guest_half WHERE k_ns IS NULL AND m_ns IS NULL AND "
                                    "r_ns IS NULL AND head = 0 AND c_ns = -1 AND q_ns = 0"),
            1);
  const auto rows = readAll<GuestHalfRow>(m_database);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].position, 70'000);
  EXPECT_EQ(rows[0].q, 0);
  EXPECT_EQ(rows[0].c, -1);
  EXPECT_EQ(rows[0].k, kUnseen);
  EXPECT_FALSE(seen(rows[0].m));
  EXPECT_EQ(rows[0].flags, 5);
}

TEST_F(TableIoTest, ExtremeNumbersAndTextsComeBackAsTheyWere) {
  const std::string odd = "Zoë's \"queue\"; -- x\n%";
  TableWriter<CaptureRow> writer(m_database);
  writer.add({.captureId = 1,
              .side = "host",
              .path = odd,
              .source = "",
              .tool = "",
              .kernel = odd,
              .clockEpoch = std::numeric_limits<std::int64_t>::min() + 1,
              .origin = std::numeric_limits<std::int64_t>::max()});
  writer.flush();
  const auto rows = readAll<CaptureRow>(m_database);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].path, odd);
  EXPECT_EQ(rows[0].source, "");
  EXPECT_EQ(rows[0].tool, "");
  EXPECT_EQ(rows[0].hostName, std::nullopt);
  EXPECT_EQ(rows[0].kernel, odd);
  EXPECT_EQ(rows[0].clockEpoch, std::numeric_limits<std::int64_t>::min() + 1);
  EXPECT_EQ(rows[0].origin, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(rows[0].probesMissed, kUnseen);
}

TEST_F(TableIoTest, RowsInAnyOrderAndAnyNumberAllArrive) {
  constexpr std::int64_t kRows = 40'011;
  std::vector<std::int64_t> positions(kRows);
  for (std::int64_t i = 0; i < kRows; ++i) positions[static_cast<std::size_t>(i)] = i;
  std::shuffle(positions.begin(), positions.end(), std::mt19937(7));
  TableWriter<HostHalfRow> writer(m_database);
  for (const std::int64_t position : positions)
    writer.add({.queueId = QueueId{1 + position % 3}, .position = position, .f = 1000 * position, .u = position});
  writer.flush();
  writer.flush();
  EXPECT_EQ(writer.count(), kRows);
  TableReader<HostHalfRow> reader(m_database, "ORDER BY position");
  HostHalfRow row;
  for (std::int64_t i = 0; i < kRows; ++i) {
    ASSERT_TRUE(reader.next(row));
    ASSERT_EQ(row.position, i);
    ASSERT_EQ(row.queueId, QueueId{1 + i % 3});
    ASSERT_EQ(row.f, 1000 * i);
    ASSERT_EQ(row.u, i);
  }
  EXPECT_FALSE(reader.next(row));
}

// SQLite alone leaves an eighth of each page unused here. VACUUM knows the order of all rows and fills pages.
TEST_F(TableIoTest, PagesOfALargeTableAreNearlyFull) {
  const std::int64_t empty = m_database.queryInteger("PRAGMA page_count").value();
  TableWriter<HostHalfRow> writer(m_database);
  for (std::int64_t i = 0; i < 200'000; ++i)
    writer.add({.queueId = QueueId{1 + i % 4}, .position = i / 4, .f = 5'000'000'000 + 1000 * i, .u = 300'000});
  writer.flush();
  m_database.execute("COMMIT");
  const std::int64_t written = m_database.queryInteger("PRAGMA page_count").value() - empty;
  m_database.execute("VACUUM");
  const std::int64_t packed = m_database.queryInteger("PRAGMA page_count").value() - empty;
  EXPECT_GT(packed, 300);  // 16 KiB each
  EXPECT_LT(static_cast<double>(written), 1.08 * static_cast<double>(packed));
}

TEST_F(TableIoTest, AReaderTakesAClauseWithParameters) {
  TableWriter<DoorbellRow> writer(m_database);
  for (std::int64_t i = 0; i < 10; ++i) writer.add({.queueId = QueueId{i % 2}, .ns = i});
  writer.flush();
  TableReader<DoorbellRow> reader(m_database, "WHERE queue_id = ? AND ns > ?");
  reader.statement().bind(0, std::int64_t{1});
  reader.statement().bind(1, std::int64_t{6});
  std::vector<Ns> times;
  for (DoorbellRow row; reader.next(row);) times.push_back(row.ns);
  EXPECT_EQ(times, (std::vector<Ns>{7, 9}));
}

template <typename Row>
std::string writeError(Database& database, const std::vector<Row>& rows) {
  try {
    TableWriter<Row> writer(database);
    for (const Row& row : rows) writer.add(row);
    writer.flush();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(TableIoTest, TheSameKeyTwiceIsAnErrorThatNamesTheTable) {
  EXPECT_THAT(writeError<DoorbellRow>(m_database, {{.queueId = QueueId{1}, .ns = 2}, {.queueId = QueueId{1}, .ns = 2}}),
              HasSubstr("doorbell.queue_id"));
}

TEST_F(TableIoTest, AKeyThatWasNotSeenOrAWordOutsideTheListIsAnError) {
  EXPECT_THAT(writeError<DoorbellRow>(m_database, {{.queueId = QueueId{1}, .ns = kUnseen}}), HasSubstr("doorbell.ns"));
  EXPECT_THAT(writeError<CaptureRow>(m_database, {{.captureId = 1, .side = "both"}}), HasSubstr("side IN"));
}

}  // namespace
}  // namespace descry
