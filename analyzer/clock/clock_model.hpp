// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schemas/store/rows.hpp"

// What did the guest's clock show at a host time, and how sure is that?
//
// Nothing is measured for this: the chains themselves bound the clock. A chain is published (guest) before it is
// fetched (host): at the fetch, the guest's clock showed at least the time of the publication, a Low point (host,
// guest). A chain is used (host) before it is reaped (guest): at the use, the clock showed at most the time of the
// reaping, a High point. A clock is a line guest = host * (1 + drift) + offset. Every line is possible that runs above
// all Low points and below all High points.
//
//       guest                       H = High, L = Low
//         |             H
//         |   H    H      .  ' H      any line through this channel is a possible clock;
//         |      .  -  '   L          how wide the channel is at a host time is the reading's error
//         |  L '    L
//         +--------------------- host
//
// Only the corners of the channel matter: the upper convex hull of the Low points and the lower convex hull of the
// High points. New points come at the end, in host order, so each hull is a stack: pop corners until the turn is
// convex (Andrew's monotone chain), amortised constant time. A point that every possible line satisfies already is
// dropped without touching the hulls: in long recordings nearly all are. Cross products are taken in 128 bits, because
// two hours squared in ns do not fit into 64.
//
// Invariant: [low, high] of a reading contains the true difference of the clocks if the constraints are true and the
// drift stays within +-kMaxDrift. low comes from the Low hull's edge under the host time, high from the High hull's
// edge above it, slopes clamped to the drifts that pairs of points on opposite hulls allow; both are rounded outwards.
//
// Example, offsets (guest minus host) at two host times: L 100 and H 140 at 0, L 110 and H 130 at 1 ms. Half way the
// offset lies within 105 .. 135: reading 120 +- 15.
//
// A point on the wrong side of the channel is a contradiction. One alone is a wrong event and is left out. Three that
// later points do not refute mean that a clock was stepped: the segment ends before the first of them and a new one
// begins. Chains that were under way during the step have one clock's time on one end and the other's on the other, so
// a young segment is started afresh at each contradiction until 24 points in a row agree. Between segments there is no
// reading. When contradictions are all over the data, a probe sits on the wrong side of a store: failed(), no reading.

namespace descry {

/// One inequality between the two clocks that causality guarantees. `host` and `guest` are times relative to the
/// captures' origins.
struct ClockConstraint {
  /// Low: the guest event came first, so at host time `host` the guest clock showed at least `guest`.
  /// High: the host event came first, so it showed at most `guest`.
  enum class Bound : std::uint8_t { Low, High };
  Ns host = 0, guest = 0;
  Bound bound = Bound::Low;
  Ns fetched = kUnseen;  ///< host time of the chain's fetch; kUnseen: the same as `host`
};

/// Guest time minus host time at one instant: it lies within [low, high].
struct ClockReading {
  Ns low = 0, high = 0;
  Ns estimate() const { return low + (high - low) / 2; }
  Ns error() const { return high - low - (high - low) / 2; }
};

/// All clocks of the form guest = host * (1 + drift) + offset that satisfy a set of constraints, kept as two convex
/// hulls (the lower hull of the High points and the upper hull of the Low points): prior work is Trace Compass'
/// fully incremental convex hull; here every reading carries its guaranteed bounds.
/// The drift is assumed to be within +-kMaxDrift: kernels slew by at most 500 ppm, and two crystals stay far below.
class ClockSegment {
 public:
  static constexpr double kMaxDrift = 1e-3;

  /// Adds a constraint; constraints must come with non-decreasing host time. False, and nothing changed, when no clock
  /// can satisfy it together with the others.
  bool add(const ClockConstraint& constraint);
  bool empty() const { return m_low.empty() && m_high.empty(); }
  bool bounded() const { return !m_low.empty() && !m_high.empty(); }
  /// Bounds at a host time; wide outside of the segment's range. Needs bounded().
  ClockReading at(Ns host) const;
  Ns begin() const { return m_begin; }
  Ns end() const { return m_end; }
  /// Ends its range before a host time: what comes then belongs to another clock.
  void endBefore(Ns host) { m_end = host - 1 < m_end ? host - 1 : m_end; }
  std::int64_t constraints() const { return m_constraints; }
  double minDrift() const { return m_minDrift; }
  double maxDrift() const { return m_maxDrift; }
  /// True when the data themselves bound the drift on both sides.
  bool driftMeasured() const { return m_minDrift > -kMaxDrift && m_maxDrift < kMaxDrift; }
  std::string quality() const;
  const std::vector<ClockConstraint>& lowHull() const { return m_low; }
  const std::vector<ClockConstraint>& highHull() const { return m_high; }

 private:
  Ns lowest(Ns host) const;
  Ns highest(Ns host) const;
  void tightenDrift(const ClockConstraint& point);
  static void push(std::vector<ClockConstraint>& hull, const ClockConstraint& point, int sign);

  std::vector<ClockConstraint> m_low, m_high;
  double m_minDrift = -kMaxDrift, m_maxDrift = kMaxDrift;
  Ns m_begin = 0, m_end = 0;
  std::int64_t m_constraints = 0;
};

/// The guest clock over a whole capture pair: segments between steps.
class ClockModel {
 public:
  /// Sorts the constraints and fits. Contradictions that persist start a new segment (the clock was stepped);
  /// single ones are left out and counted.
  explicit ClockModel(std::vector<ClockConstraint> constraints);

  /// Nothing when no segment covers the time or the segment has only one direction.
  std::optional<ClockReading> at(Ns host) const;
  const std::vector<ClockSegment>& segments() const { return m_segments; }
  std::int64_t contradictions() const { return m_contradictions; }
  /// True when the constraints contradict each other all over: a probe sits on the wrong side of a store.
  bool failed() const { return m_failed; }

 private:
  std::vector<ClockSegment> m_segments;
  std::int64_t m_contradictions = 0;
  bool m_failed = false;
  bool m_openEnd = true;  ///< the last segment may be extrapolated
};

/// Clock models by guest capture and host capture.
using Clocks = std::map<std::pair<std::int64_t, std::int64_t>, std::unique_ptr<ClockModel>>;

}  // namespace descry
