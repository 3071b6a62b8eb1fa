// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/iotlb_misses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "schemas/store/database_file.hpp"

namespace descry {
namespace {

constexpr std::uint64_t kDevice = 0x1000, kOther = 0x2000;

class IotlbMissesTest : public testing::Test {
 protected:
  IotlbMissesTest()
      : m_path(std::filesystem::temp_directory_path() /
               (std::string("iotlb-misses-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".db")),
        m_file(m_path),
        m_store(m_file.database()),
        m_misses(m_store, 1),
        m_queue(m_misses.add(QueueId{1}, kDevice)) {}

  static IotlbMisses::Change page(std::uint64_t iova, std::uint64_t device = kDevice) {
    return {.update = true, .hostDevice = device, .first = iova, .last = iova + 4095, .address = 0x7000};
  }
  void raise(Ns now, std::int64_t position, std::int64_t iova) { m_misses.raised(m_queue, now, 0, position, iova); }

  /// What is in the database, in the order of the misses.
  std::vector<IotlbMissRow> written() {
    m_store.finish();
    return readAll<IotlbMissRow>(m_file.database());
  }

  std::filesystem::path m_path;
  DatabaseFile m_file;
  FactStore m_store;
  IotlbMisses m_misses;
  IotlbMisses::Queue& m_queue;
};

TEST_F(IotlbMissesTest, AMissIsRaisedReadAnsweredAndPassed) {
  raise(10, 3, 0x5010);
  m_misses.messageRead(kDevice, 20);
  m_misses.changed(page(0x5000), 30);
  m_misses.past(m_queue, false, 3, 40);
  EXPECT_TRUE(m_queue.open.empty());
  const auto rows = written();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].queueId, QueueId{1});
  EXPECT_EQ(rows[0].raised, 10);
  EXPECT_EQ(rows[0].position, 3);
  EXPECT_EQ(rows[0].iova, 0x5010);
  EXPECT_EQ(rows[0].read, 20);
  EXPECT_EQ(rows[0].updated, 30);
  EXPECT_EQ(rows[0].grantedBytes, 4096);
  EXPECT_EQ(rows[0].retried, 40);
}

TEST_F(IotlbMissesTest, AnAnswerIsForItsDeviceAndItsRangeAlone) {
  raise(10, 3, 0x5010);
  m_misses.changed(page(0x5000, kOther), 20);
  m_misses.changed(page(0x6000), 21);
  m_misses.changed({.update = false, .hostDevice = kDevice, .first = 0x5000, .last = 0x5fff, .address = {}}, 22);
  EXPECT_FALSE(seen(m_queue.open.at(0).updated));
  m_misses.changed({.update = true, .hostDevice = kDevice, .first = 0x5010, .last = 0x5010, .address = {}}, 23);
  EXPECT_EQ(m_queue.open.at(0).updated, 23) << "first and last address belong to the range";
  m_misses.changed(page(0x5000), 24);
  EXPECT_EQ(m_queue.open.at(0).updated, 23) << "the first answer counts";
  EXPECT_EQ(m_queue.open.at(0).grantedBytes, 1);
}

TEST_F(IotlbMissesTest, AnAnswerOfAnUnknownDeviceIsForAllOfThem) {
  IotlbMisses::Queue& other = m_misses.add(QueueId{2}, kOther);
  raise(10, 0, 0x5000);
  m_misses.raised(other, 11, 0, 0, 0x5000);
  m_misses.changed(page(0x5000, 0), 20);
  EXPECT_EQ(m_queue.open.at(0).updated, 20);
  EXPECT_EQ(other.open.at(0).updated, 20);
}

TEST_F(IotlbMissesTest, MessagesAreReadInTheOrderInWhichADeviceRaisedThem) {
  IotlbMisses::Queue& second = m_misses.add(QueueId{2}, kDevice);
  IotlbMisses::Queue& foreign = m_misses.add(QueueId{3}, kOther);
  m_misses.raised(foreign, 5, 0, 0, 0x1000);
  m_misses.raised(second, 10, 0, 0, 0x2000);
  raise(11, 0, 0x3000);
  m_misses.messageRead(kDevice, 20);
  EXPECT_EQ(second.open.at(0).read, 20);
  EXPECT_FALSE(seen(m_queue.open.at(0).read));
  m_misses.messageRead(kDevice, 21);
  EXPECT_EQ(m_queue.open.at(0).read, 21);
  EXPECT_FALSE(seen(foreign.open.at(0).read));
  m_misses.messageRead(std::nullopt, 22);
  EXPECT_EQ(foreign.open.at(0).read, 22) << "where the device is not known: the oldest of all";
}

TEST_F(IotlbMissesTest, AMissOnTheNextPageShowsThatTheAnswerToTheLastOneWasUsed) {
  raise(10, 3, 0x5000);
  raise(11, 3, 0x6000);
  EXPECT_FALSE(seen(m_queue.open.at(0).retried)) << "it is not answered yet";
  m_misses.changed(page(0x5000), 20);
  raise(30, 3, 0x5000);
  EXPECT_FALSE(seen(m_queue.open.at(0).retried)) << "the same address again: the answer did not help";
  raise(40, 3, 0x7000);
  EXPECT_EQ(m_queue.open.at(0).retried, 40);
  EXPECT_FALSE(seen(m_queue.open.at(1).retried));
}

TEST_F(IotlbMissesTest, TheRingsOwnPagesAndTheChainsArePassedApart) {
  raise(10, kUnseen, 0x1000);
  raise(11, 4, 0x5000);
  raise(12, 5, 0x6000);
  m_misses.past(m_queue, true, 9, 20);
  EXPECT_EQ(m_queue.open.at(0).retried, 20);
  EXPECT_FALSE(seen(m_queue.open.at(1).retried));
  m_misses.past(m_queue, false, 4, 30);
  EXPECT_EQ(m_queue.open.at(0).retried, 20);
  EXPECT_EQ(m_queue.open.at(1).retried, 30);
  EXPECT_FALSE(seen(m_queue.open.at(2).retried)) << "position 5 is still ahead";
}

TEST_F(IotlbMissesTest, AMissIsKeptUntilItsAnswerCameButNotForEver) {
  raise(10, 0, 0x5000);
  m_misses.past(m_queue, false, 0, 20);
  EXPECT_EQ(m_queue.open.size(), 1U) << "its answer is under way";
  for (std::int64_t i = 1; i <= 255; ++i) raise(10 + i, i, 0x5000);
  m_misses.past(m_queue, false, 255, 1000);
  EXPECT_EQ(m_queue.open.size(), 256U);
  raise(2000, 256, 0x5000);
  m_misses.past(m_queue, false, 256, 2001);
  EXPECT_TRUE(m_queue.open.empty()) << "this trace records no answers";
  EXPECT_EQ(written().size(), 257U);
}

TEST_F(IotlbMissesTest, WhatIsOpenAtTheEndIsWrittenAsItIs) {
  raise(10, 0, 0x5000);
  m_misses.flush(m_queue);
  m_misses.flush(m_queue);
  const auto rows = written();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(seen(rows[0].read) || seen(rows[0].updated) || seen(rows[0].retried));
}

TEST_F(IotlbMissesTest, EveryChangeOfTheTableIsAnEvent) {
  m_misses.changed(page(0x5000), 30);
  m_misses.changed({.update = false, .hostDevice = kDevice, .first = 0x8000, .last = 0xffff, .address = {}}, 31);
  m_store.finish();
  const auto rows = readAll<IotlbEventRow>(m_file.database());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].kind, "update");
  EXPECT_EQ(rows[0].bytes, 4096);
  EXPECT_EQ(rows[0].address, 0x7000);
  EXPECT_EQ(rows[1].kind, "invalidate");
  EXPECT_EQ(rows[1].iova, 0x8000);
  EXPECT_EQ(rows[1].bytes, 0x8000);
  EXPECT_FALSE(seen(rows[1].address));
}

}  // namespace
}  // namespace descry
