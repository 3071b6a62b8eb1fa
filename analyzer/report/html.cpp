// SPDX-License-Identifier: GPL-2.0-or-later
// One file for a browser, without a network and, if need be, without scripts: the pictures are SVG, and a script that
// is allowed to run puts an interactive chart in their place.
#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "analyzer/report/formats.hpp"
#include "analyzer/report/html_page.hpp"
#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

void writeAnswer(const Summary& summary, ReportLevel by, std::ostream& out) {
  out << "<section id=\"answer\">\n<ul class=\"answer\">\n";
  for (const std::string& line : linesOf([&](TextPage& page) { writeHeadlines(summary, by, page); })) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos)
      out << "<li>" << htmlText(line) << "</li>\n";
    else
      out << fmt::format("<li><b>{}</b> {}</li>\n", htmlText(line.substr(0, colon + 1)),
                         htmlText(line.substr(colon + 2)));
  }
  out << "</ul>\n";
  if (summary.byDevice.empty()) out << "<p class=\"none\">No complete chain: there is no latency to explain.</p>\n";
  out << "</section>\n";
}

void writeContents(const Summary& summary, std::ostream& out) {
  out << "<nav aria-label=\"Contents\">";
  out << fmt::format("<a href=\"#findings\">Findings ({})</a>", summary.findings.size());
  if (!summary.byDevice.empty())
    out << "<a href=\"#causes\">Where the time went</a><a href=\"#distribution\">Distribution</a>";
  if (!summary.slowest.empty()) out << "<a href=\"#slowest\">Slowest chains</a>";
  out << "<a href=\"#health\">Health</a></nav>\n";
}

}  // namespace

void writeHtmlReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out) {
  const Summary& summary = reported.summary();
  beginHtml(out, std::filesystem::path(summary.databasePath).stem().string(), "Descry report");
  writeContents(summary, out);
  writeAnswer(summary, options.by, out);
  writeHtmlFindings(summary, out);
  writeHtmlLevels(summary, options.by, out);
  writeHtmlDistribution(reported, out);
  writeHtmlSlowest(summary, out);
  writeHtmlHealth(summary, out);
  out << fmt::format(
      "<footer>descry {}. {}; run it with <code>sqlite3 {}</code>.</footer>\n", htmlText(summary.toolVersion),
      options.forPaper ? "Under each table is the SQL that returns it" : "Click a number for the SQL that returns it",
      htmlText(std::filesystem::path(summary.databasePath).filename().string()));
  endHtml(out, !options.forPaper);
}

}  // namespace descry
