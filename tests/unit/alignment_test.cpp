// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/alignment.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sequences.hpp"

namespace descry {
namespace {

/// Both captures are whole, and long enough for all chains below.
constexpr CaptureSpans kWhole{.guestEnd = 6'000'000'000, .hostEnd = 1'000'000'000, .complete = true};

TEST(Alignment, BoundsTheOffsetByTheTightestChainOfEachDirection) {
  // Guest = host + 5000. What the guest does before the fetch and after the used entry leaves these margins.
  const Ns before[] = {10, 3, 7}, after[] = {20, 30, 8};
  GuestSequence guest;
  HostSequence host;
  for (std::int64_t i = 0; i < 3; ++i) {
    const Ns fetched = 1000 * (i + 1), used = fetched + 100;
    host.keys.push_back({.position = i, .fetched = fetched, .used = used});
    guest.keys.push_back({.position = i, .before = fetched + 5000 - before[i], .after = used + 5000 + after[i]});
  }
  const Alignment found = align(guest, host, 0, 0, {});
  EXPECT_EQ(found.chains, 3);
  EXPECT_EQ(found.breaks, 0);
  EXPECT_EQ(found.window.low, 5000 - 3);
  EXPECT_EQ(found.window.high, 5000 + 8);
  EXPECT_EQ(found.window.lowAt, 2000) << "the fetch that bounds";
  EXPECT_EQ(found.window.highAt, 3100) << "the used entry that bounds";
}

TEST(Alignment, OfChainsThatNeverCameBackBoundsOneSideOnly) {
  GuestSequence guest = guestAt({1000, 2000});
  for (GuestKey& key : guest.keys) key.after = kUnseen;
  const Alignment found = align(guest, hostAt({1000, 2000}), 0, 0, {});
  EXPECT_EQ(found.chains, 2);
  EXPECT_EQ(found.window.low, kOffset - 200);
  EXPECT_GT(found.window.high, Ns{1} << 60);
}

TEST(Alignment, AWrongShiftOfUnevenTrafficBreaksCausality) {
  const std::vector<Ns> times = {1'000'000, 2'000'000, 2'500'000, 5'000'000, 9'000'000};
  EXPECT_EQ(align(guestAt(times), hostAt(times), 0, 0, {}).breaks, 0);
  EXPECT_GT(align(guestAt(times), hostAt(times), 1, 0, {}).breaks, 0);
  EXPECT_GT(align(guestAt(times), hostAt(times), -1, 0, {}).breaks, 0);
}

TEST(Alignment, AStepOfTheClockIsOneBreak) {
  std::vector<Ns> times;
  for (Ns i = 1; i <= 20; ++i) times.push_back(i * 1'000'000 + (i * i % 7) * 10'000);
  GuestSequence guest = guestAt(times);
  for (std::size_t i = 10; i < guest.keys.size(); ++i) {
    guest.keys[i].before += 700'000'000;
    guest.keys[i].after += 700'000'000;
  }
  const Alignment found = align(guest, hostAt(times), 0, 3, {});
  EXPECT_EQ(found.breaks, 1);
  EXPECT_EQ(found.chains, 20);
  EXPECT_EQ(align(guest, hostAt(times), 0, 0, {}).breaks, 1) << "none allowed: the search stops there";
  EXPECT_LT(align(guest, hostAt(times), 0, 0, {}).chains, 20);
}

TEST(Alignment, CountsChainsWhoseSignaturesDiffer) {
  GuestSequence guest = guestAt({1000, 2000, 3000});
  HostSequence host = hostAt({1000, 2000, 3000});
  guest.keys[0].head = 4, host.keys[0].head = 4;
  guest.keys[1].head = 5;  // the host did not see it: no contradiction
  guest.keys[2].out = 3, host.keys[2].out = 1;
  EXPECT_EQ(align(guest, host, 0, 0, {}).mismatches, 0) << "lists and segments are counted differently";
  host.keys[0].head = 9;
  host.keys[2].out = 0;
  EXPECT_EQ(align(guest, host, 0, 0, {}).mismatches, 2);
}

TEST(Alignment, CountsChainsAtTheRimThatTheOtherSideShouldHaveSeen) {
  const std::vector<Ns> times = {1'000'000, 2'000'000, 3'000'000, 4'000'000};
  const GuestSequence guest = guestAt(times);
  HostSequence host = hostAt(times);
  host.keys.pop_back();
  const CaptureSpans spans{.guestEnd = 50'000'000, .hostEnd = 50'000'000, .complete = true};
  EXPECT_EQ(align(guest, host, 0, 0, spans).unexplained, 1) << "it came back long before the host stopped recording";
  EXPECT_EQ(align(guest, host, 0, 0, {50'000'000, 50'000'000, false}).unexplained, 0) << "it may be lost";
  EXPECT_EQ(align(guest, host, 0, 0, {50'000'000, 3'500'000, true}).unexplained, 0) << "the host had stopped";
  host.partial = true;
  EXPECT_EQ(align(guest, host, 0, 0, spans).unexplained, 0) << "it is not read yet";
}

TEST(Alignment, ARingThatEndedServedNothingLater) {
  const std::vector<Ns> times = {1000, 2000, 3000};
  HostSequence host = hostAt({1000, 2000});
  host.closed = true;
  EXPECT_EQ(align(guestAt(times), host, 0, 0, {0, 0, false}).unexplained, 1);
  host.closed = false;
  EXPECT_EQ(align(guestAt(times), host, 0, 0, {0, 0, false}).unexplained, 0);
}

TEST(AlignmentSearch, FindsTheTurnOfTheRingIndex) {
  // The guest was recorded from its start: it counts on; the host knows 16 bits.
  std::vector<Ns> times;
  for (Ns i = 1; i <= 12; ++i) times.push_back(i * 1'000'000 + (i * i % 5) * 100'000);
  const AlignmentSearch search = searchAlignment(guestAt(times, 2 * 65536 + 40), hostAt(times, 40), {}, {});
  ASSERT_TRUE(search.best);
  EXPECT_EQ(search.best->shift, 2 * 65536);
  EXPECT_EQ(search.candidates, 1);
}

TEST(AlignmentSearch, FindsTheOnlyOrderThatUnevenTrafficAllows) {
  std::vector<Ns> times;
  for (Ns i = 1; i <= 20; ++i) times.push_back(i * i * 1'000'000);
  const GuestSequence guest = counted(guestAt(times, 0));
  const HostSequence host = counted(hostAt(times, 100));
  const AlignmentSearch search = searchAlignment(guest, host, kWhole, {});
  ASSERT_TRUE(search.best);
  EXPECT_EQ(search.best->shift, -100);
  EXPECT_EQ(search.best->chains, 20);
}

TEST(AlignmentSearch, RegularTrafficFitsInManyWaysAndIsNotDecided) {
  std::vector<Ns> times;
  for (Ns i = 1; i <= 20; ++i) times.push_back(i * 1'000'000);
  const GuestSequence guest = counted(guestAt(times, 0));
  const HostSequence host = counted(hostAt(times, 100));
  const AlignmentSearch alone = searchAlignment(guest, host, {0, 0, false}, {});
  EXPECT_GT(alone.candidates, 1);
  EXPECT_FALSE(alone.best);
  // A clock that is known from elsewhere leaves one.
  const OffsetWindow clock{.low = kOffset - 1000, .high = kOffset + 1000, .lowAt = 0, .highAt = 0};
  const AlignmentSearch known = searchAlignment(guest, host, {0, 0, false}, clock);
  EXPECT_EQ(known.candidates, 1);
  ASSERT_TRUE(known.best);
  EXPECT_EQ(known.best->shift, -100);
}

TEST(AlignmentSearch, AFewChainsProveNoOrder) {
  std::vector<Ns> times;
  for (Ns i = 1; i < kFewestForOrder; ++i) times.push_back(i * i * 1'000'000);
  const AlignmentSearch search = searchAlignment(counted(guestAt(times, 0)), counted(hostAt(times, 100)), kWhole, {});
  EXPECT_EQ(search.candidates, 1);
  EXPECT_FALSE(search.best);
}

/// A ring of 64 receive buffers, filled at once 2 s before the host recorded; a packet every 300 ms, the first 5 of
/// them before that. Nothing but the way back tells one buffer from another.
struct Posted {
  Posted() {
    for (std::int64_t i = 0; i < 64; ++i) {
      const Ns used = (i - 5) * 300'000'000 + 1'000'000;
      GuestKey key{.position = i, .before = kOffset - 2'000'000'000 + i, .in = 1};
      if (i < 27) key.after = used + kOffset + 40'000;
      guest.keys.push_back(key);
      if (i < 5 || i >= 27) continue;
      host.keys.push_back({.position = i - 5, .fetched = used - 5000, .used = used, .out = 0, .in = 1});
    }
    guest.anchor = "ring";
    host = counted(std::move(host));
  }
  GuestSequence guest;
  HostSequence host;
  CaptureSpans spans{.guestEnd = kOffset + 7'500'000'000, .hostEnd = 7'000'000'000, .complete = true};
  OffsetWindow clock{.low = kOffset - 50'000, .high = kOffset + 50'000, .lowAt = 1'000'000, .highAt = 1'000'000};
};

TEST(AlignmentSearch, AKnownClockTellsPostedBuffersApartByTheirWayBack) {
  const Posted world;
  const AlignmentSearch without = searchAlignment(world.guest, world.host, world.spans, std::nullopt);
  EXPECT_GT(without.candidates, 10);
  EXPECT_FALSE(without.best);
  const AlignmentSearch with = searchAlignment(world.guest, world.host, world.spans, world.clock);
  ASSERT_TRUE(with.best);
  EXPECT_EQ(with.best->shift, 5);
  EXPECT_EQ(with.best->chains, 22);
}

TEST(AlignmentSearch, PostedBuffersStayUndecidedWhereTheirWayBackMayBeIncomplete) {
  Posted lost;
  lost.spans.complete = false;
  EXPECT_FALSE(searchAlignment(lost.guest, lost.host, lost.spans, lost.clock).best);
  // A probe missed how the last one came back: now a shift by one leaves fewer strays than the true one.
  Posted missed;
  missed.guest.keys[26].after = kUnseen;
  EXPECT_FALSE(searchAlignment(missed.guest, missed.host, missed.spans, missed.clock).best);
  Posted vague;
  vague.clock.high = vague.clock.low + 400'000'000;
  EXPECT_FALSE(searchAlignment(vague.guest, vague.host, vague.spans, vague.clock).best);
}

TEST(AlignmentSearch, RefusesPositionsWhoseChainsAreDifferentOnes) {
  std::vector<Ns> times;
  for (Ns i = 1; i <= 20; ++i) times.push_back(i * 1'000'000);
  GuestSequence guest = guestAt(times);
  HostSequence host = hostAt(times);
  for (std::size_t i = 0; i < 20; ++i) guest.keys[i].head = 1, host.keys[i].head = i < 3 ? 2 : 1;
  EXPECT_FALSE(searchAlignment(guest, host, {}, {}).best);
  for (HostKey& key : host.keys) key.head = 1;
  EXPECT_TRUE(searchAlignment(guest, host, {}, {}).best);
}

TEST(AlignmentSearch, TakesASmallContradictionOfCountedPositionsForAWrongPair) {
  // From the middle on the guest's clock is ahead by so much.
  const auto search = [](std::int64_t chains, Ns ahead, bool counted) {
    std::vector<Ns> times;
    for (Ns i = 1; i <= chains; ++i) times.push_back(i * 1'000'000 + (i * i % 7) * 10'000);
    GuestSequence guest = guestAt(times);
    for (std::size_t i = guest.keys.size() / 2; i < guest.keys.size(); ++i) {
      guest.keys[i].before += ahead;
      guest.keys[i].after += ahead;
    }
    HostSequence host = hostAt(times);
    host.counted = counted;
    if (counted) host.anchor = "start";
    return searchAlignment(guest, host, {}, {}).best;
  };
  EXPECT_FALSE(search(30, 1'000'000, true));
  EXPECT_TRUE(search(30, 700'000'000, true)) << "clocks step by so much";
  EXPECT_TRUE(search(30, 1'000'000, false)) << "a position that was read is known";
  EXPECT_TRUE(search(600, 1'000'000, true)) << "a few of very many may be wrong halves";
}

TEST(OffsetWindow, AllowsForDriftBetweenTheTimesAtWhichItsBoundsHold) {
  const OffsetWindow early{.low = 0, .high = 10, .lowAt = 0, .highAt = 0};
  OffsetWindow late{.low = 500, .high = 600, .lowAt = 0, .highAt = 0};
  EXPECT_FALSE(early.compatible(late));
  EXPECT_FALSE(late.compatible(early));
  late.lowAt = late.highAt = 1'000'000;  // a thousandth of that is more than what is between them
  EXPECT_TRUE(early.compatible(late));
  EXPECT_TRUE(late.compatible(early));
}

}  // namespace
}  // namespace descry
