// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "collector/facts/apply_facts.hpp"

namespace descry {

namespace {

std::int64_t sum(const std::map<int, std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0},
                         [](std::int64_t so_far, const auto& entry) { return so_far + entry.second; });
}

void addSkippedProbes(FactStore& store, const CaptureRow& capture, const SideFacts& facts) {
  const std::int64_t missed = capture.probesMissed;
  if (!seen(missed) || missed == 0) return;
  std::string events;
  for (const auto& [event, count] : facts.missedByEvent)
    events += fmt::format("{}{} {}", events.empty() ? ": " : ", ", event, count);
  store.anomaly("probes-missed", Doubt::Warning, capture.captureId, kUnseenQueue, kUnseen,
                fmt::format("{} probe hits were skipped because they nested{}", missed, events));
  store.addLoss({.captureId = capture.captureId, .begin = 0, .end = capture.last, .count = missed, .reason = "missed"});
}

/// Losses that only the ring buffer's statistics know. A tracer that lost events in the middle of its file marked the
/// places, so then the statistics say nothing new.
void addBufferLosses(FactStore& store, CaptureRow& capture, const SideFacts& facts, const TraceSurvey& survey) {
  const bool marked =
      std::ranges::any_of(survey.losses(), [](const LossRange& loss) { return loss.reason != "truncated"; });
  const std::int64_t lost = sum(facts.overwritten) + sum(facts.dropped);
  if (lost > 0 && capture.discarded >= 0) capture.discarded = std::max(capture.discarded, lost);
  if (marked) return;
  for (const auto& [cpu, count] : facts.overwritten) {
    // The oldest events of a CPU went: what is missing lies before the first one that is left of it.
    const auto first = survey.firstOf(cpu);
    const Ns end = first ? *first - capture.origin : capture.last;
    store.addLoss({.captureId = capture.captureId, .begin = 0, .end = end, .count = count, .reason = "overwritten"});
  }
  for (const auto& [cpu, count] : facts.dropped)
    store.addLoss(
        {.captureId = capture.captureId, .begin = 0, .end = capture.last, .count = count, .reason = "discarded"});
}

}  // namespace

void applySideFacts(FactStore& store, const SurveyedCapture& surveyed, const SideFacts& facts) {
  CaptureRow& capture = store.captures[static_cast<std::size_t>(surveyed.captureId - 1)];
  if (!capture.kernel && facts.kernel) capture.kernel = facts.kernel;
  if (facts.probesMissed) capture.probesMissed = *facts.probesMissed;
  addSkippedProbes(store, capture, facts);
  addBufferLosses(store, capture, facts, surveyed.survey);
}

}  // namespace descry
