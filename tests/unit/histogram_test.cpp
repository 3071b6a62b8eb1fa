// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace descry {
namespace {

/// Bits of value^32, by schoolbook multiplication: an independent, exact way to the definition, because
/// 2^(i/32) < v <= 2^((i+1)/32) is the same as 2^i < v^32 <= 2^(i+1).
int bitsOfPower32(std::uint64_t value) {
  std::vector<std::uint64_t> digits = {value & 0xffffffff, value >> 32};  // base 2^32, smallest first
  for (int doubling = 0; doubling < 5; ++doubling) {
    std::vector<std::uint64_t> square(digits.size() * 2 + 1);
    for (std::size_t i = 0; i < digits.size(); ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < digits.size() || carry != 0; ++j) {
        const std::uint64_t sum = square[i + j] + (j < digits.size() ? digits[i] * digits[j] : 0) + carry;
        square[i + j] = sum & 0xffffffff;
        carry = sum >> 32;
      }
    }
    while (square.size() > 1 && square.back() == 0) square.pop_back();
    digits = square;
  }
  return static_cast<int>(digits.size() - 1) * 32 + static_cast<int>(std::bit_width(digits.back()));
}

int bucketByDefinition(Ns ns) {
  const auto value = static_cast<std::uint64_t>(ns);
  const int bits = bitsOfPower32(value);
  return std::has_single_bit(value) ? bits - 2 : bits - 1;
}

TEST(Histogram, PutsSmallAndWellKnownValuesIntoTheRightBuckets) {
  EXPECT_EQ(Histogram::bucketOf(0), -32768);
  EXPECT_EQ(Histogram::bucketOf(1), -1);      // 2^(-1/32) < 1 <= 2^0
  EXPECT_EQ(Histogram::bucketOf(2), 31);      // 2 = 2^(32/32) is the upper edge of bucket 31
  EXPECT_EQ(Histogram::bucketOf(3), 50);      // 32 * log2(3) = 50.7
  EXPECT_EQ(Histogram::bucketOf(1024), 319);  // 2^10 = upper edge of bucket 10 * 32 - 1
  EXPECT_EQ(Histogram::bucketOf(1025), 320);
  EXPECT_EQ(Histogram::bucketOf(std::numeric_limits<Ns>::max()), 63 * 32 - 1);
}

TEST(Histogram, AgreesWithTheDefinitionForEverySmallValue) {
  for (Ns ns = 1; ns <= 20000; ++ns) ASSERT_EQ(Histogram::bucketOf(ns), bucketByDefinition(ns)) << ns;
}

TEST(Histogram, AgreesWithTheDefinitionAroundEveryBoundary) {
  for (int bucket = 0; bucket < 63 * 32; ++bucket) {
    const Ns edge = Histogram::floorOf(bucket);
    for (Ns ns = std::max<Ns>(1, edge - 2); ns <= edge + 2; ++ns)
      ASSERT_EQ(Histogram::bucketOf(ns), bucketByDefinition(ns)) << "bucket " << bucket << ", " << ns << " ns";
  }
}

TEST(Histogram, AgreesWithTheDefinitionForRandomValuesOfEverySize) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const Ns ns = std::max<Ns>(1, static_cast<Ns>(random() >> (1 + random() % 63)));
    ASSERT_EQ(Histogram::bucketOf(ns), bucketByDefinition(ns)) << ns;
  }
}

TEST(Histogram, FloorsAreTheEdgesOfTheBuckets) {
  for (Ns ns = 1; ns <= 5000; ++ns) {
    const int bucket = Histogram::bucketOf(ns);
    ASSERT_LT(Histogram::floorOf(bucket), ns);
    ASSERT_GE(Histogram::floorOf(bucket + 1), ns);
  }
}

TEST(Histogram, CountsTotalsAndMaximaAddUpWhenMerged) {
  Histogram a, b;
  for (const Ns ns : {0, 100, 5000}) a.add(ns);
  for (const Ns ns : {100, 7'000'000}) b.add(ns);
  a.merge(b);
  EXPECT_EQ(a.count(), 5U);
  EXPECT_EQ(a.total(), 7'005'200);
  EXPECT_EQ(a.max(), 7'000'000);

  std::vector<std::pair<int, std::uint64_t>> buckets;
  a.forEach([&](int bucket, std::uint64_t count) { buckets.emplace_back(bucket, count); });
  // 32 * log2: 100 -> 212.6, 5000 -> 393.2, 7e6 -> 727.7
  const std::vector<std::pair<int, std::uint64_t>> expected = {{-32768, 1}, {212, 2}, {393, 1}, {727, 1}};
  EXPECT_EQ(buckets, expected);
}

TEST(Histogram, PlacesRanksInTheBucketOfTheOrderedValue) {
  Histogram histogram;
  for (const Ns ns : {0, 0, 100, 100, 5000}) histogram.add(ns);
  EXPECT_EQ(histogram.placeOf(1).bucket, Histogram::kZeroBucket);
  EXPECT_EQ(histogram.placeOf(2).bucket, 212);
  EXPECT_EQ(histogram.placeOf(3).below, 2U);
  EXPECT_EQ(histogram.placeOf(4).bucket, 393);
  EXPECT_EQ(histogram.valueAt(0), 0);
}

TEST(Histogram, QuantilesAreAtMostOnePointOnePercentOff) {
  std::mt19937_64 random(11);
  std::lognormal_distribution<double> latency(12, 2);  // heavy tail around 160 us
  Histogram histogram;
  std::vector<Ns> values;
  for (int i = 0; i < 50000; ++i) {
    values.push_back(static_cast<Ns>(latency(random)));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (std::uint64_t rank = 0; rank < values.size(); rank += 7) {
    const double truth = static_cast<double>(values[rank]);
    ASSERT_NEAR(static_cast<double>(histogram.valueAt(rank)), truth, truth * 0.011 + 0.5) << "rank " << rank;
  }
}

TEST(Histogram, RanksFollowTheRuleOfTheReport) {
  EXPECT_EQ(rankOf(1, 500), 0U);
  EXPECT_EQ(rankOf(2, 500), 1U);
  EXPECT_EQ(rankOf(100, 990), 99U);
  EXPECT_EQ(rankOf(99, 990), 98U);
  EXPECT_EQ(rankOf(10, 999), 9U);
}

TEST(Histogram, IsTheSameAfterATableKeptIt) {
  Histogram made, restored;
  for (Ns ns = 0; ns < 5'000'000; ns = ns * 3 / 2 + 7) made.add(ns);
  made.forEach([&](int bucket, std::uint64_t count) { restored.restore(bucket, count); });
  restored.restoreSums(made.total(), made.max());
  EXPECT_EQ(restored.zeros(), 1U);
  ASSERT_EQ(restored.count(), made.count());
  for (std::uint64_t rank = 0; rank < made.count(); ++rank) EXPECT_EQ(restored.valueAt(rank), made.valueAt(rank));
}

TEST(Histogram, JoinsNeighboursTowardsBelow) {
  EXPECT_EQ(Histogram::joined(-1, 4), -1);  // 1 ns lies below bucket 0, however wide buckets are
  EXPECT_EQ(Histogram::joined(0, 4), 0);
  EXPECT_EQ(Histogram::joined(3, 4), 0);
  EXPECT_EQ(Histogram::joined(4, 4), 1);
  EXPECT_DOUBLE_EQ(Histogram::edgeOf(320), 1024);
}

}  // namespace
}  // namespace descry
