// SPDX-License-Identifier: GPL-2.0-or-later
// The first lines: how long a request takes, and what takes the time.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "analyzer/finding/finding.hpp"
#include "analyzer/page/case_page.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 0.01;

std::string titleOf(const Summary& summary, const LevelSummary& level) {
  const std::string name = levelText(summary, level);
  return level.device == nullptr ? name : fmt::format("{} ({})", name, identityText(*level.device));
}

/// "72.5 % swiotlb", biggest first.
std::vector<std::string> causesByWeight(const LevelSummary& level) {
  std::array<std::size_t, kCauses> order{};
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return level.causes[a].total > level.causes[b].total; });
  std::vector<std::string> texts;
  for (const std::size_t cause : order)
    if (const double share = level.share(level.causes[cause].total); share >= kWorthNaming)
      texts.push_back(fmt::format("{} {}", percentText(share), kCauseNames[cause]));
  if (texts.empty()) texts.emplace_back("no latency");
  return texts;
}

std::string whyNothing(const Summary& summary) {
  if (summary.captures.empty()) return "the case was made of facts, without a trace.";
  if (summary.chains.chains > 0)
    return countText(summary.chains.chains, "chain was seen, but not to its end",
                     "chains were seen, but none to its end") +
           "; see Health below.";
  if (summary.hasHalves) return "the chains have not been analysed; run 'descry analyze' on this file.";
  if (!summary.bounces.empty()) {
    std::string text = "the trace has bounce buffers alone:";
    for (const BounceRow& row : summary.bounces)
      text += fmt::format("{} {} {}, {}{}", &row == &summary.bounces.front() ? "" : ";", row.device,
                          countText(row.bounces, "bounce", "bounces"), countText(row.bytes, "byte", "bytes"),
                          row.forced == 0             ? ""
                          : row.forced == row.bounces ? ", forced"
                                                      : ", some of them forced");
    return text + ".";
  }
  return "no event in the captures belongs to a known virtio ring; see Captures below.";
}

}  // namespace

const AnomalySummary* clockNotNs(const Summary& summary) {
  const auto found = std::ranges::find(summary.anomalies, "clock-not-ns", &AnomalySummary::kind);
  return found == summary.anomalies.end() ? nullptr : &*found;
}

Section answerSection(const Summary& summary, ReportLevel by, std::size_t most) {
  Section section{"answer", ""};
  Sentences answer{Sentences::Style::Answer, {}};
  std::vector<const LevelSummary*> order;
  for (const LevelSummary& level : levelsOf(summary, by)) order.push_back(&level);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->latency.total > b->latency.total; });
  for (const FindingSummary& finding : summary.findings)
    if (finding.severity == Severity::Critical && isStandstill(finding.rule))
      answer.items.push_back({"Requests do not come back: ", finding.title + ".", {}, Ink::Red});
  if (order.empty()) answer.items.push_back({"No complete chain: ", whyNothing(summary)});
  for (const ClockDoubt& doubt : summary.clockDoubts)
    answer.items.push_back(
        {"Guest and host may not belong together: ", fmt::format("{}: {}.", doubt.device, doubt.why), {}, Ink::Red});
  const AnomalySummary* ticks = clockNotNs(summary);
  if (ticks != nullptr)
    answer.items.push_back({summary.tickCaptures.size() < summary.captures.size()
                                ? "Some of the times below are not nanoseconds: "
                                : "The times below are not nanoseconds: ",
                            ticks->detail + ".",
                            {},
                            Ink::Red});
  for (std::size_t i = 0; i < std::min(order.size(), most); ++i) {
    const LevelSummary& level = *order[i];
    answer.items.push_back(
        {titleOf(summary, level) + ": ",
         fmt::format("{} median{};",
                     summary.countsTicks(level.scope) ? countText(level.latency.p50, "clock tick", "clock ticks")
                                                      : timeText(level.latency.p50),
                     level.scope == Scope::Full ? "" : fmt::format(" ({} only)", wordOf(level.scope))),
         causesByWeight(level)});
  }
  if (order.size() > most)
    answer.items.push_back({"", fmt::format("and {} more with less total time", order.size() - most), {}, Ink::Plain});
  section.add(std::move(answer));
  return section;
}

}  // namespace descry
