// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr int kIndent = 4;

Ink inkOf(const std::string& severity) {
  return severity == "critical" ? Ink::Red : severity == "warning" ? Ink::Yellow : Ink::Faint;
}

void writeFinding(const FindingSummary& finding, TextPage& page) {
  page.paragraph(fmt::format("{}: ", finding.severity), printable(finding.title), 2, inkOf(finding.severity));
  const auto part = [&](std::string_view name, const std::string& text) {
    page.paragraph(fmt::format("  {}: ", name), printable(text), kIndent, Ink::Bold);
  };
  // What is only good to know has to stay short; the JSON report has all of it.
  part("Why", finding.why);
  if (finding.severity != "info") {
    part("Change", finding.change);
    part("Cost", finding.cost);
    part("How to check", finding.howToCheck);
  }
  part("Rule", fmt::format("{}, sample {}, confidence {}", finding.rule, finding.sample, finding.confidence));
  part("SQL", finding.sql);
}

}  // namespace

void writeFindingList(const Summary& summary, TextPage& page) {
  if (summary.findings.empty()) return;
  page.heading("Findings");
  for (std::size_t i = 0; i < summary.findings.size(); ++i) {
    if (i > 0) page.line();
    writeFinding(summary.findings[i], page);
  }
}

}  // namespace descry
