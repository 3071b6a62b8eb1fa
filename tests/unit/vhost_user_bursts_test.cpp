// SPDX-License-Identifier: GPL-2.0-or-later
// Bursts of a vhost-user backend as its probes tell them, without a kernel: bursts in, records of a host out.
#include "collector/record/vhost_user_bursts.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace descry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kDevice = 0x10000, kQueue = 0x20000, kTrapNs = 1000;
constexpr std::uint32_t kBackend = 77;
constexpr std::uint64_t kMergeable = 1U << 15U, kPacked = std::uint64_t{1} << 34U;

class VhostUserBurstsTest : public testing::Test {
 protected:
  void announce(std::uint32_t process = kBackend, std::uint64_t features = 0, std::uint32_t index = 1) {
    kernel::BackendQueueRecord record{};
    record.process = process;
    record.ns = 500;
    record.device = kDevice;
    record.vq = kQueue;
    record.ring = 0xabc000;
    record.features = features;
    record.index = index;
    record.size = 256;
    bursts.take(record);
  }
  static kernel::BackendBurstRecord burst(std::uint16_t lastAvail, std::uint16_t count, std::uint64_t entered) {
    kernel::BackendBurstRecord record{};
    record.process = kBackend;
    record.entered = entered;
    record.ns = entered + 10'000;
    record.device = kDevice;
    record.vq = kQueue;
    record.index = 1;
    record.thread = 78;
    record.lastAvail = lastAvail;
    record.count = record.pending = record.returned = count;
    return record;
  }
  std::vector<std::int64_t> positions() const {
    std::vector<std::int64_t> all;
    for (const descry_host_half& half : halves) all.push_back(half.position);
    return all;
  }

  std::vector<descry_host_queue> queues;
  std::vector<descry_host_half> halves;
  std::vector<descry_host_interrupt> interrupts;
  std::vector<descry_host_gap> gaps;
  std::vector<descry_host_epoch> epochs;
  VhostUserBursts bursts{kTrapNs, [this](const RecordRun& run) {
                           switch (run.type()) {
                             case Descry_host_queue:
                               return queues.push_back(structureAt<descry_host_queue>(run.first));
                             case Descry_host_half:
                               return halves.push_back(structureAt<descry_host_half>(run.first));
                             case Descry_host_interrupt:
                               return interrupts.push_back(structureAt<descry_host_interrupt>(run.first));
                             case Descry_host_gap:
                               return gaps.push_back(structureAt<descry_host_gap>(run.first));
                             default:
                               return epochs.push_back(structureAt<descry_host_epoch>(run.first));
                           }
                         }};
};

TEST_F(VhostUserBurstsTest, EachChainOfABurstIsAHalfAndTheCallAnInterrupt) {
  announce();
  auto record = burst(65534, 3, 1'000'000);
  record.signalled = 1'005'000;
  record.known = 2;
  record.used[0] = {9, 60};
  record.used[1] = {4, 70};
  bursts.take(record);
  bursts.finish(2'000'000);
  ASSERT_THAT(queues, SizeIs(1));
  EXPECT_EQ(queues[0].ring, 0xabc000U);
  EXPECT_EQ(queues[0].worker, 78U);
  EXPECT_THAT(positions(), ElementsAre(65534, 65535, 65536));
  EXPECT_EQ(halves[0].fetched, 1'000'000U);
  EXPECT_EQ(halves[0].used, 1'004'000U);  // before the probe on the call took its trap
  EXPECT_EQ(halves[0].head, 9U);
  EXPECT_EQ(halves[1].len, 70);
  EXPECT_EQ(halves[2].head, DESCRY_UNKNOWN_HEAD);
  ASSERT_THAT(interrupts, SizeIs(1));
  EXPECT_EQ(interrupts[0].header.ns, 1'005'000U);
  ASSERT_THAT(epochs, SizeIs(1));
  EXPECT_EQ(epochs[0].fetches, 3U);
  EXPECT_EQ(epochs[0].used, 3U);
  EXPECT_EQ(epochs[0].interrupts, 1U);
  EXPECT_EQ(epochs[0].first_position, 65534);
  EXPECT_EQ(epochs[0].from_start, 0U);
  EXPECT_EQ(epochs[0].last, 1U);
}

