// SPDX-License-Identifier: GPL-2.0-or-later
// The page over the reports of many cases: what hurts most, and what was found how often.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/report/batch.hpp"
#include "analyzer/report/html_page.hpp"
#include "analyzer/report/svg_bars.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostBars = 30;

/// A name as part of a relative link.
std::string linkTo(const BatchCase& entry, std::string_view extension) {
  std::string link = "./";
  for (const char c : fmt::format("{}.{}", entry.name, extension)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~';
    link += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return link;
}

std::string plainCount(std::int64_t count) {
  return fmt::format("<td class=\"n\" data-v=\"{}\">{}</td>", count, count == 0 ? "-" : countText(count));
}
std::string plainTime(Ns ns) {
  return fmt::format("<td class=\"n\" data-v=\"{}\">{}</td>", ns, ns == 0 ? "-" : timeText(ns));
}

void writeNumbers(const std::vector<BatchCase>& cases, std::ostream& out) {
  const auto count = [&](auto&& holds) { return std::count_if(cases.begin(), cases.end(), holds); };
  const auto failed = count([](const BatchCase& entry) { return !entry.reported; });
  out << fmt::format(
      "<section><ul class=\"answer\"><li>{}: {} with a critical finding, {} more with a warning, {} with neither</li>",
      countText(static_cast<std::int64_t>(cases.size()), "case", "cases"),
      count([](const BatchCase& entry) { return entry.critical > 0; }),
      count([](const BatchCase& entry) { return entry.critical == 0 && entry.warnings > 0; }),
      count([](const BatchCase& entry) { return entry.reported && entry.critical + entry.warnings == 0; }));
  if (const auto damaged = count([](const BatchCase& entry) { return entry.damaged; }); damaged > 0)
    out << fmt::format("<li>{} with losses or anomalies that matter</li>", damaged);
  if (failed > 0) out << fmt::format("<li><b>{} could not be read and is left out</b></li>", countText(failed));
  out << "</ul></section>\n";
}

void writeFailed(const std::vector<BatchCase>& cases, std::ostream& out) {
  if (cases.empty() || cases.back().reported) return;
  out << "<section id=\"failed\"><h2>Left out</h2>\n";
  {
    HtmlTable table(out, "Databases that could not be reported", {"database", "why"}, 2);
    for (const BatchCase& entry : cases)
      if (!entry.reported) table.row({textCell(entry.database.string()), textCell(entry.error)});
  }
  out << "</section>\n";
}

void writeRules(const std::vector<BatchCase>& cases, std::ostream& out) {
  std::map<std::string, std::int64_t> counts;
  for (const BatchCase& entry : cases)
    for (const std::string& rule : entry.rules) ++counts[rule];
  if (counts.empty()) return;
  std::vector<std::pair<std::string, std::int64_t>> rules(counts.begin(), counts.end());
  std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  out << "<section id=\"rules\"><h2>What was found</h2>\n";
  {
    HtmlTable table(out, "Findings of severity warning or worse", {"rule", "cases"}, 1);
    for (const auto& [rule, count] : rules) table.row({textCell(rule), plainCount(count)});
  }
  out << "</section>\n";
}

void writeBars(const std::vector<BatchCase>& cases, std::ostream& out) {
  std::vector<CauseBar> bars;
  Json data = {{"kind", "bars"},
               {"relative", true},
               {"labels", Json::array()},
               {"chains", Json::array()},
               {"causes", Json::array()}};
  for (const BatchCase& entry : cases) {
    if (!entry.reported || entry.chains == 0 || bars.size() == kMostBars) continue;
    bars.push_back({entry.name, timeText(entry.total / entry.chains), entry.causes});
    data["labels"].push_back(utf8(entry.name));
    data["chains"].push_back(entry.chains);
    data["causes"].push_back(entry.causes);
  }
  if (bars.empty()) return;
  out << fmt::format(
      "<figure class=\"chart\"><figcaption>Share of the latency by cause, of the {} cases that hurt most"
      "<span class=\"in-print\">; on the right the mean per chain</span></figcaption>\n<div "
      "class=\"still\">{}{}</div><script type=\"application/json\">{}</script></figure>\n",
      bars.size(), causeBars(bars, true, "case-bar"), causeLegend("case-key"), scriptJson(data.dump()));
}

void writeRanking(const std::vector<BatchCase>& cases, std::string_view extension, std::ostream& out) {
  HtmlTable table(
      out, "Cases, what hurts most first",
      {"case", "worst finding", "causes", "rank", "critical", "warnings", "chains", "outside the backend", "p99"}, 3);
  constexpr std::string_view kDoubtful = " <span class=\"badge warning\">doubtful</span>";
  std::int64_t rank = 0;
  for (const BatchCase& entry : cases) {
    if (!entry.reported) continue;
    table.row({fmt::format("<td><a href=\"{}\">{}</a>{}</td>", htmlText(linkTo(entry, extension)), htmlText(entry.name),
                           entry.damaged ? kDoubtful : ""),
               textCell(entry.worst),
               fmt::format("<td class=\"bar-cell\">{}</td>", smallBar({entry.name, "", entry.causes}, "cell")),
               plainCount(++rank), plainCount(entry.critical), plainCount(entry.warnings), plainCount(entry.chains),
               plainTime(entry.overhead()), plainTime(entry.p99)});
  }
}

}  // namespace

void writeHtmlIndex(const std::vector<BatchCase>& cases, std::string_view extension, std::ostream& out) {
  beginHtml(out, "Cases", "Descry reports");
  writeNumbers(cases, out);
  out << "<section id=\"ranking\"><h2>Ranking</h2>\n";
  writeBars(cases, out);
  writeRanking(cases, extension, out);
  out << "<p class=\"notes\">Ranked by critical findings, then warnings, then the mean time per chain that is not the "
         "backend's "
         "own work. p99 is that of the device with most latency. Doubtful: there are losses or anomalies that "
         "matter.</p></section>\n";
  writeRules(cases, out);
  writeFailed(cases, out);
  endHtml(out, true);
}

void writeJsonIndex(const std::vector<BatchCase>& cases, std::string_view extension, std::ostream& out) {
  Json list = Json::array(), failed = Json::array();
  for (const BatchCase& entry : cases) {
    if (!entry.reported) {
      failed.push_back({{"database", entry.database.string()}, {"error", entry.error}});
      continue;
    }
    Json causes = Json::object();
    for (std::size_t i = 0; i < kCauses; ++i) causes[std::string(kCauseNames[i])] = entry.causes[i];
    list.push_back({{"name", entry.name},
                    {"database", entry.database.string()},
                    {"report", fmt::format("{}.{}", entry.name, extension)},
                    {"doubtful", entry.damaged},
                    {"critical", entry.critical},
                    {"warnings", entry.warnings},
                    {"rules", entry.rules},
                    {"worst", entry.worst.empty() ? Json(nullptr) : Json(entry.worst)},
                    {"chains", entry.chains},
                    {"total_ns", entry.total},
                    {"outside_backend_ns", entry.overhead()},
                    {"p99_ns", entry.p99},
                    {"p99_device", entry.device.empty() ? Json(nullptr) : Json(entry.device)},
                    {"causes_ns", std::move(causes)}});
  }
  const Json index = {{"schema_version", 1}, {"cases", std::move(list)}, {"failed", std::move(failed)}};
  out << index.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace descry
