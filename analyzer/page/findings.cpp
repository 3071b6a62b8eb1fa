// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analyzer/page/case_page.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

/// A value with the unit that the name of its column says.
std::string valueText(std::string_view column, const nlohmann::ordered_json& value) {
  if (value.is_null()) return "not known";
  if (value.is_string()) return value.get<std::string>();
  if (column.ends_with("_ns") && value.is_number_integer()) return timeText(value.get<Ns>());
  if (column.ends_with("_bytes") && value.is_number_integer()) return bytesText(value.get<std::int64_t>());
  if (column.ends_with("_percent")) return value.dump() + " %";
  return value.is_number_integer() ? countText(value.get<std::int64_t>()) : value.dump();
}

/// Columns and values of the row that the rule saw.
std::vector<std::pair<std::string, std::string>> evidenceRow(const std::string& evidence) {
  std::vector<std::pair<std::string, std::string>> row;
  const auto object = nlohmann::ordered_json::parse(evidence, nullptr, false);
  if (!object.is_object()) return row;
  for (const auto& [column, value] : object.items()) row.emplace_back(column, valueText(column, value));
  return row;
}

Card cardOf(const FindingSummary& finding) {
  using Kind = Card::Part::Kind;
  // What is only good to know has to stay short on a terminal.
  const Media rest = finding.severity == Severity::Info ? Media::Marked : Media::All;
  Card card{finding.severity, finding.title, {}};
  const auto part = [&](const char* name, std::string text, Kind kind, Media media) {
    if (!text.empty()) card.parts.push_back({name, std::move(text), kind, media});
  };
  part("Why", finding.why, Kind::Prose, Media::All);
  part("Change", finding.change, Kind::Prose, rest);
  part("Cost", finding.cost, Kind::Prose, rest);
  part("How to check", finding.howToCheck, Kind::Prose, rest);
  card.parts.push_back({"Evidence", finding.evidence, Kind::Row, Media::Marked, evidenceRow(finding.evidence)});
  part("Rule", fmt::format("{}, sample {}, confidence {}", finding.rule, countText(finding.sample), finding.confidence),
       Kind::Prose, Media::All);
  part("SQL", finding.sql, Kind::Code, Media::All);
  return card;
}

}  // namespace

Section findingSection(const Summary& summary) {
  Section section{"findings", "Findings"};
  section.entry = fmt::format("Findings ({})", summary.findings.size());
  if (summary.findings.empty())
    section.add(
        Sentences{Sentences::Style::Plain,
                  {{"", "No rule found evidence in this case. Health says what could not be seen.", {}, Ink::Plain}}},
        Media::Marked);
  for (const FindingSummary& finding : summary.findings) section.add(cardOf(finding));
  return section;
}

}  // namespace descry
