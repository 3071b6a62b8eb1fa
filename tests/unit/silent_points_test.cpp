// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/silent_points.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descry {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SilentPoints, AMissThatIsNeverSeenThoughFetchesWaitForOne) {
  QueueEpochRow counts;
  counts.fetches = 100;
  counts.eagainFetches = 40;
  EXPECT_THAT(silentPoints(counts), ElementsAre(HasSubstr("40 fetches waited for a translation")));
  counts.misses = 1;
  EXPECT_THAT(silentPoints(counts), IsEmpty());
}

TEST(SilentPoints, DoorbellsThatNoDriverDecidedFor) {
  QueueEpochRow counts;
  counts.doorbellsRung = 40;
  EXPECT_THAT(silentPoints(counts), ElementsAre(HasSubstr("virtqueue_kick_prepare is not called")));
}

TEST(SilentPoints, WhatTheBeginningOfARecordingCutsOffIsNoSilence) {
  QueueEpochRow counts;
  counts.doorbellsRung = 1;
  counts.eagainFetches = 2;
  EXPECT_THAT(silentPoints(counts), IsEmpty());
}

TEST(SilentPoints, CountsOfEpochsAddUp) {
  QueueEpochRow sum, epoch;
  epoch.doorbellsRung = 5;
  addCounts(sum, epoch);
  EXPECT_THAT(silentPoints(sum), IsEmpty());
  addCounts(sum, epoch);
  EXPECT_THAT(silentPoints(sum), ElementsAre(HasSubstr("10 doorbells were rung")));
}

}  // namespace

}  // namespace descry
