// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/clock/clock_doubts.hpp"

#include <fmt/format.h>

#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

/// Kernels slew a clock by 500 ppm at most, and crystals stay far below.
constexpr std::int64_t kMostDriftPpb = 500'000;
/// A clock that is set or a machine that is paused divides a recording; what does not fit leaves short pieces.
constexpr std::int64_t kFewConstraints = 64;

// The least drift is what the data leave possible; it is 0 where the drift may be 0. A piece that is bounded on one
// side alone says nothing of the clock, but that there is one is odd.
constexpr const char* kPaired =
    "SELECT p.guest_device_id, d.name, t.total_ns / t.chains,"
    " max(CASE WHEN s.quality <> 'incomplete' THEN s.error_ns END),"
    " max(max(abs(s.drift_ppb) - s.drift_error_ppb, 0)), count(*), min(s.constraints), max(s.quality = 'fail')"
    " FROM device_pair p JOIN device d ON d.device_id = p.guest_device_id"
    " JOIN device h ON h.device_id = p.host_device_id AND p.main = 1"
    " JOIN clock_segment s ON s.guest_capture_id = d.capture_id AND s.host_capture_id = h.capture_id"
    " JOIN cause_total t ON t.device_id = p.guest_device_id AND t.level = 'device' AND t.cause = 'latency'"
    " AND t.scope = 'full'"
    " WHERE s.quality <> 'absent' AND t.chains > 0"
    " GROUP BY p.guest_device_id, d.name, t.total_ns, t.chains ORDER BY p.guest_device_id";

}  // namespace

std::vector<ClockDoubt> readClockDoubts(const Database& database) {
  std::vector<ClockDoubt> doubts;
  Statement rows = database.prepare(kPaired);
  while (rows.step()) {
    const Ns mean = rows.integer(2), error = rows.integerOr(3, 0);
    const std::int64_t drift = rows.integer(4), segments = rows.integer(5), constraints = rows.integer(6);
    std::string why;
    if (rows.integer(7) != 0)
      why = "the times of the two sides contradict each other, whatever the clocks did";
    else if (error >= mean)
      why = fmt::format("the clocks are known to ±{} only, and its requests take {} on average", timeText(error),
                        timeText(mean));
    else if (drift > kMostDriftPpb)
      why = fmt::format("the clocks would drift apart by {} ppm at least, which clocks do not", drift / 1000);
    else if (segments > 1 && constraints < kFewConstraints)
      why = fmt::format("the clocks fit only in {} pieces, one of which rests on {}", segments,
                        countText(constraints, "bound", "bounds"));
    else
      continue;
    doubts.push_back({rows.deviceId(0), std::string(rows.text(1)), std::move(why)});
  }
  return doubts;
}

}  // namespace descry
