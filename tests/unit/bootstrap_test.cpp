// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/compare/bootstrap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace descry {
namespace {

/// Latencies as they are: skewed, and alike for a while (an autoregressive level, correlation 0.95 from chain to
/// chain).
std::vector<Ns> latencies(std::size_t count, unsigned seed, double factor = 1, double memory = 0.95) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise;
  std::vector<Ns> values;
  double level = noise(random);
  for (std::size_t i = 0; i < count; ++i) {
    level = memory * level + std::sqrt(1 - memory * memory) * noise(random);
    values.push_back(std::llround(factor * 100'000 * std::exp(0.2 * level + 0.3 * noise(random))));
  }
  return values;
}

TEST(Bootstrap, EqualWorkloadsDifferSignificantlyAboutAsOftenAsTheLevelSays) {
  for (const Statistic statistic : {Statistic::Mean, Statistic::P50, Statistic::P99}) {
    int alarms = 0;
    for (unsigned pair = 0; pair < 200; ++pair)
      alarms += compare(latencies(4000, 2 * pair), latencies(4000, 2 * pair + 1), statistic).p < 0.05 ? 1 : 0;
    // 10 are expected; 20 or more in 200 happen by chance less than once in 300 times.
    EXPECT_LT(alarms, 20) << static_cast<int>(statistic);
  }
}

TEST(Bootstrap, FivePercentMoreAreFound) {
  int found = 0;
  for (unsigned pair = 0; pair < 50; ++pair)
    found += compare(latencies(20000, 2 * pair), latencies(20000, 2 * pair + 1, 1.05), Statistic::Mean).p < 0.05;
  EXPECT_GE(found, 48);
}

TEST(Bootstrap, TheIntervalHoldsTheTrueDifference) {
  // Mean of 100 us * exp(0.2 a + 0.3 b): exp((0.04 + 0.09) / 2), and 10 % more.
  const double truth = 0.1 * 100'000 * std::exp(0.065);
  int held = 0;
  for (unsigned pair = 0; pair < 100; ++pair) {
    const Change change = compare(latencies(4000, 2 * pair), latencies(4000, 2 * pair + 1, 1.1), Statistic::Mean);
    held += change.low <= truth && truth <= change.high ? 1 : 0;
  }
  EXPECT_GE(held, 88);  // 95 expected, 88 is three standard deviations below
}

TEST(Bootstrap, TooFewChainsAreNotTested) {
  EXPECT_FALSE(compare(latencies(31, 1), latencies(5000, 2, 9), Statistic::Mean).tested);
  EXPECT_TRUE(compare(latencies(32, 1), latencies(5000, 2, 9), Statistic::Mean).tested);
  EXPECT_FALSE(compare(latencies(199, 1), latencies(5000, 2, 9), Statistic::P99).tested);
  EXPECT_FALSE(compare({}, {}, Statistic::P50).tested);
  EXPECT_EQ(compare({}, {}, Statistic::P50).p, 1);
}

TEST(Bootstrap, WithoutVariationAnyDifferenceIsCertain) {
  const std::vector<Ns> five(100, 5), six(100, 6);
  EXPECT_EQ(compare(five, five, Statistic::P50).p, 1);
  EXPECT_EQ(compare(five, six, Statistic::P50).p, 0);
  EXPECT_EQ(compare(five, six, Statistic::Mean).difference(), 1);
}

TEST(Bootstrap, SharesAreOfSumsNotOfChains) {
  // 90 of 100 chains have none of it, ten have all: the large ones count by their size.
  std::vector<Ns> whole, part;
  for (int i = 0; i < 100; ++i) {
    whole.push_back(i % 10 == 0 ? 910 : 10);
    part.push_back(i % 10 == 0 ? 910 : 0);
  }
  const Change change = compareShares(part, whole, part, whole);
  EXPECT_DOUBLE_EQ(change.base, 0.91);
  EXPECT_TRUE(change.tested);
  EXPECT_FALSE(change.significant);
}

TEST(Bootstrap, TheSameInputGivesTheSameResult) {
  const auto a = latencies(3000, 1), b = latencies(3000, 2);
  const Change first = compare(a, b, Statistic::P99), second = compare(a, b, Statistic::P99);
  EXPECT_EQ(first.p, second.p);
  EXPECT_EQ(first.low, second.low);
}

TEST(Bootstrap, HolmStepsDown) {
  // 0.01 <= 0.05/4, 0.015 <= 0.05/3, 0.03 > 0.05/2: there it stops, though 0.04 <= 0.05/1.
  std::vector<Change> changes(4);
  changes[0].p = 0.04;
  changes[1].p = 0.01;
  changes[2].p = 0.03;
  changes[3].p = 0.015;
  std::vector<Change*> all;
  for (Change& change : changes) all.push_back(&change);
  holm(all, 0.05);
  EXPECT_FALSE(changes[0].significant);
  EXPECT_TRUE(changes[1].significant);
  EXPECT_FALSE(changes[2].significant);
  EXPECT_TRUE(changes[3].significant);
}

}  // namespace
}  // namespace descry
