// SPDX-License-Identifier: GPL-2.0-or-later
// Findings as test results, in the form that CI systems read (Jenkins' and Ant's JUnit XML). A suite is a device or the
// whole case, a test case is a rule that judges it; a finding of severity warning or critical is its failure, one that
// is only good to know goes into its output. A rule that is silent passes if it could judge; if what it needs was not
// recorded it is skipped, with the reason. A rule about queues passes if it could judge one of them.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <vector>

#include "analyzer/case/summary.hpp"
#include "analyzer/finding/finding.hpp"
#include "analyzer/report/formats.hpp"
#include "analyzer/report/report.hpp"
#include "analyzer/report/xml.hpp"

namespace descry {

namespace {

struct TestCase {
  std::string_view rule;
  std::vector<const FindingSummary*> findings;
  std::string unjudged;    ///< what kept it from judging, by queue where it is about queues
  bool judgedSome = true;  ///< false: it could judge nothing

  bool skipped() const { return findings.empty() && !judgedSome; }
  bool failed() const {
    return std::any_of(findings.begin(), findings.end(),
                       [](const auto* finding) { return finding->severity != Severity::Info; });
  }
};

struct Suite {
  std::string name;
  std::vector<TestCase> cases;
  std::vector<std::pair<std::string, std::string>> properties;

