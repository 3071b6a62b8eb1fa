// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/event/source.hpp"

namespace descry {

/// What becomes of times when the clock of a trace is set back. Times then count on from the last event before, so that
/// durations stay what they were; only what was under way at that moment is too short. All streams of a trace have one
/// clock, so what one of them shows holds for all.
class ClockSteps {
 public:
  /// `smallest`: what goes back by less is an event that was written late, not a step.
  explicit ClockSteps(Ns smallest) : m_smallest(smallest) {}

  /// Whether the clock was set back at all. Until then rebased() changes nothing.
  bool any() const { return !m_shifts.empty(); }
  /// For an event of `stream` that is older than the trace's last one: the time to use, which is not before `last`.
  /// Reports what it met.
  Ns wentBack(const void* stream, Ns time, Ns last, const std::optional<std::string>& clock, Batch& batch);
  /// For any other event: its time, counted on.
  Ns rebased(const void* stream, Ns time, Ns last);

 private:
  struct Stream {
    std::size_t era = 0;  ///< how many of the steps it has made
    Ns read = 0;          ///< what the clock showed at its last event
  };

  Ns shifted(Ns time) const;

  Ns m_smallest;
  std::vector<Ns> m_shifts;  ///< what is added since each step
  Ns m_step = 0;             ///< how far the last one went back
  std::map<const void*, Stream> m_streams;
};

}  // namespace descry
