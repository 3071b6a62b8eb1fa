// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/fold_fixture.hpp"

namespace descry {
namespace {

constexpr std::uint64_t kDevice = 0x1000, kRx = 0x10c0, kTx = 0x5ab8, kCall = 0xca11;

class VhostFoldTest : public FoldFixture {
 protected:
  void SetUp() override {
    FoldFixture::SetUp();
    begin(Side::Host);
    // Queue ids follow the order in which a vhost device lists them: 1 = rx, 2 = tx.
    event(1, EventKind::VhostRingIoctl,
          {{Field::Queue, 1},
           {Field::Count, 0},
           {Field::HostDevice, kDevice},
           {Field::Vq0, kRx},
           {Field::Vq1, kTx},
           {Field::Value, 0x4008af12}},
          50);
  }

  void fetch(Ns from, Ns to, std::uint64_t avail, std::int64_t result) {
    event(from, EventKind::VhostFetch,
          {{Field::Vq, kTx},
           {Field::Avail, avail},
           {Field::HostDevice, kDevice},
           {Field::Vq0, kRx},
           {Field::Vq1, kTx},
           {Field::Size, 256},
           {Field::Features, 1ULL << 33U}});
    event(to, EventKind::VhostFetchReturn, {{Field::Vq, kTx}, {Field::Result, static_cast<std::uint64_t>(result)}});
  }
  void used(Ns at, std::uint64_t index, std::uint64_t count, std::uint64_t head) {
    event(at, EventKind::VhostUsed,
          {{Field::Vq, kTx}, {Field::Used, index}, {Field::Count, count}, {Field::Head, head}, {Field::Call, kCall}});
  }
  void kick(Ns at) { event(at, EventKind::VhostKick, {{Field::Pointer, kTx + 0xe0}}, 50); }
  void enter(Ns at) { event(at, EventKind::VhostHandle, {{Field::Pointer, kTx + 0x100}}, 100, kTransmit); }
  void leave(Ns at) { event(at, EventKind::VhostHandleReturn, {}); }
  void signal(Ns at) { event(at, EventKind::VhostEventfd, {{Field::Pointer, kCall}}); }
  void miss(Ns at, std::uint64_t iova) { event(at, EventKind::VhostMiss, {{Field::Vq, kTx}, {Field::Iova, iova}}); }
  void answer(Ns at, std::uint64_t iova) {
    event(at, EventKind::VhostReadReturn, {{Field::HostDevice, kDevice}, {Field::Result, 72}}, 60);
    event(at + 10, EventKind::VhostWrite, {{Field::HostDevice, kDevice}}, 60);
    event(at + 11, EventKind::VhostIotlbAdd,
          {{Field::Iova, iova}, {Field::Last, iova + 4095}, {Field::Address, 0x7000}}, 60);
    event(at + 12, EventKind::VhostWriteReturn, {}, 60);
  }
};

TEST_F(VhostFoldTest, ABatchSharesDoorbellWorkerAndInterrupt) {
  kick(100);
  enter(150);
  fetch(160, 165, 0, 3);
  fetch(170, 175, 1, 4);
  fetch(180, 182, 2, 256);
  used(200, 0, 2, 3);
  signal(205);
  leave(210);
  end();
  const HostHalfRow first = hostHalf(0), second = hostHalf(1);
  EXPECT_EQ(first.f, 165);
  EXPECT_EQ(first.f + first.t, 160);
  EXPECT_EQ(first.f + first.w, 150);
  EXPECT_EQ(first.f + first.k, 100);
  EXPECT_EQ(first.f + first.u, 200);
  EXPECT_EQ(first.f + first.s, 205);
  EXPECT_EQ(second.f + second.k, 100);
  EXPECT_EQ(second.f + second.s, 205);
  EXPECT_EQ(first.flags & kOpensBurst, kOpensBurst);
  EXPECT_EQ(second.flags & kOpensBurst, 0);
  EXPECT_EQ(epoch(0, QueueId{2}).interrupts, 1);
  EXPECT_EQ(epoch(0, QueueId{2}).emptyFetches, 1);
  EXPECT_EQ(epoch(0, QueueId{2}).anchor, "start");
}

TEST_F(VhostFoldTest, ARetriedPositionKeepsItsFirstAttempt) {
  kick(100);
  enter(110);
  event(120, EventKind::VhostFetch,
        {{Field::Vq, kTx},
         {Field::Avail, 0},
         {Field::HostDevice, kDevice},
         {Field::Vq0, kRx},
         {Field::Vq1, kTx},
         {Field::Size, 256}});
  miss(125, 0x5000);
  event(130, EventKind::VhostFetchReturn, {{Field::Vq, kTx}, {Field::Result, static_cast<std::uint64_t>(-11)}});
  leave(135);
  answer(500, 0x5000);
  enter(600);
  fetch(610, 620, 0, 9);
  end();
  const HostHalfRow half = hostHalf(0);
  EXPECT_EQ(half.f, 620);
  EXPECT_EQ(half.f + half.t, 120);
  EXPECT_EQ(half.f + half.w, 110);
  EXPECT_EQ(half.retries, 1);
  EXPECT_EQ(half.misses, 1);
  const auto misses = readAll<IotlbMissRow>(database());
  ASSERT_EQ(misses.size(), 1U);
  EXPECT_EQ(misses[0].position, 0);
  EXPECT_EQ(misses[0].raised, 125);
  EXPECT_EQ(misses[0].read, 500);
  EXPECT_EQ(misses[0].updated, 511);
  EXPECT_EQ(misses[0].retried, 620);
  EXPECT_EQ(misses[0].grantedBytes, 4096);
}

TEST_F(VhostFoldTest, AMissInTheRingMetadataBelongsToNoChain) {
  kick(100);
  enter(110);
  event(112, EventKind::VhostPrefetch, {{Field::Vq, kTx}, {Field::Avail, 0}});
  miss(114, 0x9000);
  event(116, EventKind::VhostPrefetchReturn, {{Field::Vq, kTx}, {Field::Result, 0}});
  leave(118);
  answer(200, 0x9000);
  enter(300);
  event(302, EventKind::VhostPrefetch, {{Field::Vq, kTx}, {Field::Avail, 0}});
  event(306, EventKind::VhostPrefetchReturn, {{Field::Vq, kTx}, {Field::Result, 1}});
  fetch(310, 315, 0, 9);
  end();
  EXPECT_EQ(epoch(0, QueueId{2}).metadataMisses, 1);
  EXPECT_EQ(epoch(0, QueueId{2}).failedPrefetches, 1);
  const auto misses = readAll<IotlbMissRow>(database());
  ASSERT_EQ(misses.size(), 1U);
  EXPECT_FALSE(seen(misses[0].position));
  EXPECT_EQ(misses[0].retried, 306);
  EXPECT_EQ(hostHalf(0).retries, kUnseen);
}

TEST_F(VhostFoldTest, AHandedBackChainIsFetchedAgainAndCountsOnce) {
  fetch(100, 105, 0, 3);
  event(110, EventKind::VhostDiscard, {{Field::Vq, kTx}, {Field::Count, 1}});
  fetch(200, 205, 0, 3);
  used(220, 0, 1, 3);
  end();
  EXPECT_EQ(hostHalf(0).f, 205);
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).t, 100);
  EXPECT_EQ(epoch(0, QueueId{2}).fetches, 1);
  EXPECT_EQ(epoch(0, QueueId{2}).discarded, 1);
}

