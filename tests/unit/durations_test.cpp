// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/durations.hpp"

#include <gtest/gtest.h>

#include "schemas/store/rows.hpp"

namespace descry {
namespace {

TEST(DurationsTest, RanksAreExactWhateverTheSizeAndTheSign) {
  Durations durations(10);
  EXPECT_EQ(durations.median(), kUnseen);
  for (const Ns ns : {Ns{7}, Ns{-3}, Ns{5'000'000'000}, Ns{0}, Ns{-20}, Ns{0xfffffffe}}) durations.add(ns);
  const Ns sorted[] = {-20, -3, 0, 7, 0xfffffffe, 5'000'000'000};
  for (std::uint64_t rank = 0; rank < 6; ++rank) EXPECT_EQ(durations.valueAt(rank), sorted[rank]);
  EXPECT_EQ(durations.median(), 0);  // the lower of the two in the middle
  EXPECT_EQ(durations.count(), 6U);
  EXPECT_EQ(durations.max(), 5'000'000'000);
  EXPECT_TRUE(durations.exact());
}

TEST(DurationsTest, BeyondTheLimitTheValuesAreEstimates) {
  Durations durations(10);
  for (Ns ns = 1; ns <= 1000; ++ns) durations.add(ns * 1000);
  EXPECT_FALSE(durations.exact());
  EXPECT_EQ(durations.count(), 1000U);
  EXPECT_EQ(durations.total(), 500'500'000);
  EXPECT_NEAR(static_cast<double>(durations.median()), 500'000, 0.011 * 500'000);
  EXPECT_EQ(durations.max(), 1'000'000);
}

TEST(DurationsTest, ThoseThatShareABudgetKeepNoMoreThanItAllows) {
  Durations::Budget budget{5};
  Durations first(10, &budget), second(10, &budget);
  for (Ns ns = 1; ns <= 4; ++ns) first.add(ns);
  for (Ns ns = 1; ns <= 3; ++ns) second.add(ns);
  EXPECT_TRUE(first.exact());
  EXPECT_FALSE(second.exact());
  EXPECT_EQ(first.median(), 2);
  EXPECT_EQ(budget.left, 1U);  // what the second gave back
}

}  // namespace
}  // namespace descry
