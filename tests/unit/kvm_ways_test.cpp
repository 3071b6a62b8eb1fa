// SPDX-License-Identifier: GPL-2.0-or-later
// Of what a doorbell's and an interrupt's way consist, as KVM saw it: the parts add up to the way, whatever the clocks
// say.
#include "analyzer/aggregate/kvm_ways.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace descry {
namespace {

Ns of(const KvmWays::Parts& parts, KvmPart part) {
  return parts[static_cast<std::size_t>(part)];
}
Ns sum(const KvmWays::Parts& parts) {
  return std::accumulate(parts.begin(), parts.end(), Ns{0});
}

KvmDoorbellRow doorbell(Ns k, Ns exit, Ns runnable) {
  KvmDoorbellRow row;
  row.ns = k;
  row.exit = exit;
  row.runnable = runnable;
  return row;
}

KvmInterruptRow interrupt() {
  KvmInterruptRow row;
  row.ns = 1000;
  row.accepted = 1010;
  row.injected = 1100;
  row.guest = 5;
  row.kernel = 10;
  row.vmm = 0;
  row.runnable = 30;
  row.halted = 40;
  row.polling = 5;
  return row;
}

TEST(KvmWays, ADoorbellIsSplitWhereTheGuestWasLeft) {
  KvmWays ways;
  ways.add(doorbell(500, 440, 15));
  const auto parts = ways.ofDoorbell(500, 100);
  ASSERT_TRUE(parts);
  EXPECT_EQ(of(*parts, KvmPart::ToKvm), 40);  // 100 from the guest's doorbell to 500: it was left at 440
  EXPECT_EQ(of(*parts, KvmPart::InKvm), 45);
  EXPECT_EQ(of(*parts, KvmPart::ExitNoCpu), 15);
  EXPECT_EQ(sum(*parts), 100);
  EXPECT_FALSE(ways.ofDoorbell(501, 100));
  EXPECT_FALSE(ways.ofInterrupt(500, 100));
}

TEST(KvmWays, ADoorbellThatTheClocksMakeTooShortStillAddsUp) {
  KvmWays ways;
  ways.add(doorbell(500, 440, 15));
  const auto parts = ways.ofDoorbell(500, 50);  // KVM alone took 60
  ASSERT_TRUE(parts);
  EXPECT_EQ(of(*parts, KvmPart::ToKvm), 0);
  EXPECT_EQ(sum(*parts), 50);
}

TEST(KvmWays, AnInterruptIsSplitByWhatTheVirtualCpuDid) {
  KvmWays ways;
  ways.add(interrupt());
  const auto parts = ways.ofInterrupt(1000, 160);
  ASSERT_TRUE(parts);
  EXPECT_EQ(of(*parts, KvmPart::Delivery), 10);
  EXPECT_EQ(of(*parts, KvmPart::Halted), 40);
  EXPECT_EQ(of(*parts, KvmPart::Polling), 5);
  EXPECT_EQ(of(*parts, KvmPart::NoCpu), 30);
  EXPECT_EQ(of(*parts, KvmPart::Kernel), 10);
  EXPECT_EQ(of(*parts, KvmPart::Guest), 5);
  EXPECT_EQ(of(*parts, KvmPart::ToHandler), 60);  // 160 - (1100 - 1000)
  EXPECT_EQ(sum(*parts), 160);
}

TEST(KvmWays, EveryLengthAddsUpAndNoPartIsNegative) {
  KvmWays ways;
  ways.add(interrupt());
  ways.add(doorbell(500, 440, 15));
  for (Ns length = 0; length < 200; ++length)
    for (const auto& parts : {ways.ofInterrupt(1000, length), ways.ofDoorbell(500, length)}) {
      ASSERT_TRUE(parts);
      EXPECT_EQ(sum(*parts), length);
      for (const Ns part : *parts) EXPECT_GE(part, 0);
    }
}

TEST(KvmWays, WhatCannotBeIsNotUsed) {
  KvmWays ways;
  ways.add(doorbell(500, kUnseen, kUnseen));
  ways.add(doorbell(600, 700, 0));
  KvmInterruptRow unknown = interrupt();
  unknown.guest = kUnseen;
  ways.add(unknown);
  KvmInterruptRow backwards = interrupt();
  backwards.ns = 2000;  // after it was accepted
  ways.add(backwards);
  KvmInterruptRow negative = interrupt();
  negative.ns = 1001;
  negative.halted = -40;
  ways.add(negative);
  EXPECT_TRUE(ways.empty());
}

}  // namespace
}  // namespace descry
