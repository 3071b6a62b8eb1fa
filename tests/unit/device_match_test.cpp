// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/device_match.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sequences.hpp"

namespace descry {
namespace {

using testing::HasSubstr;

constexpr CaptureSpans kLossy{.guestEnd = 0, .hostEnd = 0, .complete = false};

std::vector<Ns> uneven(Ns chains, Ns from = 0) {
  std::vector<Ns> times;
  for (Ns i = 1; i <= chains; ++i) times.push_back(from + i * 1'000'000 + (i * i % 7) * 100'000);
  return times;
}

std::vector<Ns> regular(Ns chains) {
  std::vector<Ns> times;
  for (Ns i = 1; i <= chains; ++i) times.push_back(i * 1'000'000);
  return times;
}

/// Anchored: QEMU counted its pops since the device was started.
HostSequence popped(HostSequence host) {
  host.counted = true;
  host.anchor = "start";
  return host;
}

DeviceMatch match(const DeviceSequences<GuestSequence>& guest, const DeviceSequences<HostSequence>& host,
                  const std::optional<OffsetWindow>& known = {}, const CaptureSpans& spans = kLossy) {
  HostPlace place;
  for (const auto& [index, sequences] : guest) place.queues.push_back(index);
  return matchDevices(DeviceId{1}, guest, DeviceId{2}, host, place, spans, known);
}

TEST(DeviceMatch, MatchesEachQueueWithTheOneOfTheSameIndex) {
  const DeviceSequences<GuestSequence> guest = {{0, {guestAt(uneven(30))}}, {1, {guestAt(uneven(20))}}};
  const DeviceSequences<HostSequence> host = {{0, {hostAt(uneven(30))}}, {1, {hostAt(uneven(20))}}, {2, {hostAt({5})}}};
  const DeviceMatch found = match(guest, host);
  EXPECT_EQ(found.guestDevice, DeviceId{1});
  EXPECT_EQ(found.hostDevice, DeviceId{2});
  EXPECT_EQ(found.chains, 50);
  ASSERT_EQ(found.runs.size(), 2U);
  EXPECT_EQ(found.runs[0].guest, &guest.at(0)[0]) << "the longest run comes first";
  EXPECT_EQ(found.runs[0].host, &host.at(0)[0]);
  EXPECT_EQ(found.runs[1].host, &host.at(1)[0]);
  ASSERT_TRUE(found.window);
  EXPECT_LE(found.window->low, kOffset);
  EXPECT_GE(found.window->high, kOffset);
  EXPECT_EQ(found.refusal, "");
}

TEST(DeviceMatch, APairOfVhostIsMatchedAtItsPlace) {
  const DeviceSequences<GuestSequence> guest = {{0, {guestAt(uneven(30))}}, {2, {guestAt(uneven(25, 300))}}};
  const DeviceSequences<HostSequence> host = {{0, {hostAt(uneven(25, 300))}}};
  const DeviceMatch found =
      matchDevices(DeviceId{1}, guest, DeviceId{2}, host, HostPlace{.firstQueue = 2, .queues = {2, 3}}, kLossy, {});
  ASSERT_EQ(found.runs.size(), 1U);
  EXPECT_EQ(found.runs[0].guest, &guest.at(2)[0]) << "the host's queue 0 is the guest's queue 2";
  EXPECT_EQ(found.chains, 25);
}

TEST(DeviceMatch, DevicesWithoutACommonQueueShareNothing) {
  const DeviceMatch found = match({{0, {guestAt(uneven(30))}}}, {{1, {hostAt(uneven(30))}}});
  EXPECT_EQ(found.chains, 0);
  EXPECT_TRUE(found.runs.empty());
  EXPECT_FALSE(found.window);
}

TEST(DeviceMatch, TheClockThatOneQueueShowsDecidesTheOrderOfAnother) {
  // Alone, the regular queue fits in many ways.
  const DeviceSequences<GuestSequence> guest = {{0, {guestAt(uneven(30))}}, {1, {counted(guestAt(regular(40)))}}};
  const DeviceSequences<HostSequence> host = {{0, {hostAt(uneven(30))}}, {1, {counted(hostAt(regular(40), 9))}}};
  const DeviceMatch alone = match({{1, guest.at(1)}}, {{1, host.at(1)}});
  EXPECT_TRUE(alone.runs.empty());
  EXPECT_THAT(alone.refusal, HasSubstr("alignments fit causality; none is better than the others"));

  const DeviceMatch both = match(guest, host);
  ASSERT_EQ(both.runs.size(), 2U);
  EXPECT_FALSE(both.runs[0].byOrder) << "known positions come first, although that run is shorter";
  EXPECT_TRUE(both.runs[1].byOrder);
  EXPECT_EQ(both.runs[1].alignment.shift, -9);
  EXPECT_EQ(both.chains, 70);
}

TEST(DeviceMatch, AFewCountedChainsCouldBeTheFirmwares) {
  const DeviceSequences<GuestSequence> guest = {{0, {guestAt(uneven(12))}}};
  const DeviceSequences<HostSequence> host = {{0, {popped(hostAt(uneven(12)))}}};
  const DeviceMatch unknown = match(guest, host);
  EXPECT_TRUE(unknown.runs.empty());
  EXPECT_EQ(unknown.refusal, "only 12 chains overlap, too few to tell the driver's from the firmware's");
  const OffsetWindow clock{.low = kOffset - 1000, .high = kOffset + 1000, .lowAt = 0, .highAt = 0};
  EXPECT_EQ(match(guest, host, clock).chains, 12) << "a known clock tells";
  EXPECT_EQ(match({{0, {guestAt(uneven(30))}}}, {{0, {popped(hostAt(uneven(30)))}}}).chains, 30) << "so do more chains";
  const HostSequence ordered = counted(hostAt(uneven(12)));
  EXPECT_TRUE(match(guest, {{0, {ordered}}}).runs.empty()) << "the only order that fits may fit by chance";
}

TEST(DeviceMatch, ChainsThatFitElsewhereTooCouldBeTheFirmwaresWhereALossHidesTheReset) {
  // The guest has each chain back a second later, and the host served all within 30 ms.
  GuestSequence guest = guestAt(uneven(30));
  for (GuestKey& key : guest.keys) key.after += 1'000'000'000;
  const HostSequence host = popped(hostAt(uneven(30)));
  const CaptureSpans whole{.guestEnd = kOffset + 2'000'000'000, .hostEnd = 2'000'000'000, .complete = true};
  EXPECT_EQ(match({{0, {guest}}}, {{0, {host}}}, {}, whole).chains, 30) << "a reset would have been seen";
  const DeviceMatch late = match({{0, {guest}}}, {{0, {host}}});
  EXPECT_TRUE(late.runs.empty());
  EXPECT_EQ(late.doubtful, 30) << "they may be the driver's all the same";
  EXPECT_THAT(late.refusal, HasSubstr("the 30 chains that overlap fit causality elsewhere too"));
  const OffsetWindow clock{.low = kOffset - 1000, .high = kOffset + 1000, .lowAt = 0, .highAt = 0};
  EXPECT_EQ(match({{0, {guest}}}, {{0, {host}}}, clock).chains, 30) << "a known clock tells";
  EXPECT_EQ(match({{0, {guestAt(uneven(30))}}}, {{0, {host}}}).chains, 30)
      << "so does uneven traffic that comes back soon";
  for (GuestKey& key : guest.keys) key.after = kUnseen;
  EXPECT_TRUE(match({{0, {guest}}}, {{0, {host}}}, {}, whole).runs.empty()) << "what never came back proves nothing";
}

TEST(DeviceMatch, AFewChainsThatFitOnePositionLaterCouldBeTheFirmwaresWhereALossFollows) {
  // A chain each 1 ms, which takes the guest 1.5 ms: the one before or after it fits too.
  GuestSequence guest = guestAt(regular(20));
  for (GuestKey& key : guest.keys) key.after += 1'500'000;
  HostSequence host = popped(hostAt(regular(20)));
  EXPECT_EQ(match({{0, {guest}}}, {{0, {host}}}).chains, 20);
  host.cut = true;
  EXPECT_TRUE(match({{0, {guest}}}, {{0, {host}}}).runs.empty());
  EXPECT_EQ(match({{0, {guestAt(regular(20))}}}, {{0, {host}}}).chains, 0) << "regular traffic fits at any position";
}

TEST(DeviceMatch, OtherQueuesThatContradictRefuteWhatOneQueueFits) {
  GuestSequence other = guestAt(uneven(30));
  for (std::size_t i = 0; i < other.keys.size(); ++i) {
    const Ns elsewhere = static_cast<Ns>(i * i) * 50'000'000;
    other.keys[i].before += elsewhere;
    other.keys[i].after += elsewhere;
  }
  GuestSequence fitting = guestAt(uneven(20));
  HostSequence host = popped(hostAt(uneven(30)));
  const auto both = [&] {
    return match({{0, {other}}, {1, {fitting}}}, {{0, {host}}, {1, {popped(hostAt(uneven(20)))}}});
  };
  EXPECT_EQ(both().chains, 20) << "what was lost may have shifted the other queue";
  other.whole = host.whole = true;
  EXPECT_TRUE(both().runs.empty());
  EXPECT_EQ(both().refusal, "20 chains fit, but 30 chains of other queues of these devices cannot be the same");
  fitting = guestAt(uneven(40));
  const DeviceSequences<HostSequence> more = {{0, {host}}, {1, {popped(hostAt(uneven(40)))}}};
  EXPECT_EQ(match({{0, {other}}, {1, {fitting}}}, more).chains, 40) << "they are the fewer";
}

TEST(DeviceMatch, TwoEpochsThatFitTheSameChainsAreNoAnswer) {
  HostSequence again = hostAt(uneven(30, 1'000'000'000));
  again.epoch = 1;
  const DeviceSequences<GuestSequence> guest = {{0, {guestAt(uneven(30))}}};
  const DeviceMatch found = match(guest, {{0, {hostAt(uneven(30)), again}}});
  EXPECT_TRUE(found.runs.empty());
  EXPECT_THAT(found.refusal, HasSubstr("the ring was set up anew"));
  const OffsetWindow clock{.low = kOffset - 1000, .high = kOffset + 1000, .lowAt = 0, .highAt = 0};
  const DeviceSequences<HostSequence> hosts = {{0, {hostAt(uneven(30)), again}}};
  const DeviceMatch known = match(guest, hosts, clock);
  ASSERT_EQ(known.runs.size(), 1U);
  EXPECT_EQ(known.runs[0].host->epoch, 0);
}

TEST(DeviceMatch, AClockThatIsKnownFromAnotherDeviceRefusesWhatDoesNotFit) {
  const OffsetWindow clock{.low = kOffset + 500'000'000, .high = kOffset + 500'001'000, .lowAt = 0, .highAt = 0};
  EXPECT_EQ(match({{0, {guestAt(uneven(30))}}}, {{0, {hostAt(uneven(30))}}}, clock).chains, 0);
}

}  // namespace
}  // namespace descry