  auto failures() const {
    return std::count_if(cases.begin(), cases.end(), [](const TestCase& test) { return test.failed(); });
  }
  auto skipped() const {
    return std::count_if(cases.begin(), cases.end(), [](const TestCase& test) { return test.skipped(); });
  }
};

bool isAbout(const FindingSummary& finding, const DeviceSummary* device) {
  if (device == nullptr) return !finding.device;
  return finding.device == device->name && finding.vm == device->vm;
}

/// What table unjudged says of a rule, for one device or for the whole case.
void readUnjudged(const Database& database, const Rule& rule, DeviceId deviceId, TestCase& test) {
  Statement rows = database.prepare(
      "SELECT u.reason, q.queue_name FROM unjudged u LEFT JOIN queue_side_view q USING (queue_id)"
      " WHERE u.rule = ? AND u.device_id = ? ORDER BY q.queue_index, u.queue_id");
  rows.bind(0, rule.id);
  rows.bind(1, deviceId);
  std::int64_t count = 0;
  for (; rows.step(); ++count)
    test.unjudged += fmt::format("{}{}{}", count == 0 ? "" : "; ",
                                 rows.isNull(1) ? "" : fmt::format("{}: ", rows.text(1)), rows.text(0));
  const auto targets =
      rule.subject != Rule::Subject::Queue
          ? 1
          : database.queryInteger(fmt::format("SELECT count(*) FROM queue_side_view WHERE device_id = {}", deviceId))
                .value_or(0);
  test.judgedSome = count < targets;
}

Suite judged(const Database& database, const Summary& summary, const DeviceSummary* device) {
  Suite suite;
  suite.name = device == nullptr ? "case" : device->vm + "/" + device->name;
  // An older analysis did not write down what it could not judge.
  const bool recorded =
      database.queryInteger("SELECT count(*) FROM sqlite_schema WHERE name = 'unjudged'").value_or(0) != 0;
  for (const Rule& rule : findingRules()) {
    if ((rule.subject == Rule::Subject::Case) != (device == nullptr)) continue;
    suite.cases.push_back({rule.id, {}, {}});
    if (recorded) readUnjudged(database, rule, device == nullptr ? kNoDevice : device->deviceId, suite.cases.back());
  }
  for (const FindingSummary& finding : summary.findings) {
    if (!isAbout(finding, device)) continue;
    auto test = std::find_if(suite.cases.begin(), suite.cases.end(),
                             [&](const TestCase& known) { return known.rule == finding.rule; });
    // The database may have been analysed by another version, which knew other rules.
    if (test == suite.cases.end()) test = suite.cases.insert(test, {finding.rule, {}, {}});
    test->findings.push_back(&finding);
  }
  return suite;
}

Suite caseSuite(const Database& database, const Summary& summary) {
  Suite suite = judged(database, summary, nullptr);
  suite.properties.emplace_back("chains", fmt::format("{}", summary.chains.chains));
  suite.properties.emplace_back("complete", fmt::format("{}", summary.chains.complete));
  for (const std::string& sentence : summary.missing) suite.properties.emplace_back("not seen", sentence);
  return suite;
}

Suite deviceSuite(const Database& database, const Summary& summary, const DeviceSummary& device) {
  Suite suite = judged(database, summary, &device);
  suite.properties.emplace_back("transport", device.transport);
  suite.properties.emplace_back("device_kind", device.kind);
  for (const LevelSummary& level : summary.byDevice) {
    if (level.device != &device) continue;
    suite.properties.emplace_back("scope", wordOf(level.scope));
    suite.properties.emplace_back("chains", fmt::format("{}", level.complete));
    suite.properties.emplace_back("p50_ns", fmt::format("{}", level.latency.p50));
    suite.properties.emplace_back("p99_ns", fmt::format("{}", level.latency.p99));
    for (std::size_t cause = 0; cause < kCauses; ++cause)
      suite.properties.emplace_back(fmt::format("{}_ns", kCauseNames[cause]),
                                    fmt::format("{}", level.causes[cause].total));
  }
  return suite;
}

std::string body(const FindingSummary& finding) {
  return fmt::format(
      "{}\n\nWhy: {}\nChange: {}\nCost: {}\nHow to check: {}\nSample: {}, confidence {}\nEvidence: {}\nSQL: {}\n",
      finding.title, finding.why, finding.change, finding.cost, finding.howToCheck, finding.sample, finding.confidence,
      finding.evidence, finding.sql);
}

void addTest(const Suite& suite, const TestCase& test, pugi::xml_node& parent) {
  pugi::xml_node node = parent.append_child("testcase");
  addAttribute(node, "classname", "descry." + suite.name);
  addAttribute(node, "name", test.rule);
  if (test.skipped()) addAttribute(node.append_child("skipped"), "message", test.unjudged);
  // One failure at most per test case: that is what readers of the format expect.
  std::string failure, output, type, message;
  if (!test.unjudged.empty() && !test.skipped()) output = fmt::format("Not judged: {}\n", test.unjudged);
  for (const FindingSummary* finding : test.findings) {
    if (finding->severity == Severity::Info) {
      output += body(*finding);
      continue;
    }
    if (failure.empty()) {
      type = wordOf(finding->severity);
      message = finding->title;
    }
    failure += body(*finding);
  }
  if (!failure.empty()) {
    pugi::xml_node child = node.append_child("failure");
    addAttribute(child, "type", type);
    addAttribute(child, "message", message);
    addText(child, failure);
  }
  if (!output.empty()) addText(node.append_child("system-out"), output);
}

void addCounts(pugi::xml_node node, std::string_view name, std::size_t tests, std::ptrdiff_t failures,
               std::ptrdiff_t skipped) {
  addAttribute(node, "name", name);
  addAttribute(node, "tests", fmt::format("{}", tests));
  addAttribute(node, "failures", fmt::format("{}", failures));
  addAttribute(node, "errors", "0");
  addAttribute(node, "skipped", fmt::format("{}", skipped));
}

void addSuite(const Suite& suite, pugi::xml_node& parent) {
  pugi::xml_node node = parent.append_child("testsuite");
  addCounts(node, suite.name, suite.cases.size(), suite.failures(), suite.skipped());
  pugi::xml_node properties = node.append_child("properties");
  for (const auto& [name, value] : suite.properties) {
    pugi::xml_node property = properties.append_child("property");
    addAttribute(property, "name", name);
    addAttribute(property, "value", value);
  }
  for (const TestCase& test : suite.cases) addTest(suite, test, node);
}

}  // namespace

void writeJunitReport(const ReportedCase& reported, const ReportOptions&, std::ostream& out) {
  const Summary& summary = reported.summary();
  const Database& database = reported.database();
  std::vector<Suite> suites{caseSuite(database, summary)};
  for (const auto& [id, device] : summary.devices)
    if (device.active != 0) suites.push_back(deviceSuite(database, summary, device));
  std::size_t tests = 0;
  std::ptrdiff_t failures = 0, skipped = 0;
  for (const Suite& suite : suites) {
    tests += suite.cases.size();
    failures += suite.failures();
    skipped += suite.skipped();
  }
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("testsuites");
  addCounts(root, std::filesystem::path(summary.databasePath).filename().string(), tests, failures, skipped);
  for (const Suite& suite : suites) addSuite(suite, root);
  writeXml(document, out);
}

}  // namespace descry
