// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <ostream>

#include "analyzer/report/formats.hpp"
#include "analyzer/report/report.hpp"
#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 0.01;
constexpr std::size_t kMaxHeadlines = 12;

std::string levelTitle(const Summary& summary, const LevelSummary& level) {
  if (level.device == nullptr) return printable(level.transport);
  const std::string queue = level.queueId != 0 ? " " + printable(level.queueName) : "";
  return fmt::format("{}{} ({})", deviceText(summary, *level.device), queue, identityText(*level.device));
}

/// Biggest first, as many as fit on the rest of the line: the table below has all of them.
std::string causesByWeight(const LevelSummary& level, int columns, const TextPage& page) {
  std::array<std::size_t, kCauses> order{};
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return level.causes[a].total > level.causes[b].total; });
  std::string text;
  for (const std::size_t cause : order) {
    const double share = level.share(level.causes[cause].total);
    const std::string item = fmt::format("{} {}", percentText(share), kCauseNames[cause]);
    if (share < kWorthNaming || (!text.empty() && columnsOf(text) + 2 + columnsOf(item) > columns)) break;
    text += text.empty() ? page.paint(Ink::Bold, item) : ", " + item;
  }
  return text.empty() ? "no latency" : text;
}

std::string scopeText(const std::string& scope) {
  return scope == "full" ? "" : fmt::format(" ({} only)", scope);
}

void writeWhyNothing(const Summary& summary, TextPage& page) {
  std::string why;
  if (summary.captures.empty())
    why = "the database holds no capture; import one first.";
  else if (summary.chains.chains > 0)
    why = fmt::format("{} seen, but the end of none of them; see Health below.",
                      countText(summary.chains.chains, "chain was", "chains were"));
  else if (summary.hasHalves)
    why = "the chains have not been analysed; run 'descry analyze' on this file.";
  else
    why = "the captures hold no event of a virtio ring that was understood; see Captures below.";
  page.paragraph("No complete chain: ", why, 2, Ink::Bold);
}

void writeReproduce(const Summary& summary, ReportLevel by, TextPage& page) {
  page.heading("Reproduce");
  const auto query = [&](std::string_view sql) {
    page.line(fmt::format("  sqlite3 {} \\", shellWord(summary.databasePath)));
    page.line(fmt::format("    \"{}\"", sql));
  };
  if (by == ReportLevel::Queue)
    query("SELECT device, queue_name, cause, share, p50_ns, p99_ns FROM cause_view");
  else
    query(fmt::format("SELECT {0}, cause, sum(total_ns) FROM cause_view GROUP BY {0}, cause",
                      by == ReportLevel::Transport ? "transport"
                      : summary.manyMachines()     ? "vm, device"
                                                   : "device"));
  query("SELECT * FROM chain_view ORDER BY total_ns DESC LIMIT 10");
}

}  // namespace

void writeHeadlines(const Summary& summary, ReportLevel by, TextPage& page) {
  const auto& levels = levelsOf(summary, by);
  if (levels.empty()) return writeWhyNothing(summary, page);
  std::vector<const LevelSummary*> order;
  for (const LevelSummary& level : levels) order.push_back(&level);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->latency.total > b->latency.total; });
  for (std::size_t i = 0; i < std::min(order.size(), kMaxHeadlines); ++i) {
    const LevelSummary& level = *order[i];
    const std::string title = levelTitle(summary, level) + ": ";
    const std::string median = fmt::format("{} median{}; ", timeText(level.latency.p50), scopeText(level.scope));
    const int rest = page.width() - columnsOf(title) - columnsOf(median);
    page.paragraph(title, median + causesByWeight(level, rest, page), 2, Ink::Bold);
  }
  if (order.size() > kMaxHeadlines)
    page.line(fmt::format("and {} more with less time in all", order.size() - kMaxHeadlines));
}

void writeTextReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out) {
  const Summary& summary = reported.summary();
  TextPage page(out, options);
  writeHeadlines(summary, options.by, page);
  writeFindingList(summary, page);
  writeTables(summary, options.by, page);
  writeHealth(summary, page);
  writeSlowest(summary, page);
  if (!summary.byDevice.empty()) writeReproduce(summary, options.by, page);
}

}  // namespace descry
