// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace descry {
namespace {

TEST(LatencyHistogram, SaysNothingOfNothing) {
  EXPECT_EQ(LatencyHistogram().quantile(0.5), 0U);
}

TEST(LatencyHistogram, IsExactBelowTheWidthOfAClass) {
  LatencyHistogram histogram;
  for (std::uint64_t ns = 0; ns < 128; ++ns) histogram.add(ns);
  EXPECT_EQ(histogram.quantile(0), 0U);
  EXPECT_EQ(histogram.quantile(0.5), 63U);
  EXPECT_EQ(histogram.quantile(1), 127U);
}

TEST(LatencyHistogram, IsNeverMoreThanEightPerMilleOff) {
  std::mt19937_64 random(7);
  for (const double decades : {3.0, 6.0, 9.0, 19.2}) {
    LatencyHistogram histogram;
    std::vector<std::uint64_t> all;
    for (int i = 0; i < 10'000; ++i) {
      const double exponent = std::uniform_real_distribution(0.0, decades)(random);
      all.push_back(static_cast<std::uint64_t>(std::pow(10.0, exponent)));
      histogram.add(all.back());
    }
    std::sort(all.begin(), all.end());
    for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 1.0}) {
      const auto exact = static_cast<double>(all[static_cast<std::size_t>(share * 9999)]);
      EXPECT_NEAR(static_cast<double>(histogram.quantile(share)), exact, exact * 0.008) << share << " of " << decades;
    }
  }
}

TEST(LatencyHistogram, TakesTheLargestThereIs) {
  LatencyHistogram histogram;
  histogram.add(~std::uint64_t{0});
  EXPECT_NEAR(static_cast<double>(histogram.quantile(1)), 0x1p64, 0x1p64 * 0.008);
}

TEST(LatencyHistogram, ForgetsWhatWasCleared) {
  LatencyHistogram histogram;
  histogram.add(1000);
  histogram.clear();
  histogram.add(10);
  EXPECT_EQ(histogram.total(), 1U);
  EXPECT_EQ(histogram.quantile(1), 10U);
}

}  // namespace
}  // namespace descry
