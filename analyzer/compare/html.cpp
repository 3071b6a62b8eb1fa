// SPDX-License-Identifier: GPL-2.0-or-later
// The comparison as one file for a browser, in the clothes of the report.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/compare/formats.hpp"
#include "analyzer/compare/sentences.hpp"
#include "analyzer/report/html_page.hpp"
#include "analyzer/report/svg_bars.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;

std::string numberCell(std::string_view text, double value) {
  return fmt::format("<td class=\"n\" data-value=\"{}\">{}</td>", value, htmlText(text));
}

std::string timeCellOf(double ns) {
  return numberCell(timeText(ns), ns);
}

/// What matters is bold, so that it is told apart without colours.
std::string changeCell(const Change& change, const std::string& text, const ComparisonOptions& options) {
  return fmt::format("<td class=\"n\" data-value=\"{}\">{}</td>", change.relative(),
                     ComparedLevel::matters(change, options) ? "<b>" + htmlText(text) + "</b>" : htmlText(text));
}

std::string rangeCell(const Change& change) {
  return textCell(change.tested ? fmt::format("{} .. {}", signedTimeText(change.low), signedTimeText(change.high))
                                : std::string("too few chains"));
}

void writeList(std::string_view id, std::string_view heading, const std::vector<std::string>& sentences,
               std::ostream& out) {
  if (sentences.empty()) return;
  out << fmt::format("<section id=\"{}\"><h2>{}</h2>\n<ul>\n", id, heading);
  for (const std::string& sentence : sentences) out << fmt::format("<li>{}</li>\n", htmlText(sentence));
  out << "</ul></section>\n";
}

CauseBar barOf(const ComparedLevel& level, bool ofBase) {
  const double mean = ofBase ? level.mean.base : level.mean.now;
  CauseBar bar{fmt::format("{} {}", nameOf(level), ofBase ? "base" : "new"), timeText(mean), {}};
  for (std::size_t i = 0; i < kCauses; ++i)
    for (const ComparedCause& cause : level.causes)
      if (cause.cause == kCauseNames[i]) bar.causes[i] = std::llround(ofBase ? cause.mean.base : cause.mean.now);
  return bar;
}

void writeBars(const Comparison& comparison, std::ostream& out) {
  std::vector<CauseBar> bars;
  Json data = {{"kind", "bars"}, {"relative", false}, {"labels", Json::array()}, {"causes", Json::array()}};
  for (const ComparedLevel& level : comparison.levels) {
    if (level.level != ReportLevel::Device) continue;
    for (const bool ofBase : {true, false}) {
      bars.push_back(barOf(level, ofBase));
      data["labels"].push_back(utf8(bars.back().label));
      data["causes"].push_back(bars.back().causes);
    }
  }
  if (bars.empty()) return;
  out << "<figure class=\"chart\"><figcaption>The mean chain by cause</figcaption>\n";
  out << fmt::format("<div class=\"still\">{}{}</div><script type=\"application/json\">{}</script></figure>\n",
                     causeBars(bars, false, "diff-bar"), causeLegend("diff-key"), scriptJson(data.dump()));
}

void writeLatency(const Comparison& comparison, std::ostream& out) {
  out << "<section id=\"latency\"><h2>Latency</h2>\n";
  writeBars(comparison, out);
  {
    HtmlTable table(out, "Latency",
                    {"what", "chains were", "are", "p50 was", "is", "p50 change", "p99 was", "is", "p99 change"}, 1);
    for (const ComparedLevel& level : comparison.levels)
      table.row({textCell(nameOf(level)),
                 numberCell(countText(level.baseChains), static_cast<double>(level.baseChains)),
                 numberCell(countText(level.nowChains), static_cast<double>(level.nowChains)),
                 timeCellOf(level.p50.base), timeCellOf(level.p50.now),
                 changeCell(level.p50, relativeRangeText(level.p50), comparison.options), timeCellOf(level.p99.base),
                 timeCellOf(level.p99.now), changeCell(level.p99, relativeRangeText(level.p99), comparison.options)});
    table.sql("SELECT device, queue_name, chains, p50_ns, p99_ns FROM cause_view WHERE cause = 'latency';");
  }
  out << "</section>\n";
}

void writeCauses(const Comparison& comparison, std::ostream& out) {
  out << "<section id=\"causes\"><h2>Causes, mean per chain</h2>\n";
  {
    HtmlTable table(out, "Causes", {"device", "cause", "95 % certain", "was", "is", "change"}, 3);
    for (const ComparedLevel& level : comparison.levels) {
      if (level.level != ReportLevel::Device) continue;
      const auto row = [&](std::string_view name, const Change& change) {
        if (change.base == 0 && change.now == 0) return;
        table.row({textCell(level.device), textCell(name), rangeCell(change), timeCellOf(change.base),
                   timeCellOf(change.now),
                   changeCell(change, signedTimeText(change.difference()), comparison.options)});
      };
      row("all", level.mean);
      for (const ComparedCause& cause : level.causes) row(cause.cause, cause.mean);
    }
    table.sql("SELECT device, cause, sum(total_ns) / sum(chains) FROM cause_view GROUP BY device_id, cause;");
  }
  out << "<p class=\"notes\">Bold: significant although so much was compared (Holm), and large enough to matter. ± and "
         "ranges: 95 % of each by itself, from resampling stretches of time.</p></section>\n";
}

}  // namespace

void writeComparisonHtml(const Comparison& comparison, const ReportOptions&, std::ostream& out) {
  const auto nameOfFile = [](const std::string& path) { return std::filesystem::path(path).stem().string(); };
  beginHtml(out, fmt::format("{} against {}", nameOfFile(comparison.nowPath), nameOfFile(comparison.basePath)),
            "Descry comparison");
  out << "<section id=\"answer\">\n<ul class=\"answer\">\n";
  for (const std::string& sentence : comparison.verdict) out << fmt::format("<li>{}</li>\n", htmlText(sentence));
  for (const auto& [damaged, which] :
       {std::pair(comparison.baseDamaged, "base"), std::pair(comparison.nowDamaged, "new case")})
    if (damaged) out << fmt::format("<li>The {} lost events: see its report.</li>\n", which);
  out << "</ul></section>\n";
  writeList("changed", "What changed", comparison.changed, out);
  if (!comparison.levels.empty()) {
    writeLatency(comparison, out);
    writeCauses(comparison, out);
  }
  writeList("unmatched", "Not compared", comparison.unmatched, out);
  endHtml(out, true);
}

}  // namespace descry
