// SPDX-License-Identifier: GPL-2.0-or-later
// Chains made by hand, with the split worked out on paper.
#include <gtest/gtest.h>

#include "analyzer/attribute/causes.hpp"

namespace descry {
namespace {

struct Split {
  Ns iotlb, induced, swiotlb, ring, notification, backend, unattributed;
  Ns sum() const { return iotlb + swiotlb + ring + notification + backend + unattributed; }
};

struct Chain {
  GuestHalfRow guest;
  HostHalfRow host;
  QueueContext context;
  bool hasGuest = true, hasHost = true;
  std::optional<ClockReading> clock = ClockReading{0, 0};
  std::optional<ChainLife> life;

  Chain() {
    // Q=1000 M=1040 A=1050 K=1060 | k=1100 w=1150 t=1160 f=1170 p=1300 u=1310 s=1320 | I=1400 D=1410 R=C=1500
    guest.q = 1000;
    guest.m = 40, guest.a = 50, guest.k = 60, guest.i = 400, guest.d = 410, guest.r = 500, guest.c = 500;
    guest.outCount = 1, guest.inCount = 1;
    host.f = 1170;
    host.k = -70, host.w = -20, host.t = -10, host.p = 130, host.u = 140, host.s = 150;
    context.guestInterrupts = context.hostDoorbells = context.dmaVisible = true;
  }