TEST_F(VhostFoldTest, UsedOutOfOrderIsFoundByItsHead) {
  fetch(100, 105, 0, 3);
  fetch(110, 115, 1, 4);
  used(200, 0, 1, 4);
  used(300, 1, 1, 3);
  end();
  EXPECT_EQ(hostHalf(1).f + hostHalf(1).u, 200);
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).u, 300);
  EXPECT_GE(epoch(0, QueueId{2}).headMismatches, 1);
}

TEST_F(VhostFoldTest, ANewBaseBeginsAnEpoch) {
  fetch(100, 105, 0, 3);
  event(150, EventKind::VhostRingIoctl,
        {{Field::Queue, 1},
         {Field::Count, 0},
         {Field::HostDevice, kDevice},
         {Field::Vq0, kRx},
         {Field::Vq1, kTx},
         {Field::Value, 0x4008af12}},
        50);
  fetch(200, 205, 0, 3);
  end();
  EXPECT_EQ(hostHalf(0, 0).f, 105);
  EXPECT_EQ(hostHalf(0, 1).f, 205);
}

TEST_F(VhostFoldTest, ADeviceThatIsOpenedWhereAnotherLayIsAnotherOne) {
  event(50, EventKind::VhostOwner, {{Field::HostDevice, kDevice}}, 40);  // not known yet: the kernel had it before
  fetch(100, 105, 0, 3);
  used(110, 0, 1, 3);
  fetch(120, 125, 1, 4);
  event(150, EventKind::VhostOwner, {{Field::HostDevice, kDevice}}, 41);
  fetch(200, 205, 0, 3);
  end();
  ASSERT_EQ(store().devices.size(), 3U) << "before it was opened, and twice opened";
  EXPECT_EQ(store().devices[1].vmmPid, 40);
  EXPECT_EQ(store().devices[2].vmmPid, 41);
  const auto halvesOf = [this](std::int64_t device) {
    return database().queryInteger("SELECT count(*) FROM host_half JOIN queue USING (queue_id) WHERE device_id = " +
                                   std::to_string(device));
  };
  EXPECT_EQ(halvesOf(1), 0);
  EXPECT_EQ(halvesOf(2), 2) << "one of them never came back";
  EXPECT_EQ(halvesOf(3), 1);
  EXPECT_EQ(database().queryInteger("SELECT count(*) FROM host_half WHERE flags & 2"), 1) << "its end was not seen";
}

TEST_F(VhostFoldTest, TheFeaturesTellWhetherTheDeviceIotlbIsInThePath) {
  fetch(100, 105, 0, 3);
  end();
  EXPECT_EQ(store().devices[0].translation, "device iotlb");
}

}  // namespace
}  // namespace descry
