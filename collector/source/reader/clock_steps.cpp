// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/reader/clock_steps.hpp"

#include <fmt/format.h>

#include <limits>

#include "collector/source/reader/source_format.hpp"

namespace descry {

namespace {

/// Damaged times may be anything.
Ns difference(Ns later, Ns earlier) {
  Ns result = 0;
  return __builtin_sub_overflow(later, earlier, &result) ? std::numeric_limits<Ns>::max() : result;
}

}  // namespace

Ns ClockSteps::shifted(Ns time) const {
  Ns result = 0;
  if (!__builtin_add_overflow(time, m_shifts.back(), &result)) return result;
  return time < 0 ? std::numeric_limits<Ns>::min() : std::numeric_limits<Ns>::max();
}

Ns ClockSteps::wentBack(const void* stream, Ns time, Ns last, const std::optional<std::string>& clock, Batch& batch) {
  Stream& state = m_streams[stream];
  const Ns read = any() && state.era == m_shifts.size() ? state.read : time;
  Ns now = time;
  if (state.era < m_shifts.size()) {
    state = {m_shifts.size(), read};
    now = shifted(read);
    if (now >= last) return now;
  }
  if (difference(last, now) < m_smallest) return turnBack(now, last, batch);
  m_step = difference(last, now);
  m_shifts.push_back(difference(last, read));
  state = {m_shifts.size(), read};
  batch.anomalies.push_back(
      {"clock-stepped", last,
       fmt::format("the clock{} went back by {:.6f} s; the times after it count on from the last event before, and "
                   "what was under way then is too short",
                   clock ? " " + *clock : std::string(), static_cast<double>(m_step) * 1e-9)});
  return last;
}

Ns ClockSteps::rebased(const void* stream, Ns time, Ns last) {
  if (!any()) return time;
  Stream& state = m_streams[stream];
  if (state.era == 0) return time;
  // A single wild time looks like a step back and one forward.
  if (time >= last && difference(time, state.read) >= m_step / 2) {
    m_shifts.push_back(0);
    m_step = std::numeric_limits<Ns>::max();
  }
  state = {m_shifts.size(), time};
  return shifted(time);
}

}  // namespace descry
