// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "samples/simulate/truth.hpp"

namespace descry::simulate {

/// Writes down when one queue could not go on for want of a translation: from the first miss to the moment it came past.
class StallLog {
 public:
  /// `position` is kUnseen for ring metadata.
  void missed(RingTruth& ring, std::int64_t position, Ns now) {
    if (m_open && m_stall.position != position) passed(ring, m_stall.position, now);
    if (!m_open) m_stall = {{now, now}, position};
    m_open = true;
  }
  void passed(RingTruth& ring, std::int64_t position, Ns now) {
    if (!m_open || m_stall.position != position) return;
    m_stall.span.end = now;
    ring.stalls.push_back(m_stall);
    m_open = false;
  }

 private:
  bool m_open = false;
  StallTruth m_stall;
};

}  // namespace descry::simulate
