// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "schemas/model/points.hpp"

namespace descry {

/// When something happened on a queue, to about 8 ms. Not thread-safe.
class Activity {
 public:
  /// Fast, and small, where times mostly rise.
  void note(Ns at) {
    const std::int64_t tick = at >> kTickShift;
    if (!m_ticks.empty() && tick == m_ticks.back()) return;
    m_sorted = m_sorted && (m_ticks.empty() || tick > m_ticks.back());
    m_ticks.push_back(tick);
  }

  bool any(Ns begin, Ns end) {
    if (!m_sorted) std::sort(m_ticks.begin(), m_ticks.end());
    m_sorted = true;
    const auto first = std::lower_bound(m_ticks.begin(), m_ticks.end(), begin >> kTickShift);
    return first != m_ticks.end() && *first <= end >> kTickShift;
  }

 private:
  static constexpr int kTickShift = 23;

  std::vector<std::int64_t> m_ticks;
  bool m_sorted = true;
};

}  // namespace descry
