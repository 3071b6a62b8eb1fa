// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/check/limit.hpp"

#include <gtest/gtest.h>

#include "analyzer/aggregate/cause_aggregator.hpp"

namespace descry {
namespace {

TEST(Limit, ReadsAMeasureAnOperatorAndABound) {
  const Limit limit = parseLimit("p99(queue == rx0, cause = iotlb) > 200us");
  EXPECT_EQ(limit.measure.function, Measure::Function::P99);
  EXPECT_EQ(kSumNames[limit.measure.sum], "iotlb");
  EXPECT_EQ(limit.measure.condition.values.size(), 1U);
  EXPECT_EQ(limit.sign, ">");
  EXPECT_EQ(limit.factor, 200'000);
  EXPECT_FALSE(limit.other);
}

TEST(Limit, TheBriefFormOfTheManualWorks) {
  const Limit limit = parseLimit("p99(queue=rx0, cause=iotlb)>200us");
  EXPECT_EQ(limit.measure.condition.sql, parseLimit("p99(queue == rx0) > 1s").measure.condition.sql);
  EXPECT_EQ(kSumNames[limit.measure.sum], "iotlb");
}

TEST(Limit, WithoutArgumentsItIsAboutTheLatencyOfAllChains) {
  const Limit limit = parseLimit("p50() >= 1.5ms");
  EXPECT_EQ(kSumNames[limit.measure.sum], "latency");
  EXPECT_TRUE(limit.measure.condition.empty());
  EXPECT_EQ(limit.factor, 1'500'000);
}

TEST(Limit, SeveralConditionsMustAllHold) {
  const Limit limit = parseLimit("mean(queue == rx0 or queue == rx1, total > 1us) > 1ms");
  EXPECT_TRUE(limit.measure.condition.sql.find(") AND (") != std::string::npos);
  EXPECT_EQ(limit.measure.condition.values.size(), 3U);
}

TEST(Limit, AMeasureCanBeComparedWithAnother) {
  const Limit limit = parseLimit("p99(queue == rx0) > 3 * p50(queue == rx0)");
  EXPECT_EQ(limit.factor, 3);
  ASSERT_TRUE(limit.other);
  EXPECT_EQ(limit.other->function, Measure::Function::P50);
  EXPECT_EQ(parseLimit("max() > p999()").factor, 1);
}

TEST(Limit, UnitsBelongToTheirMeasures) {
  EXPECT_DOUBLE_EQ(parseLimit("share(cause = swiotlb) > 12.5 %").factor, 0.125);
  EXPECT_DOUBLE_EQ(parseLimit("share(cause = swiotlb) > 0.2").factor, 0.2);
  EXPECT_DOUBLE_EQ(parseLimit("rate(queue == tx0) < 1000/s").factor, 1000);
  EXPECT_DOUBLE_EQ(parseLimit("chains() < 100").factor, 100);
}

/// What is wrong, and which part of the text it is about.
std::pair<std::string, std::string> complaint(const std::string& text) {
  try {
    parseLimit(text);
  } catch (const ConditionError& error) {
    return {error.what(), text.substr(error.at(), error.length())};
  }
  return {};
}

TEST(Limit, ErrorsSayWhereTheyAre) {
  const std::pair<const char*, const char*> wrong[] = {
      {"p99(quue == rx0) > 1us", "quue"},
      {"p99(queue == rx0, cause = iotbl) > 1us", "iotbl"},
      {"p98() > 1us", "p98"},
      {"p99() > 200", "200"},
      {"p99() > 10 %", "10 %"},
      {"chains() > 10us", "10us"},
      {"p99() > chains()", "chains()"},
      {"p99( > 1us", "p99( > 1us"},
      {"p99() 5us", "p99() 5us"},
      {"p99() more > 5us", "more"},
      {"p99() > x * p50()", "x"},
      {"p99(queue == 'rx0) > 1us", "'rx0) > 1us"},
      {"p99(queue == rx0, ) > 1us", ")"},
      {"p99(queue == rx0, total) > 1us", ")"},
      {"p99() ! 5us", "!"},
      {"p99() >", ""},
  };
  for (const auto& [text, part] : wrong)
    EXPECT_EQ(complaint(text).second, part) << text << ": " << complaint(text).first;
}

TEST(Limit, TakesASignOrAParenthesisInsideOfATextForPartOfTheText) {
  const Limit limit = parseLimit("p99(device == 'a > (b, c', queue == \"it's\") <= 1.5ms");
  EXPECT_EQ(limit.sign, "<=");
  EXPECT_EQ(limit.factor, 1'500'000);
  ASSERT_EQ(limit.measure.condition.values.size(), 2U);
  EXPECT_EQ(std::get<std::string>(limit.measure.condition.values[0]), "a > (b, c");
  EXPECT_EQ(std::get<std::string>(limit.measure.condition.values[1]), "it's");
  EXPECT_EQ(limit.measure.text, "p99(device == 'a > (b, c', queue == \"it's\")") << "as typed";
}

TEST(Limit, HoldsAsItSays) {
  EXPECT_TRUE(parseLimit("p50() > 1us").holds(1001, 1000));
  EXPECT_FALSE(parseLimit("p50() > 1us").holds(1000, 1000));
  EXPECT_TRUE(parseLimit("p50() >= 1us").holds(1000, 1000));
  EXPECT_TRUE(parseLimit("chains() < 5").holds(4, 5));
  EXPECT_TRUE(parseLimit("chains() <= 5").holds(5, 5));
  EXPECT_TRUE(parseLimit("chains() == 5").holds(5, 5));
  EXPECT_FALSE(parseLimit("chains() != 5").holds(5, 5));
}

}  // namespace
}  // namespace descry
