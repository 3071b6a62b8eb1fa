// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "analyzer/clock/stored_clock.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// Half-open, in ns on the axis.
struct TimeRange {
  Ns begin = 0, end = 0;
  Ns length() const { return end - begin; }
  bool contains(Ns ns) const { return begin <= ns && ns < end; }
  auto operator<=>(const TimeRange&) const = default;
};

/// The capture whose clock a time line for all of them has: the guest with the most events, whose chains are then
/// placed exactly; without a guest the first. 0: there is none.
std::int64_t axisCaptureOf(const std::vector<CaptureRow>& captures);

/// One time line for all captures: ns after the first event of the axis' capture, on its clock. The axis' capture is a
/// guest where there is one; the stored clocks carry the others onto it.
class TimeAxis {
 public:
  TimeAxis() = default;
  TimeAxis(const std::vector<CaptureRow>& captures, const std::vector<ClockSegmentRow>& clock,
           std::int64_t axisCapture);

  std::int64_t capture() const { return m_axis; }
  /// `ns` relative to the capture's origin, as all times of facts and results.
  Ns toAxis(std::int64_t captureId, Ns ns) const;
  Ns fromAxis(std::int64_t captureId, Ns axis) const;
  /// The trace's own timestamp of a time on the axis.
  Ns traceTime(Ns axis) const { return axis + m_origin; }
  Ns fromTraceTime(Ns ns) const { return ns - m_origin; }
  /// +- of a time of this capture on the axis; kUnseen when no clock connects it: then both begin together.
  Ns error(std::int64_t captureId) const;

 private:
  using Links = std::map<std::pair<std::int64_t, std::int64_t>, StoredClock>;  ///< by guest and host capture

  /// nullptr: no clock connects them.
  const StoredClock* link(std::int64_t guest, std::int64_t host) const;
  /// The first clock of a guest, with the host that it goes to.
  Links::const_iterator linkOf(std::int64_t guest) const;
  bool isHost(std::int64_t captureId) const;

  std::int64_t m_axis = 0;
  Ns m_origin = 0;
  Links m_links;
  std::map<std::int64_t, bool> m_isHost;
};

}  // namespace descry
