// SPDX-License-Identifier: GPL-2.0-or-later
// Latency and causes per transport, device and queue: bars and a table each.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/page/case_page.hpp"
#include "analyzer/page/cells.hpp"
#include "analyzer/page/phases.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr int kNameColumns = 20, kTimeColumns = 11, kShareColumns = 9, kIotlbColumns = 12, kRestColumns = 8;

/// Where the numbers of a row and a cause are. Queues have a view; what they are summed up to only a table.
std::string from(const LevelSummary& level, std::string_view cause) {
  if (level.queueId != kNoQueue)
    return fmt::format("FROM cause_view WHERE queue_id={} AND cause='{}'", level.queueId, cause);
  if (level.device != nullptr)
    return fmt::format("FROM cause_total WHERE level='device' AND device_id={} AND cause='{}'", level.deviceId, cause);
  return fmt::format("FROM cause_total WHERE level='transport' AND transport={} AND cause='{}'",
                     sqlText(level.transport), cause);
}

std::string shareSql(const LevelSummary& level, std::string_view cause) {
  return fmt::format("SELECT coalesce(round(1.0 * total_ns / (SELECT nullif(total_ns, 0) {}), 6), 0) {}",
                     from(level, "latency"), from(level, cause));
}

Cell nameCell(const Summary& summary, const LevelSummary& level) {
  Cell cell = textCell(levelText(summary, level));
  if (level.device == nullptr) return cell;
  if (level.queueId == kNoQueue) cell.text += fmt::format(" ({})", identityText(*level.device));
  cell.group = level.transport;
  cell.head = deviceText(summary, *level.device);
  cell.tail = level.queueId != kNoQueue ? level.queueName : level.device->kind == "unknown" ? "" : level.device->kind;
  return cell;
}

Cell causeCell(const LevelSummary& level, std::size_t i) {
  const Ns total = level.causes[i].total;
  const bool silent = total == 0 && static_cast<Cause>(i) == Cause::Iotlb;
  Cell cell = shareCell(level.share(total), shareSql(level, kCauseNames[i]), silent ? iotlbText(level) : std::string());
  const auto largest = std::max_element(level.causes.begin(), level.causes.end(),
                                        [](const CauseSum& a, const CauseSum& b) { return a.total < b.total; });
  if (&level.causes[i] == &*largest && total > 0) cell.cause = kCauseNames[i];
  return cell;
}

std::vector<Cell> rowOf(const Summary& summary, const LevelSummary& level) {
  const std::string latency = from(level, "latency");
  const bool about = !level.exact;
  std::vector<Cell> cells = {nameCell(summary, level),
                             textCell(std::string(level.scope == Scope::Full ? "both" : wordOf(level.scope))),
                             countCell(level.complete, "SELECT chains " + latency),
                             timeCell(level.latency.p50, "SELECT p50_ns " + latency, about),
                             timeCell(level.latency.p99, "SELECT p99_ns " + latency, about),
                             timeCell(level.latency.p999, "SELECT p999_ns " + latency, about),
                             timeCell(level.latency.max, "SELECT max_ns " + latency),
                             textCell(level.scope == Scope::Full ? "" : std::string(wordOf(level.scope).substr(0, 1)))};
  for (std::size_t i = 0; i < kCauses; ++i) cells.push_back(causeCell(level, i));
  return cells;
}

Column causeColumn(std::size_t i) {
  const auto cause = static_cast<Cause>(i);
  const std::string name(kCauseNames[i]);
  Column column{name, Column::Align::Right, std::max(kShareColumns, static_cast<int>(name.size()) + 1)};
  if (cause == Cause::Iotlb) column.width = kIotlbColumns;
  if (cause == Cause::Unattributed) {
    column.width = kRestColumns;
    column.shortName = "unattr.";
  }
  column.part = 1;
  return column;
}

Table tableOf(const Summary& summary, ReportLevel by) {
  const std::string name(levelName(by));
  Table table{fmt::format("Latency and causes by {}", name), {}, {}};
  table.parts = {"Latency", "Share of latency"};
  table.columns = {{name, Column::Align::Left, kNameColumns}, {"seen by", Column::Align::Left, 0, 0, 0, Media::Marked}};
  for (const char* number : {"chains", "p50", "p99", "p99.9", "max"})
    table.columns.push_back({number, Column::Align::Right, kTimeColumns});
  table.columns.push_back({"", Column::Align::Left, 0, 0, 1, Media::Text});
  for (std::size_t i = 0; i < kCauses; ++i) table.columns.push_back(causeColumn(i));
  for (const LevelSummary& level : levelsOf(summary, by)) table.rows.push_back(rowOf(summary, level));
  table.sql = by == ReportLevel::Queue
                  ? "SELECT device, queue_name, cause, chains, share, p50_ns, p99_ns, p999_ns, max_ns FROM cause_view;"
                  : fmt::format("SELECT * FROM cause_total WHERE level = '{}';", name);
  return table;
}

BarFigure figureOf(const Summary& summary, ReportLevel by) {
  BarFigure figure{std::string(levelName(by)),
                   fmt::format("Share of the latency by {}", levelName(by)),
                   "; on the right the mean per chain",
                   {},
                   true};
  for (const LevelSummary& level : levelsOf(summary, by)) {
    CauseBar bar{
        levelText(summary, level), level.complete > 0 ? timeText(level.latency.total / level.complete) : "-", {}};
    for (std::size_t i = 0; i < kCauses; ++i) bar.causes[i] = level.causes[i].total;
    figure.bars.push_back(std::move(bar));
    figure.chains.push_back(level.complete);
  }
  return figure;
}

}  // namespace

Section levelSection(const Summary& summary, ReportLevel by) {
  Section section{"causes", "Where the time went"};
  section.titled = Media::Marked;
  if (summary.byDevice.empty()) return section;
  Choice choice{std::string(levelName(by)), {}};
  for (const ReportLevel level : {ReportLevel::Transport, ReportLevel::Device, ReportLevel::Queue}) {
    std::vector<Block> view;
    view.push_back({figureOf(summary, level), Media::Html});
    view.push_back({tableOf(summary, level)});
    if (level == ReportLevel::Queue) {
      view.push_back({phaseTable(summary)});
      if (Table parts = notificationTable(summary); !parts.rows.empty()) {
        view.push_back({std::move(parts)});
        view.push_back({notificationLimits(summary)});
      }
    }
    choice.views.emplace_back(levelName(level), std::move(view));
  }
  section.add(std::move(choice));
  section.add(levelNotes(summary, levelsOf(summary, by)), Media::Written);
  section.add(levelNotes(summary, summary.queues), Media::Html);
  return section;
}

}  // namespace descry
