// SPDX-License-Identifier: GPL-2.0-or-later
// Latency and causes per transport, device and queue: bars and a table each.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/report/html_page.hpp"
#include "analyzer/report/svg_bars.hpp"
#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> kLevelNames = {"transport", "device", "queue"};

std::string labelOf(const Summary& summary, const LevelSummary& level) {
  if (level.device == nullptr) return printable(level.transport);
  const std::string device = deviceText(summary, *level.device);
  return level.queueId != 0 ? device + " " + printable(level.queueName) : device;
}

std::string rowName(const Summary& summary, const LevelSummary& level) {
  const std::string label = labelOf(summary, level);
  return level.device == nullptr || level.queueId != 0 ? label
                                                       : fmt::format("{} ({})", label, identityText(*level.device));
}

/// Where the numbers of a row and a cause are. Queues have a view; what they are summed up to only a table.
std::string from(const LevelSummary& level, std::string_view cause) {
  if (level.queueId != 0) return fmt::format("FROM cause_view WHERE queue_id={} AND cause='{}'", level.queueId, cause);
  if (level.device != nullptr)
    return fmt::format("FROM cause_total WHERE level='device' AND device_id={} AND cause='{}'", level.deviceId, cause);
  return fmt::format("FROM cause_total WHERE level='transport' AND transport={} AND cause='{}'",
                     sqlText(level.transport), cause);
}

std::string shareSql(const LevelSummary& level, std::string_view cause) {
  return fmt::format("SELECT coalesce(round(1.0 * total_ns / (SELECT nullif(total_ns, 0) {}), 6), 0) {}",
                     from(level, "latency"), from(level, cause));
}

std::string shownShare(const LevelSummary& level, Cause cause) {
  const Ns total = level.cause(cause).total;
  if (cause != Cause::Iotlb || total > 0) return percentText(level.share(total));
  return iotlbText(level);
}

std::vector<std::string> cellsOf(const Summary& summary, const LevelSummary& level) {
  const std::string latency = from(level, "latency");
  std::vector<std::string> cells = {textCell(rowName(summary, level)),
                                    textCell(level.scope == "full" ? "both" : level.scope),
                                    countCell(level.complete, "SELECT chains " + latency),
                                    timeCell(level.latency.p50, "SELECT p50_ns " + latency, !level.exact),
                                    timeCell(level.latency.p99, "SELECT p99_ns " + latency, !level.exact),
                                    timeCell(level.latency.p999, "SELECT p999_ns " + latency, !level.exact),
                                    timeCell(level.latency.max, "SELECT max_ns " + latency)};
  const auto largest = std::max_element(level.causes.begin(), level.causes.end(),
                                        [](const CauseSum& a, const CauseSum& b) { return a.total < b.total; });
  for (std::size_t i = 0; i < kCauses; ++i) {
    const bool most = &level.causes[i] == &*largest && largest->total > 0;
    cells.push_back(shareCell(level.share(level.causes[i].total), shownShare(level, static_cast<Cause>(i)),
                              shareSql(level, kCauseNames[i]), most ? kCauseNames[i] : std::string_view()));
  }
  return cells;
}

CauseBar barOf(const Summary& summary, const LevelSummary& level) {
  CauseBar bar{labelOf(summary, level), level.complete > 0 ? timeText(level.latency.total / level.complete) : "-", {}};
  for (std::size_t i = 0; i < kCauses; ++i) bar.causes[i] = level.causes[i].total;
  return bar;
}

Json chartData(const Summary& summary, const std::vector<LevelSummary>& levels) {
  Json data = {{"kind", "bars"},
               {"relative", true},
               {"labels", Json::array()},
               {"chains", Json::array()},
               {"causes", Json::array()}};
  for (const LevelSummary& level : levels) {
    data["labels"].push_back(utf8(labelOf(summary, level)));
    data["chains"].push_back(level.complete);
    Json causes = Json::array();
    for (const CauseSum& cause : level.causes) causes.push_back(cause.total);
    data["causes"].push_back(std::move(causes));
  }
  return data;
}

void writeTable(const Summary& summary, ReportLevel by, std::ostream& out) {
  const std::string_view name = kLevelNames[static_cast<std::size_t>(by)];
  std::vector<std::string> columns = {std::string(name), "seen by", "chains", "p50", "p99", "p99.9", "max"};
  columns.insert(columns.end(), kCauseNames.begin(), kCauseNames.end());
  HtmlTable table(out, fmt::format("Latency and causes by {}", name), columns, 2);
  for (const LevelSummary& level : levelsOf(summary, by)) table.row(cellsOf(summary, level));
  table.sql(by == ReportLevel::Queue
                ? "SELECT device, queue_name, cause, chains, share, p50_ns, p99_ns, p999_ns, max_ns FROM cause_view;"
                : fmt::format("SELECT * FROM cause_total WHERE level = '{}';", name));
}

void writeLevel(const Summary& summary, ReportLevel by, std::ostream& out) {
  const auto& levels = levelsOf(summary, by);
  const std::string_view name = kLevelNames[static_cast<std::size_t>(by)];
  std::vector<CauseBar> bars;
  for (const LevelSummary& level : levels) bars.push_back(barOf(summary, level));
  out << fmt::format("<div class=\"level\" data-level=\"{}\">\n", name);
  out << fmt::format(
      "<figure class=\"chart\"><figcaption>Share of the latency by {}<span class=\"in-print\">; on the right the mean "
      "per chain</span></figcaption>\n"
      "<div class=\"still\">{}{}</div><script type=\"application/json\">{}</script></figure>\n",
      name, causeBars(bars, true, fmt::format("{}-bar", name)), causeLegend(fmt::format("{}-key", name)),
      scriptJson(chartData(summary, levels).dump()));

  writeTable(summary, by, out);
  out << "</div>\n";
}

}  // namespace

void writeHtmlLevels(const Summary& summary, ReportLevel by, std::ostream& out) {
  if (summary.byDevice.empty()) return;
  out << "<section id=\"causes\"><h2>Where the time went</h2>\n";
  out << fmt::format("<div class=\"levels\" data-first=\"{}\">\n", kLevelNames[static_cast<std::size_t>(by)]);
  for (const ReportLevel level : {ReportLevel::Transport, ReportLevel::Device, ReportLevel::Queue})
    writeLevel(summary, level, out);
  out << "</div>\n<ul class=\"notes\">\n";
  for (const std::string& line : linesOf([&](TextPage& page) { writeTableNotes(summary, summary.queues, page); }))
    out << "<li>" << htmlText(line) << "</li>\n";
  out << "</ul></section>\n";
}

}  // namespace descry
