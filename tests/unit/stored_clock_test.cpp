// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/clock/stored_clock.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace descry {
namespace {

using Bound = ClockConstraint::Bound;

constexpr Ns kSecond = 1'000'000'000;
constexpr Ns kOrigins = -40 * kSecond;  // of the guest's capture minus the host's

struct TrueClock {
  double drift = 0;
  Ns offset = 0;
  Ns at(Ns host) const { return host + offset + std::llround(drift * static_cast<double>(host)); }
};

/// Of chains with random delays of some microseconds, over a second.
ClockModel modelOf(const TrueClock& clock, int chains, unsigned seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> there(1 / 4000.0), back(1 / 6000.0);
  std::vector<ClockConstraint> constraints;
  for (int i = 0; i < chains; ++i) {
    const Ns host = kSecond * i / chains, used = host + 2000;
    constraints.push_back({host, clock.at(host) - 400 - std::llround(there(random)), Bound::Low});
    constraints.push_back({used, clock.at(used) + 1200 + std::llround(back(random)), Bound::High, host});
  }
  return ClockModel(std::move(constraints));
}

TEST(StoredClock, IsOffByNoMoreThanTheRowSays) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const TrueClock clock{(seed % 7 - 3.0) * 15e-6, static_cast<Ns>(seed) * 1'000'003};
    const ClockModel model = modelOf(clock, 20 + static_cast<int>(seed) * 3, seed);
    ASSERT_EQ(model.segments().size(), 1U);
    const ClockSegmentRow row = storedSegment(model.segments().front(), false, kOrigins);
    StoredClock stored;
    stored.add(row, kOrigins);
    const Ns middle = row.begin + (row.end - row.begin) / 2;
    for (Ns host = row.begin; host <= row.end; host += 10'101'010) {
      const double off = static_cast<double>(stored.toGuest(host) - clock.at(host));
      const double past = std::abs(static_cast<double>(host - middle));
      EXPECT_LE(std::abs(off), static_cast<double>(row.error) + past * static_cast<double>(row.driftErrorPpb) / 1e9 + 2)
          << "seed " << seed << " at " << host;
      EXPECT_NEAR(static_cast<double>(stored.toHost(stored.toGuest(host))), static_cast<double>(host), 1);
    }
  }
}

TEST(StoredClock, KeepsTheSegmentsOfASteppedClockApart) {
  StoredClock stored;
  ClockSegmentRow first, second;
  first.quality = second.quality = "accurate";
  first.end = 99;
  first.offset = 1000;
  second.begin = 100;
  second.end = 200;
  second.offset = 5000;
  second.error = 7;
  stored.add(second, 0);
  stored.add(first, 0);
  EXPECT_EQ(stored.toGuest(50), 1050);
  EXPECT_EQ(stored.toGuest(150), 5150);
  EXPECT_EQ(stored.toHost(1050), 50);
  EXPECT_EQ(stored.toHost(5150), 150);
  EXPECT_EQ(stored.error(), 7);
}

TEST(StoredClock, HasNothingToSayWithoutAReading) {
  StoredClock stored;
  for (const char* quality : {"absent", "incomplete"}) {
    ClockSegmentRow row;
    row.quality = quality;
    stored.add(row, 0);
  }
  EXPECT_TRUE(stored.empty());
}

}  // namespace
}  // namespace descry
