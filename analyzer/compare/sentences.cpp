// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/compare/sentences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

/// The causes that made most of the difference in the same direction, largest first.
std::string byWhat(const ComparedLevel& level, bool slower, const ComparisonOptions& options) {
  std::vector<const ComparedCause*> causes;
  for (const ComparedCause& cause : level.causes)
    if (cause.cause != "iotlb_induced" && cause.mean.significant && (cause.mean.difference() > 0) == slower &&
        std::abs(cause.mean.difference()) >= options.threshold * level.mean.base)
      causes.push_back(&cause);
  std::stable_sort(causes.begin(), causes.end(), [](const ComparedCause* a, const ComparedCause* b) {
    return std::abs(a->mean.difference()) > std::abs(b->mean.difference());
  });
  std::string text;
  for (const ComparedCause* cause : causes)
    text += fmt::format("{}{} {} per chain", text.empty() ? "" : ", ", cause->cause,
                        signedTimeText(cause->mean.difference()));
  return text.empty() ? "" : ": " + text;
}

struct Measured {
  const char* name;
  const Change* change;
};

/// One sentence for a device, about the first of mean, median and tail that changed.
std::string sentence(const ComparedLevel& level, const Measured& measured, const ComparisonOptions& options) {
  const Change& change = *measured.change;
  const bool slower = change.difference() > 0;
  return fmt::format("{}: {}: {} {} ({} to {}, 95 % certain between {} and {}){}", slower ? "slower" : "faster",
                     level.device, measured.name, relativeText(change), timeText(change.base), timeText(change.now),
                     signedTimeText(change.low), signedTimeText(change.high), byWhat(level, slower, options));
}

}  // namespace

std::string nameOf(const ComparedLevel& level) {
  if (level.level == ReportLevel::Transport) return level.transport;
  return level.device + (level.queue.empty() ? "" : " " + level.queue);
}

std::string relativeText(const Change& change) {
  if (change.base == 0) return change.now == 0 ? "-" : "new";
  return changeText(change.relative());
}

std::string relativeRangeText(const Change& change) {
  if (change.base == 0 || !change.tested) return relativeText(change);
  const double half = (change.high - change.low) / 2 / change.base * 100;
  return half < 100 ? fmt::format("{} ±{:.1f}", relativeText(change), half)
                    : fmt::format("{} ±{:.0f}", relativeText(change), half);
}

void describeVerdict(Comparison& comparison) {
  std::int64_t tested = 0, devices = 0;
  for (const ComparedLevel& level : comparison.levels) {
    if (level.level != ReportLevel::Device) continue;
    ++devices;
    tested += level.mean.tested ? 1 : 0;
    for (const Measured& measured : {Measured{"mean", &level.mean}, {"median", &level.p50}, {"p99", &level.p99}}) {
      if (!ComparedLevel::matters(*measured.change, comparison.options)) continue;
      (measured.change->difference() > 0 ? comparison.slower : comparison.faster) = true;
      comparison.verdict.push_back(sentence(level, measured, comparison.options));
      break;
    }
  }
  if (!comparison.verdict.empty()) return;
  if (devices == 0)
    comparison.verdict.emplace_back("nothing to compare: the cases have no device in common");
  else if (tested == 0)
    comparison.verdict.push_back(
        fmt::format("too few chains to tell: {} are needed in each case", smallestSample(Statistic::Mean)));
  else
    comparison.verdict.push_back(
        fmt::format("no significant change ({} of {} devices compared, {:.0f} % level, changes from {:.0f} % on)",
                    tested, devices, comparison.options.level * 100, comparison.options.threshold * 100));
}

}  // namespace descry
