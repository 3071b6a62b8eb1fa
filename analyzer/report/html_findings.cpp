// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/report/html_page.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

/// The row that the rule saw, a column a line.
std::string evidenceList(const std::string& evidence) {
  const auto row = nlohmann::ordered_json::parse(evidence, nullptr, false);
  if (!row.is_object()) return htmlText(evidence);
  std::string text = "<dl class=\"evidence\">";
  for (const auto& [column, value] : row.items())
    text += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", htmlText(column),
                        htmlText(value.is_null()     ? "not known"
                                 : value.is_string() ? value.get<std::string>()
                                                     : value.dump()));
  return text + "</dl>";
}

/// A text in which what stands between apostrophes, commands and options to type, is not broken at its hyphens.
std::string prose(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    auto open = text.find('\'');
    while (open != std::string_view::npos && open > 0 && text[open - 1] != ' ' && text[open - 1] != '(')
      open = text.find('\'', open + 1);  // the apostrophe of a genitive
    const auto close = open == std::string_view::npos ? open : text.find('\'', open + 1);
    if (close == std::string_view::npos) break;
    result += htmlText(text.substr(0, open));
    result += fmt::format("<span class=\"typed\">{}</span>", htmlText(text.substr(open, close + 1 - open)));
    text.remove_prefix(close + 1);
  }
  return result + htmlText(text);
}

void writeFinding(const FindingSummary& finding, std::ostream& out) {
  out << fmt::format("<article class=\"finding {0}\"><h3><span class=\"badge\">{0}</span> {1}</h3>\n<dl class=\"why\">",
                     htmlText(finding.severity), htmlText(finding.title));
  const auto part = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) out << fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, prose(text));
  };
  part("Why", finding.why);
  part("Change", finding.change);
  part("Cost", finding.cost);
  part("How to check", finding.howToCheck);
  out << fmt::format("<dt>Evidence</dt><dd>{}</dd>\n", evidenceList(finding.evidence));
  out << fmt::format("<dt>Rule</dt><dd><code>{}</code>, sample {}, confidence {}</dd></dl>\n", htmlText(finding.rule),
                     finding.sample, htmlText(finding.confidence));
  out << fmt::format("<details class=\"sql\"><summary>SQL of the evidence</summary><pre>{}</pre></details></article>\n",
                     htmlText(finding.sql));
}

}  // namespace

void writeHtmlFindings(const Summary& summary, std::ostream& out) {
  out << "<section id=\"findings\"><h2>Findings</h2>\n";
  if (summary.findings.empty())
    out << "<p>No rule found evidence in this case. What could not be seen is under <a "
           "href=\"#health\">Health</a>.</p>\n";
  for (const FindingSummary& finding : summary.findings) writeFinding(finding, out);
  out << "</section>\n";
}

}  // namespace descry
