// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/clock/clock_model.hpp"

#include <algorithm>
#include <utility>

namespace descry {

namespace {

/// Contradictions that must come before a step is believed: one alone is a wrong event.
constexpr std::size_t kStepEvidence = 3;
/// A contradiction is forgotten when so many later constraints contradict it in turn.
constexpr int kRefutations = 3;
/// While a new segment is that young, a contradiction restarts it: chains that were under way during the step carry one
/// clock's time on one end and the other's on the other.
constexpr std::int64_t kSettled = 24;

}  // namespace

ClockModel::ClockModel(std::vector<ClockConstraint> constraints) {
  std::stable_sort(constraints.begin(), constraints.end(),
                   [](const ClockConstraint& a, const ClockConstraint& b) { return a.host < b.host; });
  ClockSegment current;
  std::vector<ClockConstraint> pending;
  ClockSegment doubt;  ///< the clock that the pending contradictions would mean
  int refuted = 0;
  bool settling = false;
  std::int64_t settledAt = 0;
  for (const ClockConstraint& constraint : constraints) {
    if (current.add(constraint)) {
      if (settling && current.constraints() - settledAt >= kSettled) settling = false;
      if (pending.empty()) continue;
      ClockSegment trial = doubt;
      if (!trial.add(constraint) && ++refuted >= kRefutations) pending.clear();
      continue;
    }
    ++m_contradictions;
    if (settling) {
      current = ClockSegment{};
      current.add(constraint);
      settledAt = 0;
      continue;
    }
    if (pending.empty()) {
      doubt = ClockSegment{};
      refuted = 0;
    }
    pending.push_back(constraint);
    doubt.add(constraint);
    if (pending.size() < kStepEvidence) continue;
    // A chain whose used entry contradicts was fetched under a doubtful clock as well.
    const ClockConstraint& contradiction = pending.front();
    current.endBefore(seen(contradiction.fetched) ? contradiction.fetched : contradiction.host);
    m_segments.push_back(std::exchange(current, ClockSegment{}));
    for (const ClockConstraint& late : std::exchange(pending, {})) {
      if (current.add(late)) continue;
      current = ClockSegment{};
      current.add(late);
    }
    settling = true;
    settledAt = 0;
  }
  if (!pending.empty()) {
    // Too few to tell a step from wrong events, and nothing refuted them: what follows has no clock.
    const ClockConstraint& contradiction = pending.front();
    current.endBefore(seen(contradiction.fetched) ? contradiction.fetched : contradiction.host);
    m_openEnd = false;
  }
  if (!current.empty()) m_segments.push_back(std::move(current));
  std::int64_t kept = 0;
  for (const ClockSegment& segment : m_segments) kept += segment.constraints();
  const auto total = static_cast<std::int64_t>(constraints.size());
  // Most of the data must agree with the model that is made of it.
  m_failed = total > 4 && (kept * 2 < total || m_contradictions * 4 > total);
}

std::optional<ClockReading> ClockModel::at(Ns host) const {
  if (m_failed || m_segments.empty()) return std::nullopt;
  // Between two segments the clock was stepped at an unknown moment; before the first and after the last the bounds
  // just get wider.
  for (std::size_t i = 0; i < m_segments.size(); ++i) {
    const ClockSegment& segment = m_segments[i];
    const bool reaches =
        (i == 0 || host >= segment.begin()) && ((i + 1 == m_segments.size() && m_openEnd) || host <= segment.end());
    if (reaches && segment.bounded()) return segment.at(host);
  }
  return std::nullopt;
}

}  // namespace descry
