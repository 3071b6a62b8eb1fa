// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "analyzer/clock/clock_model.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// The row that keeps a segment: its middle as a line, and the largest +- inside. `origins`: the guest capture's origin
/// minus the host capture's.
ClockSegmentRow storedSegment(const ClockSegment& segment, bool failed, Ns origins);

/// The clock of a guest and a host capture as its rows keep it, for times that belong to no chain: a line per segment,
/// in its middle at most error_ns off, and drift_error_ppb more for each ns from there. Times are relative to the
/// captures' origins.
class StoredClock {
 public:
  /// Rows without a reading (quality absent or incomplete) are passed over.
  void add(const ClockSegmentRow& row, Ns origins);
  bool empty() const { return m_pieces.empty(); }
  Ns toGuest(Ns host) const;
  Ns toHost(Ns guest) const;
  /// The largest +- of all segments.
  Ns error() const;

 private:
  /// guest - host around one host time.
  struct Piece {
    Ns begin = 0, middle = 0, offset = 0, error = 0;
    double drift = 0;
    Ns toGuest(Ns host) const;
  };
  std::vector<Piece> m_pieces;  ///< by begin
};

}  // namespace descry
