// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/compare/bootstrap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

Change compare(const std::vector<Ns>& base, const std::vector<Ns>& now, Statistic statistic) {
  return compare({base, Stretches(base.size())}, {now, Stretches(now.size())}, statistic);
}

/// Bursts of 16 chains: each waits for those before it, then nothing is under way.
struct Bursts {
  std::vector<Ns> values;
  std::vector<std::uint8_t> calm;

  Bursts(std::size_t count, unsigned seed, double factor = 1) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> noise(1, 0.1);
    for (std::size_t burst = 0; burst < count; ++burst) {
      double done = 0;
      for (std::size_t i = 0; i < 16; ++i) {
        done += factor * 1'000'000 * noise(random);
        values.push_back(std::llround(done));
        calm.push_back(i == 0 ? 1 : 0);
      }
    }
  }
};

Change compare(const Bursts& base, const Bursts& now, Statistic statistic) {
  const Stretches ofBase(base.values.size(), base.calm), ofNow(now.values.size(), now.calm);
  return compare({base.values, ofBase}, {now.values, ofNow}, statistic);
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
  const Stretches stretches(whole.size());
  const Change change = compareShares({part, stretches}, whole, {part, stretches}, whole);
  EXPECT_DOUBLE_EQ(change.base, 0.91);
  EXPECT_TRUE(change.tested);
  EXPECT_FALSE(change.significant);
}

TEST(Bootstrap, StretchesOfBurstsEndBetweenBursts) {
  const Bursts bursts(50, 1);
  const Stretches stretches(bursts.values.size(), bursts.calm);
  EXPECT_GE(stretches.count(), 16U);
  for (std::size_t i = 1; i < bursts.values.size(); ++i)
    if (stretches.of(i) != stretches.of(i - 1)) {
      EXPECT_EQ(i % 16, 0U);
    }
  EXPECT_EQ(stretches.of(bursts.values.size() - 1) + 1U, stretches.count());
}

TEST(Bootstrap, WhatIsNeverIdleIsCutEvenly) {
  for (const std::size_t chains : {32U, 100U, 5000U}) {
    std::vector<std::uint8_t> calm(chains);
    calm[0] = 1;
    const Stretches stretches(chains, calm);
    std::vector<std::size_t> sizes(stretches.count());
    for (std::size_t i = 0; i < chains; ++i) ++sizes.at(stretches.of(i));
    EXPECT_GE(stretches.count(), chains >= 256 ? 30U : 4U) << chains;
    EXPECT_LE(*std::max_element(sizes.begin(), sizes.end()), 2 * *std::min_element(sizes.begin(), sizes.end()));
  }
}

TEST(Bootstrap, FivePercentMorePerChainOfABurstAreFoundAndNothingElseIs) {
  int found = 0, alarms = 0;
  for (unsigned pair = 0; pair < 100; ++pair) {
    const Bursts base(50, 2 * pair);
    found += compare(base, Bursts(50, 2 * pair + 1, 1.05), Statistic::Mean).p < 0.05 ? 1 : 0;
    alarms += compare(base, Bursts(50, 2 * pair + 1), Statistic::Mean).p < 0.05 ? 1 : 0;
  }
  EXPECT_GE(found, 95);
  EXPECT_LT(alarms, 13);  // 5 are expected; as many happen by chance less than once in 400 times
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
