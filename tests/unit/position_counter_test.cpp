// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/position_counter.hpp"

#include <gtest/gtest.h>

namespace descry {
namespace {

using Step = PositionCounter::Step;

TEST(PositionCounter, CountsOnBeyondTheIndexRange) {
  PositionCounter counter;
  EXPECT_EQ(counter.advance(65534), Step::First);
  EXPECT_EQ(counter.advance(65535), Step::Next);
  EXPECT_EQ(counter.advance(0), Step::Next);
  EXPECT_EQ(counter.position(), 65536);
  EXPECT_EQ(counter.advance(1), Step::Next);
  EXPECT_EQ(counter.position(), 65537);
}

TEST(PositionCounter, AJumpForwardIsAGapAndKeepsTheCount) {
  PositionCounter counter;
  counter.advance(10);
  EXPECT_EQ(counter.advance(15), Step::Gap);
  EXPECT_EQ(counter.position(), 15);
}

TEST(PositionCounter, StandingStillOrGoingBackIsARestart) {
  PositionCounter counter;
  counter.advance(10);
  EXPECT_EQ(counter.advance(10), Step::Restart);
  EXPECT_EQ(counter.advance(3), Step::Restart);
  EXPECT_EQ(counter.position(), 10);
}

TEST(PositionCounter, FindsTheNearestPositionOnBothSides) {
  PositionCounter counter;
  counter.set(65536 * 3 + 2);
  EXPECT_EQ(counter.nearest(2), 65536 * 3 + 2);
  EXPECT_EQ(counter.nearest(65535), 65536 * 3 - 1);
  EXPECT_EQ(counter.nearest(5), 65536 * 3 + 5);
}

}  // namespace
}  // namespace descry