TEST_F(VhostUserBurstsTest, AChainThatCameWhileTheCallRanIsFetchedNoSoonerThanItEnds) {
  announce();
  auto record = burst(0, 2, 1'000'000);
  record.pending = 1;
  bursts.take(record);
  ASSERT_THAT(halves, SizeIs(2));
  EXPECT_EQ(halves[0].fetched, 1'000'000U);
  EXPECT_EQ(halves[1].fetched, record.ns);
  EXPECT_EQ(halves[1].used, record.ns);
  EXPECT_THAT(interrupts, IsEmpty());
}

TEST_F(VhostUserBurstsTest, ACallThatIsShorterThanATrapTakesNoTime) {
  announce();
  auto record = burst(0, 1, 1'000'000);
  record.ns = 1'000'300;
  bursts.take(record);
  EXPECT_EQ(halves.at(0).used, halves.at(0).fetched);
}

TEST_F(VhostUserBurstsTest, PositionsThatWereNotSeenAreAGap) {
  announce();
  bursts.take(burst(10, 2, 1'000'000));
  bursts.take(burst(15, 1, 2'000'000));
  EXPECT_THAT(positions(), ElementsAre(10, 11, 15));
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].expected, 12);
  EXPECT_EQ(gaps[0].count, 3U);
}

TEST_F(VhostUserBurstsTest, ChainsThatTwoThreadsAskedForAreCountedOnce) {
  announce();
  bursts.take(burst(10, 3, 1'000'000));
  bursts.take(burst(10, 5, 1'000'500));
  EXPECT_THAT(positions(), ElementsAre(10, 11, 12, 13, 14));
}

TEST_F(VhostUserBurstsTest, ARingThatBeginsAgainIsAnotherEpoch) {
  announce();
  bursts.take(burst(10, 3, 1'000'000));
  bursts.take(burst(0, 2, 2'000'000));
  announce();  // its memory is another one
  bursts.take(burst(2, 1, 3'000'000));
  bursts.finish(4'000'000);
  EXPECT_THAT(positions(), ElementsAre(10, 11, 12, 0, 1, 2));
  ASSERT_THAT(epochs, SizeIs(3));
  EXPECT_EQ(epochs[0].fetches, 3U);
  EXPECT_EQ(epochs[0].last, 0U);
  EXPECT_EQ(halves[3].epoch, 1U);
  EXPECT_EQ(halves[5].epoch, 2U);
  EXPECT_EQ(epochs[2].last, 1U);
}

TEST_F(VhostUserBurstsTest, APackedRingCountsPacketsExceptMergeableBuffers) {
  announce(kBackend, kPacked | kMergeable, 1);
  auto record = burst(40, 6, 1'000'000);  // six descriptors
  record.packed = 1;
  record.returned = 2;
  record.pending = 0;
  bursts.take(record);
  EXPECT_THAT(positions(), ElementsAre(0, 1));
  bursts.finish(2'000'000);
  EXPECT_EQ(epochs.at(0).from_start, static_cast<std::uint32_t>(DESCRY_POSITIONS_COUNTED));

  announce(kBackend, kPacked | kMergeable, 0);
  record.index = 0;
  record.lastAvail = 0;
  bursts.take(record);
  EXPECT_THAT(halves, SizeIs(2 + 6));
  bursts.finish(3'000'000);
  EXPECT_EQ(epochs.at(1).from_start, 1U);
}

TEST_F(VhostUserBurstsTest, TheSameAddressInAnotherProcessIsAnotherQueue) {
  announce(kBackend);
  announce(99);
  bursts.take(burst(0, 1, 1'000'000));
  auto other = burst(0, 1, 1'000'000);
  other.process = 99;
  bursts.take(other);
  ASSERT_THAT(queues, SizeIs(2));
  EXPECT_NE(queues[0].vq, queues[1].vq);
  EXPECT_NE(queues[0].hdev, queues[1].hdev);
  EXPECT_EQ(queues[1].owner, 99U);
}

}  // namespace
}  // namespace descry
