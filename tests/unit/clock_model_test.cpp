// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/clock/clock_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace descry {
namespace {

using Bound = ClockConstraint::Bound;

/// A guest clock guest = host * (1 + drift) + offset, seen through chains with random delays both ways.
struct TrueClock {
  double drift = 0;
  Ns offset = 0;
  Ns at(Ns host) const { return host + offset + static_cast<Ns>(std::llround(drift * static_cast<double>(host))); }
};

std::vector<ClockConstraint> chains(const TrueClock& clock, Ns from, Ns to, int count, unsigned seed, Ns least = 400) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> there(1 / 4000.0), back(1 / 6000.0);
  std::vector<ClockConstraint> result;
  for (int i = 0; i < count; ++i) {
    const Ns host = from + (to - from) * i / count;
    const Ns used = host + 2000;
    result.push_back({host, clock.at(host) - least - static_cast<Ns>(there(random)), Bound::Low});
    result.push_back({used, clock.at(used) + 3 * least + static_cast<Ns>(back(random)), Bound::High, host});
  }
  return result;
}

TEST(ClockModel, TheTrueClockIsAlwaysWithinTheBounds) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const TrueClock clock{(seed % 7 - 3.0) * 15e-6, static_cast<Ns>(seed) * 1'000'000'007};
    const ClockModel model(chains(clock, 0, 1'000'000'000, 20 + static_cast<int>(seed) * 3, seed));
    ASSERT_EQ(model.segments().size(), 1U);
    for (Ns host = 0; host <= 1'000'000'000; host += 10'101'010) {
      const auto reading = model.at(host);
      ASSERT_TRUE(reading);
      EXPECT_LE(reading->low, clock.at(host) - host) << "seed " << seed << " at " << host;
      EXPECT_GE(reading->high, clock.at(host) - host) << "seed " << seed << " at " << host;
    }
  }
}

TEST(ClockModel, TheWidthApproachesTheSumOfTheSmallestDelays) {
  const TrueClock clock{20e-6, -5'000'000'000};
  const ClockModel model(chains(clock, 0, 1'000'000'000, 20'000, 1));
  const auto reading = model.at(500'000'000);
  ASSERT_TRUE(reading);
  // 400 ns one way and 1200 ns back can never be told apart from an offset.
  EXPECT_GE(reading->high - reading->low, 1600);
  EXPECT_LT(reading->high - reading->low, 1680);
}

TEST(ClockModel, HoursOfNanosecondsDoNotOverflow) {
  const TrueClock clock{-18e-6, 7'200'000'000'000'000};
  const Ns hour = 3'600'000'000'000;
  const ClockModel model(chains(clock, 30 * hour, 34 * hour, 500, 3));
  const auto reading = model.at(32 * hour);
  ASSERT_TRUE(reading);
  EXPECT_LE(reading->low, clock.at(32 * hour) - 32 * hour);
  EXPECT_GE(reading->high, clock.at(32 * hour) - 32 * hour);
  EXPECT_LT(reading->error(), 20'000);
}

TEST(ClockModel, OneStepMakesTwoSegmentsThatMeetWithinOneChain) {
  for (const Ns step : {1'000'000, -1'000'000}) {
    const TrueClock first{0, 1000}, second{0, 1000 + step};
    auto constraints = chains(first, 0, 500'000'000, 200, 5);
    const auto later = chains(second, 500'000'000, 1'000'000'000, 200, 6);
    constraints.insert(constraints.end(), later.begin(), later.end());
    const ClockModel model(std::move(constraints));
    ASSERT_EQ(model.segments().size(), 2U) << step;
    const Ns gap = 1'000'000'000 / 400;
    EXPECT_GE(model.segments()[0].end(), 500'000'000 - gap - 2000);
    EXPECT_LT(model.segments()[0].end(), 500'000'000);
    EXPECT_LE(model.segments()[1].begin(), 500'000'000 + gap + 2000);
    EXPECT_LE(model.at(100'000'000)->low, 1000);
    EXPECT_GE(model.at(100'000'000)->high, 1000);
    EXPECT_LE(model.at(900'000'000)->low, 1000 + step);
    EXPECT_GE(model.at(900'000'000)->high, 1000 + step);
  }
}

TEST(ClockModel, AProbeOnTheWrongSideOfTheStoreFailsInsteadOfBiasing) {
  auto constraints = chains({0, 0}, 0, 1'000'000'000, 100, 9);
  for (ClockConstraint& constraint : constraints)
    constraint.bound = constraint.bound == Bound::Low ? Bound::High : Bound::Low;
  const ClockModel model(std::move(constraints));
  EXPECT_TRUE(model.failed());
  EXPECT_FALSE(model.at(500'000'000));
}

TEST(ClockModel, OneDirectionGivesNoReading) {
  auto constraints = chains({0, 0}, 0, 1'000'000'000, 100, 9);
  std::erase_if(constraints, [](const ClockConstraint& c) { return c.bound == Bound::High; });
  const ClockModel model(std::move(constraints));
  ASSERT_EQ(model.segments().size(), 1U);
  EXPECT_EQ(model.segments()[0].quality(), "incomplete");
  EXPECT_FALSE(model.at(10));
}

TEST(ClockModel, ArrivalOrderDoesNotMatter) {
  auto constraints = chains({7e-6, 123}, 0, 1'000'000'000, 300, 11);
  const ClockModel sorted(constraints);
  std::mt19937 random(1);
  std::shuffle(constraints.begin(), constraints.end(), random);
  const ClockModel shuffled(constraints);
  for (Ns host = 0; host <= 1'000'000'000; host += 99'000'000) {
    EXPECT_EQ(sorted.at(host)->low, shuffled.at(host)->low);
    EXPECT_EQ(sorted.at(host)->high, shuffled.at(host)->high);
  }
}

TEST(ClockModel, EqualTimesAndTinyHullsWork) {
  const ClockModel model(
      {{100, 50, Bound::Low}, {100, 60, Bound::Low}, {100, 90, Bound::High}, {100, 80, Bound::High}});
  const auto reading = model.at(100);
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->low, -40);
  EXPECT_EQ(reading->high, -20);
  EXPECT_TRUE(ClockModel({}).segments().empty());
}

TEST(ClockModel, ASingleWrongEventIsLeftOut) {
  auto constraints = chains({0, 0}, 0, 1'000'000'000, 300, 13);
  constraints.push_back({500'000'100, 700'000'000, Bound::Low});
  const ClockModel model(std::move(constraints));
  EXPECT_EQ(model.segments().size(), 1U);
  EXPECT_EQ(model.contradictions(), 1);
  EXPECT_LT(model.at(500'000'000)->error(), 10'000);
}

}  // namespace
}  // namespace descry
