// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/half_sequence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "collector/facts/fact_store.hpp"
#include "schemas/store/database_file.hpp"

namespace descry {
namespace {

using testing::ElementsAre;

/// Queue 1 belongs to a guest's device, queue 2 to QEMU's, queue 3 to one of the kernel's vhost.
class HalfSequenceTest : public testing::Test {
 protected:
  HalfSequenceTest()
      : m_path(std::filesystem::temp_directory_path() /
               (std::string("half-sequence-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".db")),
        m_file(m_path),
        m_store(m_file.database()) {
    for (const char* side : {"guest", "host"}) {
      CaptureRow capture;
      capture.captureId = static_cast<std::int64_t>(m_store.captures.size()) + 1;
      capture.side = side;
      capture.path = capture.source = "test";
      m_store.captures.push_back(capture);
    }
    addQueueOf(1, "virtio0", kUnseen);
    addQueueOf(2, "qemu0", 0);
    addQueueOf(2, "vhost0", 1);
  }

  void addQueueOf(std::int64_t captureId, const char* name, std::int64_t vhost) {
    DeviceRow device;
    device.captureId = captureId;
    device.vm = "vm";
    device.name = name;
    device.vhost = vhost;
    QueueRow queue;
    queue.deviceId = m_store.addDevice(device);
    queue.queueIndex = 0;
    queue.name = "req0";
    m_store.addQueue(queue);
  }

  void addEpoch(std::int64_t queueId, const char* anchor, Ns start, Ns end) {
    QueueEpochRow epoch;
    epoch.queueId = QueueId{queueId};
    epoch.anchor = anchor;
    epoch.start = start;
    epoch.end = end;
    m_store.epochs.push_back(epoch);
  }

  void addGuestHalf(std::int64_t position, Ns q) {
    GuestHalfRow half;
    half.queueId = QueueId{1};
    half.position = position;
    half.q = q;
    half.m = 10;
    half.a = 20;
    half.d = 80;
    half.r = half.c = 90;
    half.head = 7;
    m_store.guestHalves.add(half);
  }

  void addHostHalf(std::int64_t queueId, std::int64_t position, Ns f) {
    HostHalfRow half;
    half.queueId = QueueId{queueId};
    half.position = position;
    half.f = f;
    half.u = 50;
    half.lengthBytes = 512;
    m_store.hostHalves.add(half);
  }

  void addLoss(std::int64_t captureId, Ns begin, Ns end, std::int64_t queueId = kUnseen) {
    LossRow loss;
    loss.captureId = captureId;
    loss.queueId = QueueId{queueId};
    loss.begin = begin;
    loss.end = end;
    loss.count = 1;
    loss.reason = "discarded";
    m_store.addLoss(loss);
  }

  std::vector<GuestSequence> guest() {
    m_store.finish();
    return readGuestSequences(m_file.database(), Model(m_file.database()), {QueueId{1}, 0});
  }
  std::vector<HostSequence> host(std::int64_t queueId) {
    m_store.finish();
    return readHostSequences(m_file.database(), Model(m_file.database()), {QueueId{queueId}, 0});
  }

  template <typename Sequence>
  static std::vector<std::int64_t> positions(const Sequence& sequence) {
    std::vector<std::int64_t> all;
    for (const auto& key : sequence.keys) all.push_back(key.position);
    return all;
  }

  std::filesystem::path m_path;
  DatabaseFile m_file;
  FactStore m_store;
};

TEST_F(HalfSequenceTest, EnclosesTheHostsPartByTheGuestsNearestMoments) {
  addEpoch(1, "ring", 0, kUnseen);
  addGuestHalf(5, 1000);
  const auto sequences = guest();
  ASSERT_EQ(sequences.size(), 1U);
  ASSERT_EQ(sequences[0].keys.size(), 1U);
  const GuestKey& key = sequences[0].keys[0];
  EXPECT_EQ(key.before, 1010) << "M: the mapping is done before the chain is published";
  EXPECT_EQ(key.after, 1080) << "D: the used entry was read before the unmapping began";
  EXPECT_EQ(key.finished, 1090);
  EXPECT_EQ(key.head, 7);
  EXPECT_FALSE(sequences[0].counted);
  EXPECT_FALSE(sequences[0].closed);
}

TEST_F(HalfSequenceTest, AcrossALossOnlyTheOutermostMomentsAreSure) {
  addEpoch(1, "ring", 0, kUnseen);
  addGuestHalf(5, 1000);
  addLoss(1, 1015, 1085);
  const GuestKey key = guest().at(0).keys.at(0);
  EXPECT_EQ(key.before, 1000) << "Q: the mapping may be that of a later add";
  EXPECT_EQ(key.after, 1090) << "R";
}

TEST_F(HalfSequenceTest, PositionsOfARingIndexSurviveALoss) {
  addEpoch(1, "ring", 0, kUnseen);
  for (std::int64_t i = 0; i < 4; ++i) addGuestHalf(i, 1000 * i);
  addLoss(1, 1500, 1600);
  const auto sequences = guest();
  ASSERT_EQ(sequences.size(), 1U);
  EXPECT_THAT(positions(sequences[0]), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(sequences[0].anchor, "ring");
}

TEST_F(HalfSequenceTest, CountedPositionsAreOnlyWorthSomethingBetweenLosses) {
  addEpoch(2, "start", 0, kUnseen);
  for (std::int64_t i = 0; i < 5; ++i) addHostHalf(2, i, 1000 * (i + 1));
  addLoss(2, 2500, 2600);
  addLoss(1, 4500, 4600);  // of the other side
  const auto sequences = host(2);
  ASSERT_EQ(sequences.size(), 2U);
  EXPECT_TRUE(sequences[0].counted);
  EXPECT_EQ(sequences[0].anchor, "start");
  EXPECT_THAT(positions(sequences[0]), ElementsAre(0, 1));
  EXPECT_EQ(sequences[1].anchor, "order") << "how many chains were lost is unknown";
  EXPECT_THAT(positions(sequences[1]), ElementsAre(2, 3, 4));
}

TEST_F(HalfSequenceTest, ALossAtTheStartUnanchorsTheFirstChainsToo) {
  addEpoch(2, "start", 1000, kUnseen);
  addHostHalf(2, 0, 3000);
  addLoss(2, 900, 1100);
  EXPECT_EQ(host(2).at(0).anchor, "order");
}

TEST_F(HalfSequenceTest, TheKernelsVhostReadsTheRingIndexAndIsNeverCut) {
  addEpoch(3, "start", 0, kUnseen);
  for (std::int64_t i = 0; i < 3; ++i) addHostHalf(3, i, 1000 * (i + 1));
  addLoss(2, 1500, 1600);
  const auto sequences = host(3);
  ASSERT_EQ(sequences.size(), 1U);
  EXPECT_FALSE(sequences[0].counted);
  EXPECT_THAT(positions(sequences[0]), ElementsAre(0, 1, 2));
}

TEST_F(HalfSequenceTest, AUsedEntryBehindALossIsNotTrusted) {
  addEpoch(3, "ring", 0, kUnseen);
  addHostHalf(3, 0, 1000);
  addHostHalf(3, 1, 2000);
  addLoss(2, 2010, 2020);
  const auto sequences = host(3);
  EXPECT_EQ(sequences.at(0).keys.at(0).used, 1050);
  EXPECT_EQ(sequences.at(0).keys.at(1).used, kUnseen) << "it may be a later chain's";
  EXPECT_EQ(sequences.at(0).keys.at(1).fetched, 2000);
  EXPECT_EQ(sequences.at(0).keys.at(1).length, 512);
}

TEST_F(HalfSequenceTest, AnEpochIsClosedWhenItsEndWasSeenAndNothingIsMissing) {
  addEpoch(2, "start", 0, 9000);
  addEpoch(3, "start", 0, 9000);
  addHostHalf(2, 0, 1000);
  addHostHalf(3, 0, 1000);
  addLoss(2, 5000, 5100, 3);  // of queue 3 alone
  m_store.finish();
  const Model model(m_file.database());
  EXPECT_TRUE(readHostSequences(m_file.database(), model, {QueueId{2}, 0}).at(0).closed);
  EXPECT_FALSE(readHostSequences(m_file.database(), model, {QueueId{3}, 0}).at(0).closed);
}

}  // namespace
}  // namespace descry
