// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <vector>

#include "schemas/store/rows.hpp"

namespace descry {

/// When a queue stood still because of translation: chains' own stalls and ring-metadata stalls, on the host clock.
/// Answers how much of a span other chains' stalls took, in logarithmic time.
class StallIndex {
 public:
  void add(Ns begin, Ns end) {
    if (end > begin) m_stalls.push_back({begin, end, 0});
  }

  /// Merges and sums up; call once after the last add().
  void build() {
    std::sort(m_stalls.begin(), m_stalls.end(), [](const Stall& a, const Stall& b) { return a.begin < b.begin; });
    std::vector<Stall> merged;
    for (const Stall& stall : m_stalls) {
      if (!merged.empty() && stall.begin <= merged.back().end)
        merged.back().end = std::max(merged.back().end, stall.end);
      else
        merged.push_back(stall);
    }
    Ns total = 0;
    for (Stall& stall : merged) {
      stall.before = total;
      total += stall.end - stall.begin;
    }
    m_stalls = std::move(merged);
  }

  bool empty() const { return m_stalls.empty(); }

  /// Time within [begin, end] during which the queue was stalled.
  Ns within(Ns begin, Ns end) const { return end > begin ? until(end) - until(begin) : 0; }

  /// Calls take(begin, end) for each part of [begin, end] during which the queue was stalled, in the order of time.
  template <typename Take>
  void forEachWithin(Ns begin, Ns end, Take&& take) const {
    auto stall = std::partition_point(m_stalls.begin(), m_stalls.end(), [&](const Stall& s) { return s.end <= begin; });
    for (; stall != m_stalls.end() && stall->begin < end; ++stall)
      take(std::max(begin, stall->begin), std::min(end, stall->end));
  }

 private:
  struct Stall {
    Ns begin, end, before;
  };

  Ns until(Ns time) const {
    const auto next =
        std::partition_point(m_stalls.begin(), m_stalls.end(), [&](const Stall& s) { return s.begin < time; });
    if (next == m_stalls.begin()) return 0;
    const Stall& last = *(next - 1);
    return last.before + std::min(time, last.end) - last.begin;
  }

  std::vector<Stall> m_stalls;
};

}  // namespace descry
