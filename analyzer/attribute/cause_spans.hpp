// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "schemas/model/points.hpp"

namespace descry {

/// A stretch of a chain's latency that belongs to one cause.
struct CauseSpan {
  Ns begin = 0, end = 0;  ///< on the chain's clock
  Cause cause = Cause::Unattributed;
  Point from{}, to{};      ///< the neighbouring points that it lies between
  bool induced = false;    ///< iotlb: the queue stood still for another chain or for the ring itself
  bool somewhere = false;  ///< its length was recorded, its place was not: it lies somewhere between `from` and `to`

  Ns length() const { return end - begin; }
  bool operator==(const CauseSpan&) const = default;
};

/// Where a part of a span is put whose place was not recorded: as early or as late as there is room.
enum class Place : std::uint8_t { First, Last };

/// The exact spans of one chain's causes. They tile its latency: no gap, no overlap, in the order of time. Claims tells
/// it which stretches exist and what was claimed of them; what no rule claims stays unattributed. Only who shows a
/// chain needs this: the pass over all chains sums up without it.
class CauseSpans {
 public:
  /// A stretch between two neighbouring points, after the one before it.
  void open(Ns begin, Ns end, Point from, Point to) {
    m_spans.push_back({begin, end, Cause::Unattributed, from, to});
    m_claimed.push_back(false);
  }
  /// What is unclaimed within [begin, end].
  void claim(Ns begin, Ns end, Cause cause, bool induced);
  /// `ns` of what is unclaimed within [begin, end]; where was not recorded.
  void claimSomewhere(Ns begin, Ns end, Cause cause, Ns ns, Place place);

  const std::vector<CauseSpan>& spans() const { return m_spans; }

 private:
  /// Gives [begin, end] of an unclaimed span to a cause; what is left on either side becomes a span of its own.
  /// Returns where the claimed part is now.
  std::size_t carve(std::size_t index, Ns begin, Ns end, Cause cause);
  bool isFree(std::size_t index, Ns begin, Ns end) const {
    return !m_claimed[index] && m_spans[index].begin < end && begin < m_spans[index].end;
  }

  std::vector<CauseSpan> m_spans;
  std::vector<bool> m_claimed;
};

}  // namespace descry
