// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/fold_fixture.hpp"

namespace descry {
namespace {

class GuestFoldTest : public FoldFixture {
 protected:
  void SetUp() override {
    FoldFixture::SetUp();
    begin(Side::Guest);
  }

  Values queue(Values more = {}) {
    more[Field::Device] = 0;
    more[Field::Queue] = 0;
    return more;
  }
  void add(Ns from, Ns to, std::uint64_t avail, std::uint64_t token, std::int32_t tid = 100) {
    event(from, EventKind::GuestAdd, queue({{Field::Avail, avail}, {Field::Token, token}, {Field::Head, 7}}), tid);
    event(to, EventKind::GuestAddReturn, {{Field::Result, 0}}, tid);
  }
  void kick(Ns at, bool needed, bool packed = false) {
    event(at, EventKind::GuestKickPrepare, queue({{Field::Packed, packed ? 1U : 0U}}));
    event(at + 1, EventKind::GuestKickPrepareReturn, {{Field::Result, needed ? 1U : 0U}});
  }
  void get(Ns from, Ns to, std::uint64_t token, std::int32_t tid = 200) {
    event(from, EventKind::GuestGet, queue(), tid);
    event(to, EventKind::GuestGetReturn, {{Field::Token, token}}, tid);
  }
};

TEST_F(GuestFoldTest, AChainRunsFromTheAddToTheReturnOfGetBuf) {
  add(100, 150, 0, 0xa);
  kick(160, true);
  event(170, EventKind::GuestNotify, queue());
  event(175, EventKind::GuestNotifyReturn, {});
  event(300, EventKind::GuestInterrupt, queue(), 200);
  get(310, 330, 0xa);
  get(340, 345, 0);
  event(350, EventKind::GuestInterruptReturn, {}, 200);
  end();
  const GuestHalfRow half = guestHalf(0);
  EXPECT_EQ(half.q, 100);
  EXPECT_EQ(half.a, 50);
  EXPECT_EQ(half.k, 70);
  EXPECT_EQ(half.kReturn, 75);
  EXPECT_EQ(half.i, 200);
  EXPECT_EQ(half.r, 230);
  EXPECT_EQ(half.flags, 0);
  EXPECT_EQ(epoch().emptyGets, 1);
}

TEST_F(GuestFoldTest, AnInterruptInsideAnAddKeepsItsOwnBounces) {
  event(100, EventKind::GuestAdd, queue({{Field::Avail, 0}, {Field::Token, 1}}));
  event(110, EventKind::SwiotlbMap, {{Field::Length, 4096}});
  event(112, EventKind::SwiotlbCopy, {{Field::Length, 4096}});
  event(117, EventKind::SwiotlbCopyReturn, {});
  event(120, EventKind::SwiotlbMapReturn, {});
  event(125, EventKind::GuestInterrupt, queue());
  event(126, EventKind::GuestGet, {{Field::Device, 0}, {Field::Queue, 1}});  // the lock keeps it off this queue
  event(127, EventKind::SwiotlbUnmap, {});
  event(157, EventKind::SwiotlbUnmapReturn, {});
  event(158, EventKind::GuestGetReturn, {{Field::Token, 99}});
  event(160, EventKind::GuestInterruptReturn, {});
  event(170, EventKind::GuestAddReturn, {{Field::Result, 0}});
  end();
  const GuestHalfRow half = guestHalf(0);
  EXPECT_EQ(half.swiotlbOut, 10);
  EXPECT_EQ(half.swiotlbSearch, 5);
  EXPECT_EQ(half.m, 20);
  EXPECT_EQ(half.a, 70);
  EXPECT_EQ(half.bounces, 1);
  EXPECT_EQ(epoch(0, QueueId{2}).getsWithoutAdd, 1);
}

TEST_F(GuestFoldTest, AGetInsideAGetCountsOnce) {
  add(100, 110, 0, 1);
  event(200, EventKind::GuestGet, queue(), 200);
  event(202, EventKind::GuestGet, queue(), 200);
  event(205, EventKind::DmaUnmap, {}, 200);
  event(208, EventKind::DmaUnmapped, {}, 200);
  event(210, EventKind::GuestGetReturn, {{Field::Token, 1}}, 200);
  event(215, EventKind::GuestGetReturn, {{Field::Token, 1}}, 200);
  end();
  EXPECT_EQ(epoch().gets, 1);
  EXPECT_EQ(guestHalf(0).r, 115);
  EXPECT_EQ(guestHalf(0).d, 105);
}

TEST_F(GuestFoldTest, ASuppressedDoorbellIsNotAMissingOne) {
  add(100, 110, 0, 1);
  kick(112, false);
  add(120, 130, 1, 2);
  kick(132, true);
  event(140, EventKind::GuestNotify, queue());
  event(141, EventKind::GuestNotifyReturn, {});
  get(200, 210, 1);
  get(211, 220, 2);
  end();
  EXPECT_EQ(guestHalf(0).k, kUnseen);
  EXPECT_EQ(guestHalf(0).flags, kDoorbellSuppressed);
  EXPECT_EQ(guestHalf(1).k, 20);
}

TEST_F(GuestFoldTest, AFailedAddTakesNoPosition) {
  event(100, EventKind::GuestAdd, queue({{Field::Avail, 5}, {Field::Token, 1}}));
  event(110, EventKind::GuestAddReturn, {{Field::Result, static_cast<std::uint64_t>(-28)}});
  add(120, 130, 5, 1);
  end();
  EXPECT_EQ(epoch().failedAdds, 1);
  EXPECT_EQ(epoch().fullAdds, 1);
  EXPECT_EQ(epoch().unmappedAdds, 0);
  EXPECT_EQ(epoch().retriedAdds, 1);
  EXPECT_EQ(epoch().adds, 1);
  EXPECT_EQ(guestHalf(5).q, 120);
}

TEST_F(GuestFoldTest, AFullRingIsToldFromABufferThatCannotBeMapped) {
  for (const auto& [at, token, result] : {std::tuple{100, 1, -12}, {200, 1, -12}, {300, 2, -5}, {400, 3, -28}}) {
    event(at, EventKind::GuestAdd, queue({{Field::Avail, 5}, {Field::Token, token}}));
    event(at + 10, EventKind::GuestAddReturn, {{Field::Result, static_cast<std::uint64_t>(result)}});
  }
  add(500, 510, 5, 1);
  add(600, 610, 6, 4);
  end();
  EXPECT_EQ(epoch().failedAdds, 4);
  EXPECT_EQ(epoch().unmappedAdds, 3);
  EXPECT_EQ(epoch().fullAdds, 1);
  EXPECT_EQ(epoch().retriedAdds, 2);  // of token 1: once in vain, once with success
  EXPECT_EQ(epoch().adds, 2);
}

TEST_F(GuestFoldTest, ATokenThatComesAgainShowsAGetThatNobodySaw) {
  add(100, 110, 0, 1);
  kick(112, true);
  add(200, 210, 1, 1);
  end();
  EXPECT_EQ(epoch().unseenGets, 1);
  EXPECT_EQ(guestHalf(0).flags & kEndUnseen, kEndUnseen);
  EXPECT_EQ(guestHalf(1).flags & kInFlightAtEnd, kInFlightAtEnd);
}

TEST_F(GuestFoldTest, PackedRingsCountTheirAdds) {
  for (std::uint64_t i = 0; i < 3; ++i)
    add(static_cast<Ns>(100 + i * 20), static_cast<Ns>(110 + i * 20), 0x8000, i + 1);
  kick(200, true, true);
  event(210, EventKind::GuestNotify, queue());
  end();
  EXPECT_EQ(epoch().firstPosition, 0);
  EXPECT_EQ(epoch().lastPosition, 2);
  EXPECT_EQ(epoch().positionGaps, 0);
  EXPECT_EQ(guestHalf(2).q, 140);
}

TEST_F(GuestFoldTest, AJumpOnAPackedRingIsALossWhenTheAddsAfterItTakeASlotEach) {
  kick(50, false, true);
  Ns at = 100;
  for (const std::uint64_t slot : {0U, 1U, 2U, 5U, 6U, 7U, 8U, 9U}) {
    event(at, EventKind::GuestAdd,
          queue({{Field::Avail, 0x8000}, {Field::Token, slot + 1}, {Field::PackedAvail, slot}}));
    event(at + 10, EventKind::GuestAddReturn, {{Field::Result, 0}});
    at += 20;
  }
  end();
  ASSERT_EQ(store().losses.size(), 1U) << "three adds do not show yet that a chain takes one slot; those after it do";
  EXPECT_EQ(store().losses[0].begin, 140);
  EXPECT_EQ(store().losses[0].end, 160);
  EXPECT_EQ(store().losses[0].count, 2);
}

TEST_F(GuestFoldTest, ChainsOfSeveralSlotsOnAPackedRingAreNoLoss) {
  kick(50, false, true);
  Ns at = 100;
  for (const std::uint64_t slot : {0U, 3U, 4U, 7U, 8U, 11U}) {
    event(at, EventKind::GuestAdd,
          queue({{Field::Avail, 0x8000}, {Field::Token, slot + 1}, {Field::PackedAvail, slot}}));
    event(at + 10, EventKind::GuestAddReturn, {{Field::Result, 0}});
    at += 20;
  }
  end();
  EXPECT_TRUE(store().losses.empty());
}

TEST_F(GuestFoldTest, PositionsRunOnBeyond65536AndGapsAreCounted) {
  kick(50, false);
  add(100, 110, 65535, 1);
  add(120, 130, 0, 2);
  add(140, 150, 3, 3);
  end();
  EXPECT_EQ(guestHalf(65536).q, 120);
  EXPECT_EQ(guestHalf(65539).q, 140);
  EXPECT_EQ(epoch().positionGaps, 1);
}

TEST_F(GuestFoldTest, DeletingTheQueueBeginsAnEpoch) {
  add(100, 110, 0, 1);
  event(200, EventKind::GuestQueueDelete, queue());
  add(300, 310, 0, 1);
  end();
  EXPECT_EQ(guestHalf(0, 0).q, 100);
  EXPECT_EQ(guestHalf(0, 1).q, 300);
  EXPECT_EQ(epoch(0).end, 200);
  EXPECT_EQ(epoch(0).unseenGets, 0);
}

TEST_F(GuestFoldTest, AReapedChainWaitsForItsDoorbellCallToReturn) {
  add(100, 110, 0, 1);
  kick(112, true);
  event(120, EventKind::GuestNotify, queue());
  get(130, 140, 1);  // another CPU reaps while the doorbell is still being written
  event(180, EventKind::GuestNotifyReturn, {});
  end();
  EXPECT_EQ(guestHalf(0).kReturn, 80);
  EXPECT_EQ(guestHalf(0).r, 40);
}

TEST_F(GuestFoldTest, ALostAddReturnIsClosedByWhoeverEntersTheQueueNext) {
  event(100, EventKind::GuestAdd, queue({{Field::Avail, 0}, {Field::Token, 1}}), 100);
  add(120, 130, 1, 2, 101);
  get(200, 210, 1);
  event(300, EventKind::GuestAdd, queue({{Field::Avail, 2}, {Field::Token, 3}}), 100);
  get(400, 410, 3);
  end();
  EXPECT_EQ(epoch().adds, 3);
  EXPECT_EQ(guestHalf(0).flags & kAddReturnUnseen, kAddReturnUnseen);
  EXPECT_EQ(guestHalf(0).r, 110);
  EXPECT_EQ(guestHalf(2).r, 110);
  EXPECT_EQ(epoch().positionGaps, 0);
}

TEST_F(GuestFoldTest, ALostReturnOfAFailedAddLeavesNoChain) {
  event(100, EventKind::GuestAdd, queue({{Field::Avail, 0}, {Field::Token, 1}}));
  add(120, 130, 0, 1);
  end();
  EXPECT_EQ(epoch().adds, 1);
  EXPECT_EQ(epoch().failedAdds, 1);
  EXPECT_EQ(guestHalf(0).q, 120);
}

TEST_F(GuestFoldTest, DoorbellsOfTwoTasksKeepTheirOwnReturns) {
  add(100, 110, 0, 1, 100);
  kick(112, true);
  event(120, EventKind::GuestNotify, queue(), 100);
  add(130, 135, 1, 2, 101);
  event(136, EventKind::GuestKickPrepare, queue({{Field::Packed, 0}}), 101);
  event(137, EventKind::GuestKickPrepareReturn, {{Field::Result, 1}}, 101);
  event(140, EventKind::GuestNotify, queue(), 101);
  event(150, EventKind::GuestNotifyReturn, {}, 100);
  event(170, EventKind::GuestNotifyReturn, {}, 101);
  end();
  EXPECT_EQ(guestHalf(0).kReturn, 50);
  EXPECT_EQ(guestHalf(1).k, 10);
  EXPECT_EQ(guestHalf(1).kReturn, 40);
}

TEST_F(GuestFoldTest, ANamingWithoutReturnProbesStillGivesHalves) {
  event(100, EventKind::GuestAdd, queue({{Field::Token, 1}}), 100, kNoReturnProbe);
  event(110, EventKind::DmaMap, {});
  event(118, EventKind::DmaMapReturn, {});
  event(120, EventKind::GuestNotify, queue());
  get(200, 210, 1);
  end();
  const GuestHalfRow half = guestHalf(0);
  EXPECT_EQ(half.a, kUnseen);
  EXPECT_EQ(half.m, 18);
  EXPECT_EQ(half.k, 20);
  EXPECT_EQ(half.flags, 0);
}

TEST_F(GuestFoldTest, AnInterruptThatNamesOnlyTheQueueAddressIsUnderstood) {
  event(100, EventKind::GuestAdd, queue({{Field::Vq, 0xabc}, {Field::Token, 1}}), 100, kNoReturnProbe);
  event(120, EventKind::GuestNotify, {{Field::Vq, 0xabc}}, 100, kNoReturnProbe);
  event(150, EventKind::GuestInterrupt, {{Field::Vq, 0xabc}}, 200, kNoReturnProbe);
  event(160, EventKind::GuestGet, {{Field::Vq, 0xabc}}, 200);
  event(170, EventKind::GuestGetReturn, {{Field::Token, 1}}, 200);
  end();
  EXPECT_EQ(guestHalf(0).k, 20);
  EXPECT_EQ(guestHalf(0).i, 50);
  EXPECT_EQ(guestHalf(0).r, 70);
}

}  // namespace
}  // namespace descry
