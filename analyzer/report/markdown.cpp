// SPDX-License-Identifier: GPL-2.0-or-later
// GitHub's Markdown: what merge requests, issues and wikis show.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <ostream>
#include <vector>

#include "analyzer/report/formats.hpp"
#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

void writeRow(const std::vector<std::string>& cells, std::ostream& out) {
  out << '|';
  for (const std::string& cell : cells) out << ' ' << cell << " |";
  out << '\n';
}

/// The first `texts` columns are words, the others numbers.
void writeHead(const std::vector<std::string>& names, std::size_t texts, std::ostream& out) {
  writeRow(names, out);
  out << '|';
  for (std::size_t i = 0; i < names.size(); ++i) out << (i < texts ? " --- |" : " ---: |");
  out << '\n';
}

void writeList(const std::vector<std::string>& lines, std::ostream& out) {
  for (const std::string& line : lines) out << "- " << markdownText(line) << '\n';
}

void writeFindings(const Summary& summary, std::ostream& out) {
  out << "\n## Findings\n\n";
  if (summary.findings.empty()) out << "None: no rule found evidence in this case.\n";
  for (const FindingSummary& finding : summary.findings) {
    out << fmt::format("### {}: {}\n\n", markdownText(finding.severity), markdownText(finding.title));
    const auto part = [&](std::string_view name, const std::string& text) {
      out << fmt::format("- **{}:** {}\n", name, markdownText(text));
    };
    part("Why", finding.why);
    part("Change", finding.change);
    part("Cost", finding.cost);
    part("How to check", finding.howToCheck);
    out << fmt::format("- **Rule:** {}, sample {}, confidence {}\n- **Evidence:** {}\n- **SQL:** {}\n\n",
                       markdownCode(finding.rule), finding.sample, markdownText(finding.confidence),
                       markdownCode(finding.evidence), markdownCode(finding.sql));
  }
}

std::string nameOf(const Summary& summary, const LevelSummary& level) {
  if (level.device == nullptr) return markdownText(level.transport);
  const std::string device = markdownText(deviceText(summary, *level.device));
  return level.queueId == 0 ? fmt::format("{} ({})", device, markdownText(identityText(*level.device)))
                            : device + " " + markdownText(level.queueName);
}

void writeLevels(const Summary& summary, ReportLevel by, std::ostream& out) {
  constexpr std::array kTitles = {"transport", "device", "queue"};
  const auto& levels = levelsOf(summary, by);
  if (levels.empty()) return;
  out << fmt::format("\n## Latency by {}\n\n", kTitles[static_cast<std::size_t>(by)]);
  std::vector<std::string> head = {
      kTitles[static_cast<std::size_t>(by)], "seen by", "chains", "p50", "p99", "p99.9", "max"};
  head.insert(head.end(), kCauseNames.begin(), kCauseNames.end());
  writeHead(head, 2, out);
  for (const LevelSummary& level : levels) {
    const std::string about = level.exact ? "" : "≈ ";
    std::vector<std::string> cells = {nameOf(summary, level),
                                      level.scope == "full" ? "both" : markdownText(level.scope),
                                      countText(level.complete),
                                      about + timeText(level.latency.p50),
                                      about + timeText(level.latency.p99),
                                      about + timeText(level.latency.p999),
                                      timeText(level.latency.max)};
    for (std::size_t i = 0; i < kCauses; ++i) {
      const Ns total = level.causes[i].total;
      const bool silent = total == 0 && static_cast<Cause>(i) == Cause::Iotlb;
      cells.push_back(silent ? iotlbText(level) : percentText(level.share(total)));
    }
    writeRow(cells, out);
  }
}

void writeSlowest(const Summary& summary, std::ostream& out) {
  if (summary.slowest.empty()) return;
  out << "\n## Slowest chains\n\n";
  std::vector<std::string> head = {"queue", "longest step", "epoch", "position", "total"};
  head.insert(head.end(), kCauseNames.begin(), kCauseNames.end());
  writeHead(head, 2, out);
  for (const SlowChain& chain : summary.slowest) {
    std::vector<std::string> cells = {markdownText(placeText(summary, chain)) + (chain.suspect ? " (suspect)" : ""),
                                      markdownText(longestStep(chain)), countText(chain.epoch),
                                      countText(chain.position), timeText(chain.total)};
    for (const Ns ns : chain.causes) cells.push_back(seen(ns) && ns != 0 ? timeText(ns) : "-");
    writeRow(cells, out);
  }
}

}  // namespace

void writeMarkdownReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out) {
  const Summary& summary = reported.summary();
  out << fmt::format("# Descry report of {}\n\n",
                     markdownText(std::filesystem::path(summary.databasePath).filename().string()));
  writeList(linesOf([&](TextPage& page) { writeHeadlines(summary, options.by, page); }), out);
  writeFindings(summary, out);
  writeLevels(summary, options.by, out);
  const auto& levels = levelsOf(summary, options.by);
  if (!levels.empty()) {
    out << '\n';
    writeList(linesOf([&](TextPage& page) { writeTableNotes(summary, levels, page); }), out);
  }
  out << "\n## Health\n\n";
  writeList(linesOf([&](TextPage& page) { writeHealth(summary, page); }), out);
  writeSlowest(summary, out);
  out << fmt::format("\nEvery number is in the database: {}\n", markdownCode("SELECT * FROM cause_view"));
}

}  // namespace descry
