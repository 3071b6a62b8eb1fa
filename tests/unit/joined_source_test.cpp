// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/reader/joined_source.hpp"

#include <gtest/gtest.h>

#include "collector/source/reader/piece.hpp"
#include "collector/source/text/ftrace_text.hpp"

namespace descry {
namespace {

struct Whole {
  std::vector<Event> events;
  std::size_t losses = 0;
  TraceInfo info;
};

Whole joined(const std::vector<std::string>& texts) {
  std::vector<std::unique_ptr<Source>> pieces;
  for (const std::string& text : texts) pieces.push_back(readFtraceText(text, {}));
  const auto source = joinPieces(std::move(pieces));
  Whole whole;
  for (Batch batch; source->read(batch);) {
    whole.events.insert(whole.events.end(), batch.events.begin(), batch.events.end());
    whole.losses += batch.losses.size();
  }
  whole.info = source->info();
  return whole;
}

const std::string kFirst = "a-1 [000] 1.000001: miss: vq=0x1 iova=0x1000\n";
const std::string kSecond = "a-1 [000] 1.000002: miss: vq=0x1 iova=0x2000\n";
const std::string kThird = "a-1 [000] 1.000003: miss: vq=0x1 iova=0x3000\n";

TEST(JoinedSource, EventsOfSeveralPiecesComeInTheOrderOfTime) {
  const Whole whole = joined({kSecond, kFirst + kThird});
  ASSERT_EQ(whole.events.size(), 3U);
  EXPECT_EQ(whole.events[0][Field::Iova], 0x1000U);
  EXPECT_EQ(whole.events[1][Field::Iova], 0x2000U);
  EXPECT_EQ(whole.events[2][Field::Iova], 0x3000U);
  EXPECT_EQ(whole.info.first, 1000001000);
  EXPECT_EQ(whole.info.last, 1000003000);
  EXPECT_EQ(whole.info.counts.at("miss").count, 3);
}

TEST(JoinedSource, WhatSeveralPiecesHoldComesOnce) {
  const Whole whole = joined({kFirst + kSecond, kSecond + kThird});
  EXPECT_EQ(whole.events.size(), 3U);
  EXPECT_EQ(whole.info.counts.at("miss").count, 3);
}

// Two equal lines of one piece are two events: a time in microseconds does not tell them apart.
TEST(JoinedSource, EqualEventsOfOnePieceStay) {
  const Whole whole = joined({kFirst + kSecond + kSecond, kSecond + kThird});
  EXPECT_EQ(whole.events.size(), 4U);
  EXPECT_EQ(whole.info.counts.at("miss").count, 4);
}

TEST(JoinedSource, ALossThatSeveralPiecesReportIsOne) {
  const std::string lossy = kFirst + "CPU:0 [LOST 5 EVENTS]\n" + kSecond;
  EXPECT_EQ(joined({lossy, lossy + kThird}).losses, 1U);
}

TEST(Piece, SharedMarksJoinAndOtherMachinesAndClocksDoNot) {
  const Piece one{"", "", 10, 20, {0}, {"guest 1"}};
  Piece other{"", "", 30, 40, {0}, {"guest 1", "guest 2"}};
  EXPECT_TRUE(ofOneRecording(one, other, false));
  other.marks = {"guest 2"};
  EXPECT_FALSE(ofOneRecording(one, other, true));
  Piece host{"host a", "mono", 10, 20, {}, {}}, same{"host a", "mono", 15, 30, {}, {}};
  EXPECT_TRUE(ofOneRecording(host, same, true));
  EXPECT_FALSE(ofOneRecording(host, same, false)) << "nobody says that both are of one side";
  same.clock = "local";
  EXPECT_FALSE(ofOneRecording(host, same, true));
  same.clock = "mono";
  same.machine = "host b";
  EXPECT_FALSE(ofOneRecording(host, same, true));
}

TEST(Piece, CpusOfOneMachineJoinOnlyWhereTheirTimesOverlap) {
  const Piece one{"", "", 10, 20, {0}, {"guest 1"}};
  EXPECT_TRUE(ofOneRecording(one, {"", "", 12, 18, {1}, {"guest 2"}}, true));
  EXPECT_FALSE(ofOneRecording(one, {"", "", 12, 18, {0}, {"guest 2"}}, true));
  EXPECT_FALSE(ofOneRecording(one, {"", "", 21, 30, {1}, {"guest 2"}}, true));
}

}  // namespace
}  // namespace descry
