// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/case/verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "schemas/model/probe_cost.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Light = HealthVerdict::Light;

constexpr double kWellKnown = 0.1;  // the clocks' error, as part of the median latency

HealthVerdict complete(const Summary& summary) {
  HealthVerdict verdict{"Is the recording complete?", "Yes: no event was lost, as far as the tracers say.",
                        Light::Good};
  if (summary.losses.empty()) return verdict;
  std::int64_t ranges = 0;
  for (const LossSummary& loss : summary.losses) ranges += loss.ranges;
  const LossSummary& first = summary.losses.front();
  const bool onlyWrapped =
      std::ranges::all_of(summary.losses, [](const LossSummary& loss) { return loss.reason == "wrapped"; });
  if (onlyWrapped)
    return {verdict.question, "Yes, from where it begins: what was older had been overwritten.", Light::Good};
  verdict.answer = fmt::format("No: events were lost in {} ({} side: {}). Chains there are suspect.",
                               countText(ranges, "time range", "time ranges"), first.side, first.reason);
  verdict.light = Light::Bad;
  return verdict;
}

HealthVerdict consistent(const Summary& summary) {
  const AnomalySummary* worst = nullptr;
  std::int64_t count = 0;
  for (const AnomalySummary& anomaly : summary.anomalies) {
    if (anomaly.severity == Doubt::Info) continue;
    count += anomaly.count;
    if (worst == nullptr) worst = &anomaly;  // the worst come first
  }
  if (worst == nullptr) return {"Do its events fit together?", "Yes: no event contradicted another.", Light::Good};
  return {"Do its events fit together?",
          fmt::format("Not all: {}. First: {}", countText(count, "anomaly", "anomalies"), worst->detail),
          worst->severity == Doubt::Error ? Light::Bad : Light::Doubtful};
}

HealthVerdict paired(const Summary& summary) {
  HealthVerdict verdict{"Do both sides belong together?", "", Light::Unknown};
  if (!summary.hasSide("guest") || !summary.hasSide("host")) {
    verdict.answer = fmt::format("Not known: only the {} was recorded.", summary.hasSide("guest") ? "guest" : "host");
    return verdict;
  }
  std::int64_t alone = 0;
  for (const UnpairedSummary& row : summary.unpaired) alone += row.chains;
  if (!summary.clockDoubts.empty())
    return {verdict.question,
            fmt::format("Perhaps not ({}): {}.", summary.clockDoubts.front().device, summary.clockDoubts.front().why),
            Light::Bad};
  if (summary.chains.paired == 0) return {verdict.question, "No: no chain was seen from both sides.", Light::Bad};
  if (alone == 0) return {verdict.question, "Yes: every half found its partner.", Light::Good};
  verdict.answer = fmt::format("{} of both sides; {} without a partner. Most of these: {}",
                               countText(summary.chains.paired, "chain", "chains"), countText(alone, "half", "halves"),
                               summary.unpaired.front().reason);
  verdict.light = alone <= summary.chains.paired ? Light::Good : Light::Doubtful;
  return verdict;
}

HealthVerdict clocks(const Summary& summary) {
  HealthVerdict verdict{"How well are the two clocks known?", "", Light::Unknown};
  if (!summary.hasSide("guest") || !summary.hasSide("host")) {
    verdict.answer = "There is one clock: times are exact.";
    verdict.light = Light::Good;
    return verdict;
  }
  if (summary.clock.empty())
    return {verdict.question, "Not at all: nothing ties them together, so no time goes from one side to the other.",
            Light::Doubtful};
  Ns error = 0, median = 0;
  for (const ClockSegmentRow& segment : summary.clock) error = std::max(error, segment.error);
  for (const LevelSummary& device : summary.byDevice)
    if (device.scope == Scope::Full && (median == 0 || device.latency.p50 < median)) median = device.latency.p50;
  verdict.answer = fmt::format("To ±{}: so exact is every time that goes from one side to the other.", timeText(error));
  if (median == 0) return verdict;
  verdict.answer += fmt::format(" The smallest median latency of a device is {}.", timeText(median));
  const bool isSmall = static_cast<double>(error) <= kWellKnown * static_cast<double>(median);
  verdict.light = !summary.clockDoubts.empty() ? Light::Bad : isSmall ? Light::Good : Light::Doubtful;
  return verdict;
}

HealthVerdict cost(const Summary& summary) {
  const ProbeCostSummary* worst = nullptr;
  for (const ProbeCostSummary& each : summary.probeCosts)
    if (worst == nullptr || each.percent > worst->percent) worst = &each;
  if (worst == nullptr)
    return {"What did the probes cost?", "Not known: only recordings by descry say it.", Light::Unknown};
  return {"What did the probes cost?",
          fmt::format("Probably {:.1f} % of the latency ({} side).{}", worst->percent, worst->side,
                      worst->percent > kMuchProbePercent ? " Record with --detail light." : ""),
          worst->percent > kMuchProbePercent ? Light::Doubtful : Light::Good};
}

}  // namespace

std::vector<HealthVerdict> healthVerdicts(const Summary& summary) {
  if (summary.captures.empty()) return {};
  return {complete(summary), consistent(summary), paired(summary), clocks(summary), cost(summary)};
}

}  // namespace descry
