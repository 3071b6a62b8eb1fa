// SPDX-License-Identifier: GPL-2.0-or-later
// The answer on one screen: what takes the time, the worst findings with what to do, and whether to trust it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "analyzer/page/case_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr std::size_t kMostDevices = 5, kMostFindings = 3;
constexpr std::string_view kHealthRule = "capture-health";
constexpr double kWorthSaying = 0.01;
constexpr std::size_t kRoomForMore = 74;  // on a line of 80 columns, behind "More: "

/// A sound capture with limits is said in the line of health.
bool isShown(const FindingSummary& finding) {
  return finding.rule != kHealthRule || finding.severity != Severity::Info;
}

/// What these findings explain of the time that is not the backend's own work. Two about one cause of a device explain
/// the same time: the larger counts.
double explainedShare(const Summary& summary, const std::vector<const FindingSummary*>& shown) {
  using Place = std::tuple<OptionalText, OptionalText, OptionalText>;  // machine, device, cause
  std::map<Place, Ns> byDevice, byQueues;
  std::map<std::pair<Place, OptionalText>, Ns> byQueue;
  for (const FindingSummary* finding : shown) {
    if (!finding->cause || *finding->cause == infoOf(Cause::Backend).name) continue;
    const Place place{finding->vm, finding->device, finding->cause};
    Ns& most = finding->queue ? byQueue[{place, finding->queue}] : byDevice[place];
    most = std::max(most, finding->explained);
  }
  for (const auto& [place, ns] : byQueue) byQueues[place.first] += ns;
  for (const auto& [place, ns] : byQueues) byDevice[place] = std::max(byDevice[place], ns);
  Ns explained = 0, above = 0;
  for (const auto& [place, ns] : byDevice) explained += ns;
  for (const LevelSummary& device : summary.byDevice)
    above += device.latency.total - device.cause(Cause::Backend).total;
  return above > 0 ? std::min(1.0, static_cast<double>(explained) / static_cast<double>(above)) : 0;
}

std::string totalText(const Summary& summary, const std::vector<const FindingSummary*>& shown, std::size_t all) {
  std::string text = all > shown.size() ? fmt::format("These are {} of {} findings", shown.size(), all)
                                        : std::string(shown.size() == 1 ? "This finding" : "These findings");
  const double share = explainedShare(summary, shown);
  if (share < kWorthSaying) return all > shown.size() ? text + "." : "";
  if (all > shown.size()) text += "; they";
  const bool one = all == 1;
  return text + fmt::format(" {} {} of the latency above the backend's own.", one ? "explains" : "explain",
                            percentText(share));
}

Sentences findingLines(const Summary& summary) {
  Sentences lines{Sentences::Style::Plain, {}};
  std::vector<const FindingSummary*> shown;
  std::size_t all = 0;
  for (const FindingSummary& finding : summary.findings) {
    if (!isShown(finding)) continue;
    if (++all <= kMostFindings) shown.push_back(&finding);
  }
  for (const FindingSummary* finding : shown) {
    lines.items.push_back(
        {fmt::format("{}: ", wordOf(finding->severity)), finding->title, {}, inkOf(finding->severity)});
    lines.items.push_back({"  Do: ", finding->action, {}, Ink::Bold});
  }
  if (shown.empty())
    lines.items.push_back({"No finding: ", "no rule found a problem in what was recorded.", {}, Ink::Green});
  else if (std::string total = totalText(summary, shown, all); !total.empty())
    lines.items.push_back({"", std::move(total), {}, Ink::Plain});
  return lines;
}

/// With the loss and the anomaly that matter most.
std::string trustText(const Summary& summary) {
  std::string text = healthText(summary);
  if (!summary.losses.empty()) text += fmt::format(" Loss: {}, {}.", summary.losses[0].side, summary.losses[0].reason);
  for (const AnomalySummary& anomaly : summary.anomalies)
    if (anomaly.severity != Doubt::Info) return text + fmt::format(" First: {}.", anomaly.detail);
  return text;
}

/// What a second recording has to add.
std::string nextTime(const Summary& summary) {
  for (const FindingSummary& finding : summary.findings)
    if (finding.rule == kHealthRule && !isShown(finding)) return finding.action;
  return "";
}

}  // namespace

Page firstScreen(const Summary& summary, ReportLevel by) {
  Page page;
  page.kind = "Descry report";
  Section found{"findings", ""}, rest{"health", ""};
  if (!summary.captures.empty() || !summary.findings.empty()) found.add(findingLines(summary));
  Sentences lines{Sentences::Style::Plain, {}};
  if (!summary.captures.empty() || !summary.anomalies.empty())
    lines.items.push_back({"Health: ", trustText(summary), {}, Ink::Bold});
  if (std::string next = nextTime(summary); !next.empty())
    lines.items.push_back({"Next time: ", std::move(next), {}, Ink::Bold});
  const std::string path = shellWord(summary.databasePath);
  std::string more = "descry report --full " + path;
  if (const std::string chain = "; descry explain " + path;
      !summary.byDevice.empty() && more.size() + chain.size() <= kRoomForMore)
    more += chain;
  lines.items.push_back({"More: ", std::move(more), {}, Ink::Bold});
  rest.add(std::move(lines));
  page.sections = {answerSection(summary, by, kMostDevices), std::move(found), std::move(rest)};
  return page;
}

}  // namespace descry
