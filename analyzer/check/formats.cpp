// SPDX-License-Identifier: GPL-2.0-or-later
// A check's outcome as text, as JSON, and as the JUnit XML that build servers read.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/check/check.hpp"
#include "analyzer/report/print.hpp"
#include "analyzer/report/xml.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;
using State = CheckResult::State;

constexpr std::array kStates = {"passed", "failed", "refused"};
constexpr std::array kInks = {Ink::Green, Ink::Red, Ink::Yellow};

std::int64_t countOf(const CheckOutcome& outcome, State state) {
  return std::count_if(outcome.results.begin(), outcome.results.end(),
                       [&](const CheckResult& result) { return result.state == state; });
}

void writeText(const CheckOutcome& outcome, const ReportOptions& options, std::ostream& out) {
  Terms results;
  for (const CheckResult& result : outcome.results) {
    const auto state = static_cast<std::size_t>(result.state);
    results.terms.push_back({kStates[state], {result.name, result.reason}, {}, kInks[state]});
  }
  Sentences counts;
  counts.items.push_back({fmt::format("{} passed, {} failed, {} refused: ", countOf(outcome, State::Passed),
                                      countOf(outcome, State::Failed), countOf(outcome, State::Refused)),
                          outcome.databasePath,
                          {},
                          Ink::Plain});
  Section section{"results", ""};
  section.add(std::move(results));
  section.add(std::move(counts));
  printText({"", "Descry check", {std::move(section)}}, options, out);
}

void writeJson(const CheckOutcome& outcome, const ReportOptions&, std::ostream& out) {
  Json results = Json::array();
  for (const CheckResult& result : outcome.results) {
    const bool known = result.state != State::Refused;
    results.push_back({{"check", result.name},
                       {"state", kStates[static_cast<std::size_t>(result.state)]},
                       {"reason", result.reason},
                       {"chains", result.chains},
                       {"value", known ? Json(result.value) : Json(nullptr)},
                       {"bound", known ? Json(result.bound) : Json(nullptr)},
                       {"sql", result.sql}});
  }
  const Json document = {{"schema_version", 1},
                         {"database", outcome.databasePath},
                         {"baseline", outcome.baselinePath.empty() ? Json(nullptr) : Json(outcome.baselinePath)},
                         {"passed", countOf(outcome, State::Passed)},
                         {"failed", countOf(outcome, State::Failed)},
                         {"refused", countOf(outcome, State::Refused)},
                         {"results", results}};
  out << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void writeJunit(const CheckOutcome& outcome, const ReportOptions&, std::ostream& out) {
  pugi::xml_document document;
  pugi::xml_node suite = document.append_child("testsuite");
  addAttribute(suite, "name", "descry check");
  addAttribute(suite, "tests", fmt::format("{}", outcome.results.size()));
  addAttribute(suite, "failures", fmt::format("{}", countOf(outcome, State::Failed)));
  addAttribute(suite, "errors", fmt::format("{}", countOf(outcome, State::Refused)));
  for (const CheckResult& result : outcome.results) {
    pugi::xml_node test = suite.append_child("testcase");
    addAttribute(test, "classname", outcome.databasePath);
    addAttribute(test, "name", result.name);
    // A refused result does not pass: build servers show an error, which stops a gate as a failure does.
    if (result.state == State::Passed)
      addText(test.append_child("system-out"), result.reason);
    else
      addAttribute(test.append_child(result.state == State::Failed ? "failure" : "error"), "message", result.reason);
  }
  writeXml(document, out);
}

// clang-format off
constexpr std::array kFormats = {
    CheckFormat{"text", writeText},
    CheckFormat{"json", writeJson},
    CheckFormat{"junit", writeJunit},
};
// clang-format on

}  // namespace

std::span<const CheckFormat> checkFormats() {
  return kFormats;
}

}  // namespace descry
