// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/compare/sentences.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

/// What changed significantly although no device's latency changed enough to matter: the tables mark it, so the verdict
/// must not deny it.
std::vector<std::string> otherChanges(const Comparison& comparison) {
  std::vector<std::string> changes;
  const auto add = [&](const std::string& what, const Change& change) {
    if (change.significant)
      changes.push_back(fmt::format("{} {} ({})", what, signedTimeText(change.difference()), relativeText(change)));
  };
  for (const ReportLevel wanted : {ReportLevel::Device, ReportLevel::Queue, ReportLevel::Transport})
    for (const ComparedLevel& level : comparison.levels) {
      if (level.level != wanted) continue;
      const std::string name = nameOf(level);
      add(name + " mean", level.mean);
      add(name + " median", level.p50);
      add(name + " p99", level.p99);
      for (const ComparedCause& cause : level.causes) add(fmt::format("{} {}", name, cause.cause), cause.mean);
    }
  return changes;
}

/// The sentence about a comparison in which no device got slower or faster.
std::string unchanged(const Comparison& comparison, std::int64_t tested, std::int64_t devices) {
  const std::string scope = fmt::format("{} of {} devices compared, {:.0f} % level, changes from {:.0f} % on", tested,
                                        devices, comparison.options.level * 100, comparison.options.threshold * 100);
  const auto others = otherChanges(comparison);
  if (others.empty()) return fmt::format("no significant change ({})", scope);
  constexpr std::size_t kNamed = 3;
  const std::size_t named = std::min(kNamed, others.size());
  const std::string more = others.size() > named ? fmt::format(" and {} more", others.size() - named) : "";
  return fmt::format("no device got slower or faster ({}); other significant changes: {}{}", scope,
                     fmt::join(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(named), ", "), more);
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
    comparison.verdict.push_back(unchanged(comparison, tested, devices));
}

}  // namespace descry
