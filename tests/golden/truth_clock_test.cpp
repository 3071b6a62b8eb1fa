// SPDX-License-Identifier: GPL-2.0-or-later
// The clock model against the bounds that causality gives in truth.json, and against the whole of each trace.
#include "tests/golden/truth_fixture.hpp"

namespace descry::golden {

class TruthClock : public Truth {
 protected:
  bool bothSides() const { return truth().contains("clock_offset_host_minus_guest_ns"); }
  std::int64_t low() const { return truth()["clock_offset_host_minus_guest_ns"]["low"]; }
  std::int64_t high() const { return truth()["clock_offset_host_minus_guest_ns"]["high"]; }
};

TEST_P(TruthClock, OffsetAgreesWithTheBoundsOfTheTruthFile) {
  if (!bothSides()) GTEST_SKIP() << "nothing was matched in the truth file";
  const auto segments = reference().rows("SELECT offset_ns, error_ns FROM clock_segment");
  // These clocks never step: CLOCK_MONOTONIC of machines that ran undisturbed.
  ASSERT_EQ(segments.size(), 1U);
  const std::int64_t offset = -segments[0][0], error = segments[0][1];
  EXPECT_GE(error, 0);
  EXPECT_LE(offset - error, high()) << "our host minus guest " << offset << " +- " << error;
  EXPECT_GE(offset + error, low()) << "our host minus guest " << offset << " +- " << error;
  EXPECT_THAT(reference().text("SELECT quality FROM clock_segment"), testing::AnyOf("accurate", "approximate"));
}

TEST_P(TruthClock, EveryPairedChainUsesAShiftThatAgreesWithTheTruthFile) {
  if (!bothSides()) GTEST_SKIP() << "nothing was matched in the truth file";
  const std::string offset =
      "(SELECT h.origin_ns - g.origin_ns FROM capture g JOIN capture h WHERE g.side = 'guest' AND h.side = 'host')";
  const auto rows =
      reference().rows("SELECT position, " + offset +
                       " - host_shift_ns, cross_error_ns FROM chain WHERE pair_id IS NOT NULL AND NOT flags & 64");
  EXPECT_EQ(static_cast<std::int64_t>(rows.size()),
            reference().integer("SELECT count(*) FROM chain WHERE pair_id IS NOT NULL"));
  for (const auto& row : rows) {
    EXPECT_LE(row[1] - row[2], high()) << "position " << row[0];
    EXPECT_GE(row[1] + row[2], low()) << "position " << row[0];
  }
}

TEST_P(TruthClock, NoSuccessfulFetchPrecedesItsAddAndNoGetItsUsedEntry) {
  // Causality, on the model's time: a violation beyond the error is a wrong clock or a wrong pair.
  EXPECT_EQ(
      reference().integer("SELECT count(*) FROM chain c JOIN pair_segment p USING (pair_id)"
                          " JOIN guest_half g ON (g.queue_id, g.epoch, g.position) = (c.queue_id, c.epoch, c.position)"
                          " JOIN host_half h ON (h.queue_id, h.epoch, h.position) ="
                          " (p.host_queue_id, p.host_epoch, c.position - p.shift)"
                          " WHERE h.f_ns + c.host_shift_ns + c.cross_error_ns < g.q_ns"
                          " OR g.q_ns + g.r_ns < h.f_ns + h.u_ns + c.host_shift_ns - c.cross_error_ns"),
      0);
}

TEST_P(TruthClock, HostOnlyCapturesHaveNoClockModel) {
  if (reference().has("guest")) GTEST_SKIP() << "both sides were recorded";
  EXPECT_EQ(reference().integer("SELECT count(*) FROM clock_segment WHERE quality <> 'absent'"), 0);
  EXPECT_EQ(reference().integer("SELECT count(*) FROM chain WHERE host_shift_ns IS NOT NULL"), 0);
}

FOR_EVERY_CASE(TruthClock);

}  // namespace descry::golden
