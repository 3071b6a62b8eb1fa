// SPDX-License-Identifier: GPL-2.0-or-later
// The comparison as structure, which the printers of the report write.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "analyzer/compare/formats.hpp"
#include "analyzer/compare/sentences.hpp"
#include "analyzer/page/cells.hpp"
#include "analyzer/report/print.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Align = Column::Align;

constexpr int kNameColumns = 23;
constexpr const char* kLegend =
    "* significant, with all comparisons taken into account (Holm); ± and ranges: 95 % confidence for each value, from "
    "stretches of time.";

Cell timeOf(double ns) {
  return timeCell(std::llround(ns));
}

/// What matters is bold or coloured; a star says what is significant.
Cell changed(const Change& change, std::string text, const ComparisonOptions& options) {
  Cell cell = changeCell(change.relative(), text + (change.significant ? "*" : " "));
  cell.strong = ComparedLevel::matters(change, options);
  if (cell.strong) cell.ink = change.difference() > 0 ? Ink::Red : Ink::Green;
  return cell;
}

Column number(const char* name, int width, Media media = Media::All) {
  return {name, Align::Right, width, 0, 0, media};
}

Section listSection(const char* id, const char* title, const std::vector<std::string>& texts) {
  Section section{id, title};
  Sentences list{Sentences::Style::List, {}};
  for (const std::string& text : texts) list.items.push_back({"", text, {}, Ink::Plain});
  if (!texts.empty()) section.add(std::move(list));
  return section;
}

Section answerOf(const Comparison& comparison) {
  Section section{"answer", ""};
  Sentences paths{Sentences::Style::Plain,
                  {{"", fmt::format("{} against {}", comparison.nowPath, comparison.basePath), {}, Ink::Plain},
                   {"", "", {}, Ink::Plain}}};
  section.add(std::move(paths), Media::Text);
  Sentences verdict{Sentences::Style::Answer, {}};
  for (const std::string& text : comparison.verdict)
    verdict.items.push_back({"", text, {}, comparison.slower ? Ink::Red : Ink::Plain});
  for (const auto& [damaged, which] :
       {std::pair(comparison.baseDamaged, "base"), std::pair(comparison.nowDamaged, "new case")})
    if (damaged)
      verdict.items.push_back({"", fmt::format("The {} lost events: see its report.", which), {}, Ink::Yellow});
  section.add(std::move(verdict));
  return section;
}

CauseBar barOf(const ComparedLevel& level, bool ofBase) {
  const double mean = ofBase ? level.mean.base : level.mean.now;
  CauseBar bar{fmt::format("{} {}", nameOf(level), ofBase ? "base" : "new"), timeText(mean), {}};
  for (std::size_t i = 0; i < kCauses; ++i)
    for (const ComparedCause& cause : level.causes)
      if (cause.cause == kCauseNames[i]) bar.causes[i] = std::llround(ofBase ? cause.mean.base : cause.mean.now);
  return bar;
}

Section latencySection(const Comparison& comparison) {
  Section section{"latency", "Latency"};
  if (comparison.levels.empty()) return section;
  BarFigure figure{"diff", "The mean chain by cause", "", {}, false};
  Table table{"Latency",
              {{"what", Align::Left, kNameColumns, kNameColumns, 0, Media::All, " "},
               number("chains were", 0, Media::Marked),
               number("are", 0, Media::Marked),
               number("p50 was", 11),
               number("is", 10),
               number("p50 change", 18),
               number("p99 was", 0, Media::Marked),
               number("is", 0, Media::Marked),
               number("p99 change", 18)},
              {}};
  table.sql = "SELECT device, queue_name, chains, p50_ns, p99_ns FROM cause_view WHERE cause = 'latency';";
  const auto change = [&](const Change& of) { return changed(of, relativeRangeText(of), comparison.options); };
  for (const ComparedLevel& level : comparison.levels) {
    Cell name = textCell(nameOf(level));
    if (level.level == ReportLevel::Queue) name.head = name.text;
    table.rows.push_back({std::move(name), countCell(level.baseChains), countCell(level.nowChains),
                          timeOf(level.p50.base), timeOf(level.p50.now), change(level.p50), timeOf(level.p99.base),
                          timeOf(level.p99.now), change(level.p99)});
    if (level.level == ReportLevel::Device)
      for (const bool ofBase : {true, false}) figure.bars.push_back(barOf(level, ofBase));
  }
  if (!figure.bars.empty()) section.add(std::move(figure), Media::Html);
  section.add(std::move(table));
  return section;
}

Section causeSection(const Comparison& comparison) {
  Section section{"causes", "Causes, mean per chain"};
  if (comparison.levels.empty()) return section;
  Table table{"Causes",
              {{"", Align::Left, kNameColumns, kNameColumns, 0, Media::Text},
               {"device", Align::Left, 0, 0, 0, Media::Marked},
               {"cause", Align::Left, 0, 0, 0, Media::Marked},
               number("was", 11),
               number("is", 10),
               number("change", 12),
               number("95 % certain", 22)},
              {}};
  table.sql = "SELECT device, cause, sum(total_ns) / sum(chains) FROM cause_view GROUP BY device_id, cause;";
  for (const ComparedLevel& level : comparison.levels) {
    if (level.level != ReportLevel::Device) continue;
    const auto row = [&](std::string name, std::string_view cause, const Change& change) {
      if (change.base == 0 && change.now == 0) return;
      Cell range =
          textCell(change.tested ? fmt::format("{} .. {}", signedTimeText(change.low), signedTimeText(change.high))
                                 : std::string("too few chains"));
      table.rows.push_back({textCell(std::move(name)), textCell(level.device), textCell(std::string(cause)),
                            timeOf(change.base), timeOf(change.now),
                            changed(change, signedTimeText(change.difference()), comparison.options),
                            std::move(range)});
      table.rows.back()[5].value = fmt::format("{:.0f}", change.difference());
    };
    row(level.device, "all", level.mean);
    for (const ComparedCause& cause : level.causes)
      row(cause.cause == "iotlb_induced" ? "    of it induced" : "  " + std::string(cause.cause), cause.cause,
          cause.mean);
  }
  section.add(std::move(table));
  section.add(Sentences{Sentences::Style::Notes, {{"", kLegend, {}, Ink::Plain}}});
  return section;
}

Page comparisonPage(const Comparison& comparison) {
  const auto stem = [](const std::string& path) { return std::filesystem::path(path).stem().string(); };
  return {fmt::format("{} against {}", stem(comparison.nowPath), stem(comparison.basePath)),
          "Descry comparison",
          {answerOf(comparison), listSection("changed", "What changed", comparison.changed), latencySection(comparison),
           causeSection(comparison), listSection("unmatched", "Not compared", comparison.unmatched)}};
}

}  // namespace

void writeComparisonText(const Comparison& comparison, const ReportOptions& options, std::ostream& out) {
  printText(comparisonPage(comparison), options, out);
}

void writeComparisonMarkdown(const Comparison& comparison, const ReportOptions&, std::ostream& out) {
  printMarkdown(comparisonPage(comparison), out);
}

void writeComparisonHtml(const Comparison& comparison, const ReportOptions& options, std::ostream& out) {
  printHtml(comparisonPage(comparison), options, out);
}

}  // namespace descry
