// SPDX-License-Identifier: GPL-2.0-or-later
// Chains made by hand, with the split worked out on paper.
#include <gtest/gtest.h>

#include "analyzer/attribute/causes.hpp"

namespace descry {
namespace {

struct Split {
  Ns iotlb, induced, swiotlb, ring, notification, backend, unattributed;
  Ns all;  ///< of every cause in the table, whether a test names it or not

  Ns sum() const { return all; }
};

struct Chain {
  GuestHalfRow guest;
  HostHalfRow host;
  QueueContext context;
  bool hasGuest = true, hasHost = true;
  std::optional<ClockReading> clock = ClockReading{0, 0};
  std::optional<ChainLife> life;
  std::vector<CauseSpan> spans;

  Chain() {
    // Q=1000 M=1040 A=1050 K=1060 | k=1100 w=1150 t=1160 f=1170 p=1300 u=1310 s=1320 | I=1400 D=1410 R=C=1500
    guest.q = 1000;
    guest.m = 40, guest.a = 50, guest.k = 60, guest.i = 400, guest.d = 410, guest.r = 500, guest.c = 500;
    guest.outCount = 1, guest.inCount = 1;
    host.f = 1170;
    host.k = -70, host.w = -20, host.t = -10, host.p = 130, host.u = 140, host.s = 150;
    context.guestInterrupts = context.hostDoorbells = context.dmaVisible = true;
  }

  /// The spans lie end to end from the start of the latency to its end.
  void expectTiling() const {
    Ns last = life->start;
    for (const CauseSpan& span : spans) {
      EXPECT_EQ(span.begin, last);
      EXPECT_LT(span.begin, span.end);
      last = span.end;
    }
    EXPECT_EQ(last, life->end);
  }

  Ns spansOf(Cause cause) const {
    Ns sum = 0;
    for (const CauseSpan& span : spans) sum += span.cause == cause ? span.length() : 0;
    return sum;
  }

  /// The cause at a time of the guest's clock.
  const CauseSpan& at(Ns ns) const {
    return *std::find_if(spans.begin(), spans.end(), [&](const CauseSpan& span) { return ns < span.end; });
  }

