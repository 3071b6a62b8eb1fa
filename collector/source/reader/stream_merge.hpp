// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "collector/event/source.hpp"
#include "collector/source/reader/clock_steps.hpp"
#include "collector/source/reader/source_format.hpp"

namespace descry {

/// Puts the events of several streams in the order of time; of the same time, in the order of the streams. A Stream has
/// `ns`, the time of the event it stands at, and `last`, that of the event before. An event that is a little
/// older than the one before it in its own stream is moved to that one's time; if it is much older, the clock was set
/// back.
template <typename Stream>
class StreamMerge {
 public:
  /// Begins with the streams for which `advance(stream)` finds an event. They must stay where they are.
  template <typename Advance>
  void start(std::vector<Stream>& streams, Advance&& advance) {
    for (Stream& stream : streams)
      if (advance(stream)) m_heap.push_back(&stream);
    std::make_heap(m_heap.begin(), m_heap.end(), later);
  }

  bool empty() const { return m_heap.empty(); }

  /// Fills a batch: `decode(stream)` hands on the event that a stream stands at, `advance(stream)` goes to the next.
  template <typename Decode, typename Advance>
  void run(Batch& batch, TraceInfo& info, Decode&& decode, Advance&& advance) {
    // Also stop after many events that are only counted, so that progress and cancelling keep working.
    for (std::size_t steps = 0; steps < 8 * kBatchEvents && !m_heap.empty();) {
      std::pop_heap(m_heap.begin(), m_heap.end(), later);
      Stream& stream = *m_heap.back();
      const Ns limit = m_heap.size() > 1 ? m_heap.front()->ns : std::numeric_limits<Ns>::max();
      if (!info.first) info.first = stream.ns;
      bool more = true;
      do {
        if (info.last && stream.ns < *info.last) [[unlikely]]
          stream.ns = m_steps.wentBack(&stream, stream.ns, *info.last, info.clock, batch);
        decode(stream);
        stream.last = info.last = stream.ns;
        info.heard.note(stream.ns);
        more = advance(stream);
        if (more && m_steps.any()) [[unlikely]]
          stream.ns = m_steps.rebased(&stream, stream.ns, *info.last);
        ++steps;
      } while (more && stream.ns < limit && batch.events.size() < kBatchEvents);
      if (more)
        std::push_heap(m_heap.begin(), m_heap.end(), later);
      else
        m_heap.pop_back();
      if (batch.events.size() >= kBatchEvents) break;
    }
  }

 private:
  static bool later(const Stream* a, const Stream* b) { return a->ns != b->ns ? a->ns > b->ns : a > b; }

  static constexpr Ns kSmallestStep = 10'000;  // as long as a tracer may be interrupted between time and event

  ClockSteps m_steps{kSmallestStep};
  std::vector<Stream*> m_heap;  ///< streams that stand at an event, earliest on top
};

}  // namespace descry
