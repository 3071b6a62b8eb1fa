// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "analyzer/compare/formats.hpp"
#include "analyzer/compare/sentences.hpp"
#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr int kNameColumns = 24;

Ink inkOf(const Change& change, const ComparisonOptions& options) {
  if (!ComparedLevel::matters(change, options)) return Ink::Plain;
  return change.difference() > 0 ? Ink::Red : Ink::Green;
}

/// `text` in so many columns, in colour where the change matters, with a star where it is significant.
std::string cell(const TextPage& page, const Change& change, const ComparisonOptions& options, int columns) {
  const std::string text = relativeRangeText(change) + (change.significant ? "*" : " ");
  const std::string padding(static_cast<std::size_t>(std::max(0, columns - columnsOf(text))), ' ');
  return padding + page.paint(inkOf(change, options), text);
}

void writeLatency(const Comparison& comparison, TextPage& page) {
  page.heading("Latency");
  page.line(page.paint(Ink::Faint, fmt::format("{:<{}}{:>10}{:>10}{:>18}{:>18}", "", kNameColumns, "p50 was", "is",
                                               "p50 change", "p99 change")));
  for (const ComparedLevel& level : comparison.levels)
    page.line(fmt::format(
        "{:<{}}{:>10}{:>10}{}{}",
        fitted(printable((level.level == ReportLevel::Queue ? "  " : "") + nameOf(level)), kNameColumns - 1),
        kNameColumns, timeText(level.p50.base), timeText(level.p50.now), cell(page, level.p50, comparison.options, 18),
        cell(page, level.p99, comparison.options, 18)));
}

void writeCauses(const Comparison& comparison, TextPage& page) {
  page.heading("Causes, mean per chain");
  page.line(page.paint(Ink::Faint, fmt::format("{:<{}}{:>10}{:>10}{:>12}{:>22}", "", kNameColumns, "was", "is",
                                               "change", "95 % certain")));
  for (const ComparedLevel& level : comparison.levels) {
    if (level.level != ReportLevel::Device) continue;
    const auto row = [&](const std::string& name, const Change& change) {
      if (change.base == 0 && change.now == 0) return;
      const std::string range = change.tested
                                    ? fmt::format("{} .. {}", signedTimeText(change.low), signedTimeText(change.high))
                                    : std::string("too few");
      const std::string difference = signedTimeText(change.difference()) + (change.significant ? "*" : " ");
      const std::string padding(static_cast<std::size_t>(std::max(0, 12 - columnsOf(difference))), ' ');
      page.line(fmt::format("{:<{}}{:>10}{:>10}{}{}{:>22}", fitted(printable(name), kNameColumns - 1), kNameColumns,
                            timeText(change.base), timeText(change.now), padding,
                            page.paint(inkOf(change, comparison.options), difference), range));
    };
    row(level.device, level.mean);
    for (const ComparedCause& cause : level.causes)
      row((cause.cause == "iotlb_induced" ? "    of it induced" : "  " + std::string(cause.cause)), cause.mean);
  }
}

void writeList(const char* heading, const std::vector<std::string>& sentences, TextPage& page) {
  if (sentences.empty()) return;
  page.heading(heading);
  for (const std::string& sentence : sentences) page.paragraph("", printable(sentence), 2, Ink::Plain);
}

}  // namespace

void writeComparisonText(const Comparison& comparison, const ReportOptions& options, std::ostream& out) {
  TextPage page(out, options);
  page.paragraph("", fmt::format("{} against {}", printable(comparison.nowPath), printable(comparison.basePath)), 2);
  page.line();
  for (const std::string& sentence : comparison.verdict)
    page.paragraph("", printable(sentence), 2, comparison.slower ? Ink::Red : Ink::Plain);
  for (const auto& [damaged, which] :
       {std::pair(comparison.baseDamaged, "base"), std::pair(comparison.nowDamaged, "new case")})
    if (damaged) page.paragraph("", fmt::format("The {} lost events: see its report.", which), 2, Ink::Yellow);
  writeList("What changed", comparison.changed, page);
  if (!comparison.levels.empty()) {
    writeLatency(comparison, page);
    writeCauses(comparison, page);
    page.paragraph("  ",
                   "* significant although so much was compared (Holm); ± and ranges: 95 % of each by itself, from "
                   "resampling stretches of time.",
                   2);
  }
  writeList("Not compared", comparison.unmatched, page);
}

}  // namespace descry
