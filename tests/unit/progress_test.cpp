// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/cli/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descry::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ProgressLine, ShowsShareRateAndRemainingTime) {
  // A quarter in 10 s: 30 s to go; 25 million events in 10 s.
  const std::string line = progressLine("reading t", 0.25, 25'000'000, 10s, 80, false);
  EXPECT_EQ(line, "reading t  [#####               ]  25 %  2.5 M events/s  ETA 30 s");
}

TEST(ProgressLine, KeepsWhatCannotBeKnownToItself) {
  const std::string line = progressLine("reading t", std::nullopt, 1000, 100ms, 80, false);
  EXPECT_EQ(line, "reading t");
}

TEST(ProgressLine, ShowsNoRemainingTimeAtTheEnd) {
  EXPECT_THAT(progressLine("reading t", 1.0, 100, 10s, 80, false), Not(HasSubstr("ETA")));
}

TEST(ProgressLine, StaysWithinTheTerminalAndKeepsTheEndOfThePath) {
  const std::string path = "reading /a/very/long/way/down/to/some/directory/that/nobody/likes/to/type/trace.dat";
  const std::string line = progressLine(path, 0.5, 5'000, 100s, 80, false);
  EXPECT_LT(line.size(), 80U);
  EXPECT_THAT(line, HasSubstr("trace.dat  ["));
  EXPECT_THAT(line, HasSubstr("ETA 1:40 min"));
}

TEST(ProgressLine, IsTheSameWithColoursButForTheColours) {
  std::string line = progressLine("x", 0.5, 0, 1s, 80, true);
  EXPECT_THAT(line, HasSubstr("\033[32m"));
  for (const std::string code : {"\033[32m", "\033[0m"}) line.erase(line.find(code), code.size());
  EXPECT_EQ(line, progressLine("x", 0.5, 0, 1s, 80, false));
}

TEST(ProgressLine, SurvivesSharesThatCannotBe) {
  EXPECT_THAT(progressLine("x", -0.5, 0, 1s, 80, false), HasSubstr("  0 %"));
  EXPECT_THAT(progressLine("x", 7.0, 0, 1s, 80, false), HasSubstr("100 %"));
}

}  // namespace
}  // namespace descry::cli