  Split split() {
    const ChainHalves halves{hasGuest ? &guest : nullptr, hasHost ? &host : nullptr, clock};
    life.emplace(halves, context);
    Claims claims(*life);
    const ChainView view{halves, context, *life};
    for (const CauseRule& rule : causeRules()) rule.claim(view, claims);
    return {claims.of(Cause::Iotlb),
            claims.induced(),
            claims.of(Cause::Swiotlb),
            claims.of(Cause::Ring),
            claims.of(Cause::Notification),
            claims.of(Cause::Backend),
            claims.left()};
  }
};

TEST(Attribution, ACompleteChainIsSplitExactly) {
  Chain chain;
  const Split split = chain.split();
  EXPECT_EQ(split.backend, 130);                            // f..p
  EXPECT_EQ(split.notification, 40 + 50 + 10 + 80);         // K..k, k..w, u..s, s..I
  EXPECT_EQ(split.ring, 50 + 10 + 10 + 10 + 10 + 10 + 90);  // Q..A, A..K, w..t, t..f, p..u, I..D, D..C
  EXPECT_EQ(split.unattributed, 0);
  EXPECT_EQ(split.sum(), 500);
}

TEST(Attribution, BouncesAreTakenOutOfPrepareAndFinish) {
  Chain chain;
  chain.guest.swiotlbOut = 30;
  chain.guest.swiotlbIn = 60;
  const Split split = chain.split();
  EXPECT_EQ(split.swiotlb, 90);
  EXPECT_EQ(split.ring, 190 - 90);
  EXPECT_EQ(split.sum(), 500);
}

TEST(Attribution, BouncesThatNoProbeCouldSeeAreUnattributed) {
  Chain chain;
  chain.context.dmaVisible = false;
  chain.guest.m = chain.guest.d = kUnseen;
  const Split split = chain.split();
  EXPECT_EQ(split.swiotlb, 0);
  EXPECT_EQ(split.unattributed, 50 + 100);  // Q..A and I..C may hide them
  EXPECT_EQ(split.sum(), 500);
}

TEST(Attribution, OwnStallAndInducedWaitAreToldApart) {
  Chain chain;
  chain.host.retries = 1;
  chain.host.misses = 1;
  StallIndex stalls;
  stalls.add(1155, 1159);  // another chain's, while this one waited (w..t)
  stalls.add(1120, 1130);  // and one while the worker was being woken (k..w)
  stalls.add(1160, 1170);  // its own
  stalls.build();
  chain.context.stalls = &stalls;
  const Split split = chain.split();
  EXPECT_EQ(split.induced, 4 + 10);
  EXPECT_EQ(split.iotlb, 10 + 14);
  EXPECT_EQ(split.notification, 180 - 10);
  EXPECT_EQ(split.sum(), 500);
}

TEST(Attribution, AFetchWithoutAMissIsRingWork) {
  Chain chain;
  EXPECT_EQ(chain.split().iotlb, 0);
}

TEST(Attribution, ADoorbellOfAnOlderChainIsNotThisOnes) {
  Chain chain;
  chain.guest.k = kUnseen;
  chain.guest.flags = kDoorbellSuppressed;
  chain.host.k = -300;  // long before the publication
  chain.host.w = -250;
  const Split split = chain.split();
  EXPECT_FALSE(chain.life->has(Point::k));
  EXPECT_FALSE(chain.life->has(Point::w));
  EXPECT_EQ(split.notification, 10 + 80);
  EXPECT_EQ(split.ring, 50 + 110 + 10 + 10 + 10 + 90);  // A..t is waiting to be found, then t..f
  EXPECT_EQ(split.sum(), 500);
}

TEST(Attribution, AnUnrecordedHostLeavesItsTimeUnattributed) {
  Chain chain;
  chain.hasHost = false;
  const Split split = chain.split();
  EXPECT_EQ(split.unattributed, 400 - 60);  // K..I
  EXPECT_EQ(split.ring, 60 + 100);
  EXPECT_EQ(split.backend, 0);
  EXPECT_EQ(split.sum(), 500);
}

TEST(Attribution, WithoutAClockOnlySpansOfOneSideCount) {
  Chain chain;
  chain.clock.reset();
  const Split split = chain.split();
  EXPECT_NE(chain.life->flags & kUnsynchronised, 0);
  EXPECT_EQ(split.backend, 130);
  EXPECT_EQ(split.notification, 0);
  EXPECT_EQ(split.unattributed, 340 - 130);
  EXPECT_EQ(split.sum(), 500);
}

TEST(Attribution, AHostOnlyChainRunsFromItsDoorbellToItsUsedEntry) {
  Chain chain;
  chain.hasGuest = false;
  chain.host.flags = kOpensBurst;
  const Split split = chain.split();
  EXPECT_EQ(split.sum(), 210);  // k..u
  EXPECT_EQ(split.notification, 50);
  EXPECT_EQ(split.backend, 130);
  EXPECT_NE(chain.life->flags & kStartAssumed, 0);
}

TEST(Attribution, AHostOnlyChainThatFollowsInABurstDoesNotCountTheDoorbellAgain) {
  Chain chain;
  chain.hasGuest = false;
  const Split split = chain.split();
  EXPECT_EQ(split.sum(), 160);  // w..u
  EXPECT_EQ(split.notification, 0);
}

TEST(Attribution, APostedBufferIsStockUntilThePacketComes) {
  Chain chain;
  chain.guest.outCount = 0;
  chain.host.outCount = 0;
  chain.host.n = -50;  // 1120
  const Split split = chain.split();
  EXPECT_EQ(chain.life->before, 120);
  EXPECT_EQ(split.sum(), 1500 - 1120);
  EXPECT_EQ(split.swiotlb, 0);
}

TEST(Attribution, ATransmitBufferReapedLaterEndsWhenItIsSent) {
  Chain chain;
  chain.context.network = true;
  chain.guest.inCount = 0;
  chain.guest.i = kUnseen;
  const Split split = chain.split();
  EXPECT_EQ(split.sum(), 310);  // Q..u
  EXPECT_EQ(chain.life->after, 190);
}

TEST(Attribution, CrossClockPointsWithinTheErrorAreMovedNotNegative) {
  Chain chain;
  chain.clock = ClockReading{-30, 30};
  chain.guest.k = 110;  // 1110, after k = 1100 but within the error
  const Split split = chain.split();
  EXPECT_EQ(split.sum(), 500);
  for (std::size_t i = 1; i < chain.life->count; ++i) EXPECT_GE(chain.life->stops[i].at, chain.life->stops[i - 1].at);
}

TEST(Attribution, AChainThatBreaksCausalityIsNotJoined) {
  Chain chain;
  chain.clock = ClockReading{-1000, -990};  // the fetch would lie before Q
  const Split split = chain.split();
  EXPECT_NE(chain.life->flags & kUnsynchronised, 0);
  EXPECT_EQ(split.sum(), 500);
}

TEST(StallIndex, MergesOverlapsAndMeasuresSpans) {
  StallIndex stalls;
  stalls.add(10, 20);
  stalls.add(15, 30);
  stalls.add(40, 50);
  stalls.build();
  EXPECT_EQ(stalls.within(0, 100), 30);
  EXPECT_EQ(stalls.within(25, 45), 10);
  EXPECT_EQ(stalls.within(30, 40), 0);
  EXPECT_EQ(stalls.within(45, 45), 0);
}

}  // namespace
}  // namespace descry
