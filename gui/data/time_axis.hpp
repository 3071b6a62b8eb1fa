// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "schemas/store/rows.hpp"

namespace descry::gui {

/// One time line for all captures: ns after the first event of the axis' capture, on its clock. The axis' capture is a
/// guest where there is one; the clock model carries the others onto it.
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
  /// +- of a time of this capture on the axis; kUnseen when no clock model connects it: then both begin together.
  Ns error(std::int64_t captureId) const;

 private:
  /// guest - host around one host time, relative to both origins.
  struct Piece {
    Ns begin = 0, middle = 0, offset = 0, error = 0;
    double drift = 0;
  };
  struct Link {
    std::int64_t guest = 0, host = 0;
    std::vector<Piece> pieces;
  };
  static Ns toGuest(const Link& link, Ns host);
  static Ns toHost(const Link& link, Ns guest);
  const Link* linkOf(std::int64_t guest, std::int64_t host) const;

  std::int64_t m_axis = 0;
  Ns m_origin = 0;
  std::vector<Link> m_links;
  std::map<std::int64_t, bool> m_isHost;
};

}  // namespace descry::gui
