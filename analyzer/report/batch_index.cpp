// SPDX-License-Identifier: GPL-2.0-or-later
// The page over the reports of many cases: what hurts most, and what was found how often.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "analyzer/page/cells.hpp"
#include "analyzer/report/batch.hpp"
#include "analyzer/report/print.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

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

Section answerOf(const std::vector<BatchCase>& cases) {
  const auto count = [&](auto&& holds) { return std::count_if(cases.begin(), cases.end(), holds); };
  Sentences answer{Sentences::Style::Answer, {}};
  const auto say = [&](std::string text) { answer.items.push_back({"", std::move(text), {}, Ink::Plain}); };
  say(fmt::format(
      "{}: {} with a critical finding, {} more with a warning, {} with neither",
      countText(static_cast<std::int64_t>(cases.size()), "case", "cases"),
      count([](const BatchCase& entry) { return entry.critical > 0; }),
      count([](const BatchCase& entry) { return entry.critical == 0 && entry.warnings > 0; }),
      count([](const BatchCase& entry) { return entry.reported && entry.critical + entry.warnings == 0; })));
  if (const auto damaged = count([](const BatchCase& entry) { return entry.damaged; }); damaged > 0)
    say(fmt::format("{} with losses or anomalies that matter", countText(damaged)));
  if (const auto failed = count([](const BatchCase& entry) { return !entry.reported; }); failed > 0)
    say(fmt::format("{} that could not be read", countText(failed)));
  Section section{"answer", ""};
  section.add(std::move(answer));
  return section;
}

Section failedSection(const std::vector<BatchCase>& cases) {
  Section section{"failed", "Not reported"};
  Table table{"Databases that could not be reported", {{"database"}, {"why"}}, {}};
  for (const BatchCase& entry : cases)
    if (!entry.reported) table.rows.push_back({textCell(entry.database.string()), textCell(entry.error)});
  if (!table.rows.empty()) section.add(std::move(table));
  return section;
}

Section rulesSection(const std::vector<BatchCase>& cases) {
  std::map<std::string, std::int64_t> counts;
  for (const BatchCase& entry : cases)
    for (const std::string& rule : entry.rules) ++counts[rule];
  std::vector<std::pair<std::string, std::int64_t>> rules(counts.begin(), counts.end());
  std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  Section section{"rules", "What was found"};
  Table table{"Findings of severity warning or worse", {{"rule"}, {"cases", Column::Align::Right}}, {}};
  for (const auto& [rule, count] : rules) table.rows.push_back({textCell(rule), countCell(count)});
  if (!table.rows.empty()) section.add(std::move(table));
  return section;
}

BarFigure figureOf(const std::vector<BatchCase>& cases) {
  BarFigure figure{"case", "", "; on the right the mean per chain", {}, true};
  for (const BatchCase& entry : cases) {
    if (!entry.reported || entry.chains == 0 || figure.bars.size() == kMostBars) continue;
    figure.bars.push_back({entry.name, entry.ticks ? "ticks" : timeText(entry.total / entry.chains), entry.causes});
    figure.chains.push_back(entry.chains);
  }
  figure.caption = fmt::format("Share of the latency by cause, of the {} cases that hurt most", figure.bars.size());
  return figure;
}

Table rankingOf(const std::vector<BatchCase>& cases, std::string_view extension) {
  Table table{"Cases, what hurts most first", {{"case"}, {"worst finding"}, {"causes"}}, {}};
  for (const char* number : {"rank", "critical", "warnings", "chains", "outside the backend", "p99"})
    table.columns.push_back({number, Column::Align::Right});
  std::int64_t rank = 0;
  for (const BatchCase& entry : cases) {
    if (!entry.reported) continue;
    Cell name = textCell(entry.name), bar;
    name.link = linkTo(entry, extension);
    name.badge = entry.damaged ? "doubtful" : "";
    bar.bar = CauseBar{entry.name, "", entry.causes};
    table.rows.push_back({std::move(name), textCell(entry.worst), std::move(bar), countCell(++rank),
                          orDash(countCell(entry.critical)), orDash(countCell(entry.warnings)),
                          orDash(countCell(entry.chains)), orDash(timeCell(entry.overhead())),
                          orDash(timeCell(entry.ticks ? 0 : entry.p99))});
  }
  return table;
}

}  // namespace

void writeHtmlIndex(const std::vector<BatchCase>& cases, std::string_view extension, std::ostream& out) {
  Section ranking{"ranking", "Ranking"};
  if (BarFigure figure = figureOf(cases); !figure.bars.empty()) ranking.add(std::move(figure));
  ranking.add(rankingOf(cases, extension));
  ranking.add(Sentences{
      Sentences::Style::Notes,
      {{"",
        "Ranked by critical findings, then warnings, then the mean time per chain that is not the backend's own work. "
        "p99 is that of the device with most latency. Doubtful: there are losses or anomalies that matter.",
        {},
        Ink::Plain}}});
  printHtml(
      {"Cases", "Descry reports", {answerOf(cases), std::move(ranking), rulesSection(cases), failedSection(cases)}}, {},
      out);
}

}  // namespace descry
