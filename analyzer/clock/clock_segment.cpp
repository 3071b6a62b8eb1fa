// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>

#include "analyzer/clock/clock_model.hpp"

namespace descry {

namespace {

__extension__ typedef __int128 Wide;

/// > 0: o, a, b turn left. 128 bit, because the product of two hours in ns exceeds 64.
Wide cross(const ClockConstraint& o, const ClockConstraint& a, const ClockConstraint& b) {
  return static_cast<Wide>(a.host - o.host) * (b.guest - o.guest) -
         static_cast<Wide>(a.guest - o.guest) * (b.host - o.host);
}

/// Slope minus one of the line through two points: differences of offsets stay small, so a double is exact enough.
double drift(const ClockConstraint& a, const ClockConstraint& b) {
  return static_cast<double>((b.guest - b.host) - (a.guest - a.host)) / static_cast<double>(b.host - a.host);
}

/// Offset at `host` of the line with this drift through a point.
double offsetThrough(const ClockConstraint& point, double slope, Ns host) {
  return static_cast<double>(point.guest - point.host) + slope * static_cast<double>(host - point.host);
}

/// Drift of the hull edge that covers `host`; beyond the ends the steepest the limits allow.
double edgeDrift(const std::vector<ClockConstraint>& hull, Ns host, double before, double after) {
  const auto next =
      std::partition_point(hull.begin(), hull.end(), [&](const ClockConstraint& p) { return p.host <= host; });
  if (next == hull.begin()) return before;
  if (next == hull.end()) return after;
  return drift(*(next - 1), *next);
}

}  // namespace

void ClockSegment::push(std::vector<ClockConstraint>& hull, const ClockConstraint& point, int sign) {
  if (!hull.empty() && hull.back().host == point.host) {
    const bool tighter = sign > 0 ? point.guest > hull.back().guest : point.guest < hull.back().guest;
    if (!tighter) return;
    hull.pop_back();
  }
  while (hull.size() >= 2 && sign * cross(hull[hull.size() - 2], hull.back(), point) >= 0) hull.pop_back();
  hull.push_back(point);
}

Ns ClockSegment::highest(Ns host) const {
  // The highest feasible clock at `host` touches the hull edge above it, as far as the drift limits allow its slope.
  const double slope = std::clamp(edgeDrift(m_high, host, m_minDrift, m_maxDrift), m_minDrift, m_maxDrift);
  double best = std::numeric_limits<double>::infinity();
  for (const ClockConstraint& point : m_high) best = std::min(best, offsetThrough(point, slope, host));
  return static_cast<Ns>(std::ceil(best));
}

Ns ClockSegment::lowest(Ns host) const {
  const double slope = std::clamp(edgeDrift(m_low, host, m_maxDrift, m_minDrift), m_minDrift, m_maxDrift);
  double best = -std::numeric_limits<double>::infinity();
  for (const ClockConstraint& point : m_low) best = std::max(best, offsetThrough(point, slope, host));
  return static_cast<Ns>(std::floor(best));
}

ClockReading ClockSegment::at(Ns host) const {
  ClockReading reading{lowest(host), highest(host)};
  if (reading.low > reading.high) std::swap(reading.low, reading.high);  // one ns of rounding apart
  return reading;
}

void ClockSegment::tightenDrift(const ClockConstraint& point) {
  const bool low = point.bound == ClockConstraint::Bound::Low;
  for (const ClockConstraint& other : low ? m_high : m_low) {
    if (other.host == point.host) continue;
    const double slope = drift(other, point);
    // A Low point before a High one limits the drift from above, the other order from below.
    const bool limitsAbove = low ? point.host < other.host : other.host < point.host;
    if (limitsAbove)
      m_maxDrift = std::min(m_maxDrift, slope);
    else
      m_minDrift = std::max(m_minDrift, slope);
  }
}

bool ClockSegment::add(const ClockConstraint& point) {
  const bool low = point.bound == ClockConstraint::Bound::Low;
  const Ns offset = point.guest - point.host;
  const auto& opposite = low ? m_high : m_low;
  const auto& same = low ? m_low : m_high;
  if (!opposite.empty() && (low ? offset > highest(point.host) : offset < lowest(point.host))) return false;
  const bool first = empty();
  m_begin = first ? point.host : std::min(m_begin, point.host);
  m_end = first ? point.host : std::max(m_end, point.host);
  ++m_constraints;
  // A point that every feasible clock satisfies anyway changes nothing.
  if (!same.empty() && !opposite.empty() && (low ? offset <= lowest(point.host) : offset >= highest(point.host)))
    return true;
  push(low ? m_low : m_high, point, low ? 1 : -1);
  tightenDrift(point);
  if (m_minDrift > m_maxDrift) m_minDrift = m_maxDrift = (m_minDrift + m_maxDrift) / 2;  // rounding of the last bit
  return true;
}

std::string ClockSegment::quality() const {
  if (empty()) return "absent";
  if (!bounded()) return "incomplete";
  return driftMeasured() ? "accurate" : "approximate";
}

}  // namespace descry
