// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/case/time_axis.hpp"

#include <gtest/gtest.h>

namespace descry {
namespace {

CaptureRow capture(std::int64_t id, const char* side, Ns origin) {
  CaptureRow row;
  row.captureId = id;
  row.side = side;
  row.origin = origin;
  return row;
}

ClockSegmentRow segment(std::int64_t guest, std::int64_t host, Ns begin, Ns end, Ns offset, std::int64_t drift,
                        Ns error) {
  ClockSegmentRow row;
  row.guestCaptureId = guest;
  row.hostCaptureId = host;
  row.begin = begin;
  row.end = end;
  row.offset = offset;
  row.driftPpb = drift;
  row.error = error;
  row.quality = "accurate";
  return row;
}

TEST(TimeAxis, CarriesTheHostOntoTheGuestsClock) {
  // Raw clocks: guest = host + 700. Origins 5000 and 4000, so relative times differ by 700 - 1000 = -300.
  const TimeAxis axis({capture(1, "guest", 5000), capture(2, "host", 4000)}, {segment(1, 2, 0, 1000, 700, 0, 25)}, 1);
  EXPECT_EQ(axis.toAxis(1, 42), 42);
  EXPECT_EQ(axis.toAxis(2, 1000), 700);
  EXPECT_EQ(axis.fromAxis(2, 700), 1000);
  EXPECT_EQ(axis.error(2), 25);
  EXPECT_EQ(axis.traceTime(42), 5042);
}

TEST(TimeAxis, FollowsDriftAndSteps) {
  // 100 ppm: a second after the middle the guest is 100 us further.
  const TimeAxis axis(
      {capture(1, "guest", 0), capture(2, "host", 0)},
      {segment(1, 2, 0, 2'000'000'000, 50, 100'000, 10), segment(1, 2, 3'000'000'000, 5'000'000'000, 1'000'050, 0, 10)},
      1);
  EXPECT_EQ(axis.toAxis(2, 2'000'000'000), 2'000'000'000 + 50 + 100'000);
  EXPECT_EQ(axis.toAxis(2, 4'000'000'000), 4'000'000'000 + 1'000'050);
  for (const Ns host : {Ns{0}, Ns{1'500'000'000}, Ns{4'500'000'000}})
    EXPECT_NEAR(static_cast<double>(axis.fromAxis(2, axis.toAxis(2, host)) - host), 0, 1);
}

TEST(TimeAxis, ReachesASecondGuestThroughTheHost) {
  const TimeAxis axis({capture(1, "guest", 0), capture(2, "guest", 0), capture(3, "host", 0)},
                      {segment(1, 3, 0, 1000, 100, 0, 5), segment(2, 3, 0, 1000, -40, 0, 7)}, 1);
  // The second guest's 60 is the host's 100 is the first guest's 200.
  EXPECT_EQ(axis.toAxis(2, 60), 200);
  EXPECT_EQ(axis.fromAxis(2, 200), 60);
  EXPECT_EQ(axis.error(2), 12);
}

TEST(TimeAxis, SaysWhenNothingTiesTheClocks) {
  const TimeAxis axis({capture(1, "guest", 0), capture(2, "host", 0)}, {}, 1);
  EXPECT_EQ(axis.toAxis(2, 77), 77);
  EXPECT_FALSE(seen(axis.error(2)));
}

}  // namespace
}  // namespace descry