  Split split() {
    const ChainHalves halves{hasGuest ? &guest : nullptr, hasHost ? &host : nullptr, clock};
    life.emplace(halves, context);
    CauseSpans record;
    Claims claims(*life, &record);
    claimCauses({halves, context, *life}, claims);
    spans = record.spans();
    expectTiling();
    Ns all = 0;
    for (std::size_t cause = 0; cause < kCauses; ++cause) {
      const bool isRest = static_cast<Cause>(cause) == Cause::Unattributed;
      const Ns claimed = isRest ? claims.left() : claims.of(static_cast<Cause>(cause));
      EXPECT_EQ(spansOf(static_cast<Cause>(cause)), claimed);
      all += claimed;
    }
    return {claims.of(Cause::Iotlb),
            claims.induced(),
            claims.of(Cause::Swiotlb),
            claims.of(Cause::Ring),
            claims.of(Cause::Notification),
            claims.of(Cause::Backend),
            claims.left(),
            all};
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
  EXPECT_EQ(chain.life->stock, 120);
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
  EXPECT_EQ(chain.life->reapWait, 190);
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

TEST(Attribution, AChainThatBreaksCausalitySaysSo) {
  Chain joined, early, late, unknown;
  early.clock = ClockReading{-1000, -990};  // the fetch would lie before Q
  late.clock = ClockReading{250, 300};      // the used entry would lie after C
  unknown.clock.reset();
  for (Chain* chain : {&joined, &early, &late, &unknown}) chain->split();
  EXPECT_EQ(joined.life->flags, 0);
  EXPECT_EQ(early.life->flags, kUnsynchronised | kOrderContradicted);
  EXPECT_EQ(late.life->flags, kUnsynchronised | kOrderContradicted);
  EXPECT_EQ(unknown.life->flags, kUnsynchronised) << "there is no order to contradict";
}

TEST(Attribution, ACausalityBrokenByLessThanTheErrorIsKept) {
  Chain chain;
  chain.clock = ClockReading{-160, -100};  // the fetch at 1040 +-30: not before M=1040
  chain.split();
  EXPECT_EQ(chain.life->flags, 0);
}

TEST(Spans, AreNamedByTheirPointsAndCauses) {
  Chain chain;
  chain.split();
  const CauseSpan expected{1170, 1300, Cause::Backend, Point::f, Point::p};
  EXPECT_EQ(chain.at(1200), expected);
  EXPECT_EQ(chain.at(1080).cause, Cause::Notification);
  EXPECT_EQ(chain.spans.size(), 13U);  // one for each phase; R and C coincide
}

TEST(Spans, StallsOfOthersLieWhereTheyWere) {
  Chain chain;
  StallIndex stalls;
  stalls.add(1120, 1130);  // during k..w = 1100..1150
  stalls.add(1145, 1157);  // reaches from k..w into w..t = 1150..1160
  stalls.build();
  chain.context.stalls = &stalls;
  EXPECT_EQ(chain.split().induced, 10 + 12);
  const CauseSpan first{1120, 1130, Cause::Iotlb, Point::k, Point::w, true};
  EXPECT_EQ(chain.at(1125), first);
  EXPECT_EQ(chain.at(1135).cause, Cause::Notification);
  const CauseSpan second{1145, 1150, Cause::Iotlb, Point::k, Point::w, true};
  const CauseSpan third{1150, 1157, Cause::Iotlb, Point::w, Point::t, true};
  EXPECT_EQ(chain.at(1146), second);
  EXPECT_EQ(chain.at(1150), third);
  EXPECT_EQ(chain.at(1158).cause, Cause::Ring);
}

TEST(Spans, StallsAreOnTheClockOfTheHost) {
  Chain chain;
  chain.clock = ClockReading{5, 5};  // the guest's clock shows 5 more
  StallIndex stalls;
  stalls.add(1120, 1130);
  stalls.build();
  chain.context.stalls = &stalls;
  chain.split();
  const CauseSpan expected{1125, 1135, Cause::Iotlb, Point::k, Point::w, true};
  EXPECT_EQ(chain.at(1125), expected);
}

TEST(Spans, BouncesEndWithTheLastMappingAndBeginWithTheFirstUnmapping) {
  Chain chain;
  chain.guest.swiotlbOut = 30;
  chain.guest.iommuMap = 6;
  chain.guest.swiotlbIn = 60;
  chain.split();
  const CauseSpan map{1034, 1040, Cause::Iotlb, Point::Q, Point::M, false, true};
  const CauseSpan out{1004, 1034, Cause::Swiotlb, Point::Q, Point::M, false, true};
  const CauseSpan back{1410, 1470, Cause::Swiotlb, Point::D, Point::R, false, true};
  EXPECT_EQ(chain.at(1035), map);
  EXPECT_EQ(chain.at(1010), out);
  EXPECT_EQ(chain.at(1420), back);
  EXPECT_EQ(chain.at(1001).cause, Cause::Ring);
}

TEST(Spans, WithoutMappingPointsBouncesLieAtTheDriversEnds) {
  Chain chain;
  chain.guest.m = chain.guest.d = kUnseen;
  chain.guest.swiotlbOut = 20;
  chain.guest.swiotlbIn = 10;
  chain.split();
  const CauseSpan out{1000, 1020, Cause::Swiotlb, Point::Q, Point::A, false, true};
  const CauseSpan back{1490, 1500, Cause::Swiotlb, Point::I, Point::R, false, true};
  EXPECT_EQ(chain.at(1000), out);
  EXPECT_EQ(chain.at(1499), back);
}

TEST(Attribution, ABounceBackIsClaimedOnceThoughTheDriverWorksOnAfterwards) {
  Chain chain;
  chain.guest.r = 450;  // D=1410 R=1450 C=1500
  chain.guest.swiotlbIn = 35;
  EXPECT_EQ(chain.split().swiotlb, 35);
}

TEST(Spans, WithoutAClockTheHostsWorkLiesSomewhereInTheGap) {
  Chain chain;
  chain.clock.reset();
  chain.host.retries = 1;
  chain.split();
  const CauseSpan stall{1060, 1070, Cause::Iotlb, Point::K, Point::I, false, true};
  const CauseSpan work{1070, 1200, Cause::Backend, Point::K, Point::I, false, true};
  EXPECT_EQ(chain.at(1060), stall);
  EXPECT_EQ(chain.at(1100), work);
  EXPECT_EQ(chain.at(1300).cause, Cause::Unattributed);
}

TEST(Spans, OfAnEndlessChainThereAreNone) {
  Chain chain;
  chain.guest.r = chain.guest.c = kUnseen;
  const ChainHalves halves{&chain.guest, &chain.host, chain.clock};
  const ChainLife life(halves, chain.context);
  EXPECT_NE(life.flags & kIncomplete, 0);
  EXPECT_EQ(life.count, 0U);
}

TEST(Phases, HaveAJointNameWherePointsAreMissing) {
  EXPECT_EQ(phasesText(phasesBetween(Point::Q, Point::M)), "prepare");
  EXPECT_EQ(phasesText(phasesBetween(Point::K, Point::w)), "exit+wakeup");
  EXPECT_EQ(phasesText(phasesBetween(Point::K, Point::I)), "exit to inject");
  EXPECT_EQ(phasesText(phasesBetween(Point::D, Point::C)), "finish");
}

TEST(StallIndex, NamesThePartsOfASpan) {
  StallIndex stalls;
  stalls.add(10, 20);
  stalls.add(15, 30);
  stalls.add(40, 50);
  stalls.build();
  std::vector<std::pair<Ns, Ns>> parts;
  stalls.forEachWithin(25, 45, [&](Ns begin, Ns end) { parts.emplace_back(begin, end); });
  EXPECT_EQ(parts, (std::vector<std::pair<Ns, Ns>>{{25, 30}, {40, 45}}));
  parts.clear();
  stalls.forEachWithin(30, 40, [&](Ns begin, Ns end) { parts.emplace_back(begin, end); });
  EXPECT_TRUE(parts.empty());
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
