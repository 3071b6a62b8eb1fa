// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <tuple>

#include "analyzer/case/inputs.hpp"
#include "analyzer/run/analysis.hpp"
#include "schemas/model/error.hpp"
#include "schemas/system/output_file.hpp"
#include "schemas/system/own_output.hpp"
#include "schemas/text/lower.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kCache = 16 << 20;  // per thread; a report reads most pages once

/// One name per report: the database's, with its folder's or a number where that was taken. File systems may not tell
/// upper from lower case.
std::vector<BatchCase> namedCases(const std::vector<fs::path>& databases) {
  std::vector<BatchCase> cases;
  std::set<std::string> taken = {"index"};
  const auto take = [&](std::string name) { return taken.insert(lowered(std::move(name))).second; };
  for (const fs::path& database : databases) {
    BatchCase entry;
    entry.database = database;
    entry.name = database.stem().string();
    const std::string folder = database.parent_path().filename().string();
    bool free = take(entry.name);
    if (!free && !folder.empty()) free = take(entry.name = folder + "-" + entry.name);
    const std::string base = entry.name;
    for (int number = 2; !free; ++number) free = take(entry.name = fmt::format("{}-{}", base, number));
    cases.push_back(std::move(entry));
  }
  return cases;
}

void summarise(const Summary& summary, BatchCase& entry) {
  entry.ticks = !summary.tickCaptures.empty();
  for (const FindingSummary& finding : summary.findings) {
    entry.critical += finding.severity == Severity::Critical ? 1 : 0;
    entry.warnings += finding.severity == Severity::Warning ? 1 : 0;
    const bool known = std::find(entry.rules.begin(), entry.rules.end(), finding.rule) != entry.rules.end();
    if (finding.severity != Severity::Info && !known) entry.rules.push_back(finding.rule);
  }
  if (entry.critical + entry.warnings > 0) entry.worst = summary.findings.front().title;
  const LevelSummary* busiest = nullptr;
  for (const LevelSummary& level : summary.byDevice) {
    entry.chains += level.complete;
    entry.total += level.latency.total;
    for (std::size_t i = 0; i < kCauses; ++i) entry.causes[i] += level.causes[i].total;
    if (busiest == nullptr || level.latency.total > busiest->latency.total) busiest = &level;
  }
  if (busiest == nullptr) return;
  entry.p99 = busiest->latency.p99;
  if (busiest->device != nullptr) entry.device = busiest->device->name;
}

/// The databases, and what they were imported from.
InputFiles inputsOfAll(const std::vector<fs::path>& databases) {
  InputFiles inputs;
  for (const fs::path& path : databases) {
    inputs.add(path);
    try {
      inputs.add(inputsOf(Database::openReadOnly(path)));
    } catch (const std::exception&) {
      continue;  // its report says what is wrong with it
    }
  }
  return inputs;
}

void reportCase(BatchCase& entry, const BatchOptions& options, std::string_view extension, const OutputRules& rules) {
  try {
    Database database = Database::openReadOnly(entry.database);
    database.limitCache(kCache);
    if (options.stop) database.stopWhen(options.stop);
    const ReportedCase reported(database, options.report.slowest);
    summarise(reported.summary(), entry);
    writeFile(options.folder / fmt::format("{}.{}", entry.name, extension), rules,
              [&](std::ostream& out) { writeReport(reported, options.report, out); });
    entry.damaged = isDamaged(database);
    entry.stuck = isStuck(database);
    entry.reported = true;
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& problem) {
    // Whatever is wrong with this database: the others are not to blame.
    BatchCase failed;
    failed.database = entry.database;
    failed.name = entry.name;
    failed.error = problem.what();
    entry = std::move(failed);
  }
}

auto rank(const BatchCase& entry) {
  return std::tuple(!entry.reported, -entry.critical, -entry.warnings, -entry.overhead(), entry.name);
}

}  // namespace

Ns BatchCase::overhead() const {
  if (chains == 0 || ticks) return 0;
  return (total - causes[static_cast<std::size_t>(Cause::Backend)]) / chains;
}

std::vector<BatchCase> writeBatch(const std::vector<fs::path>& databases, const BatchOptions& options) {
  const std::string_view extension = formatNamed(options.report.format).extension;
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (!fs::is_directory(options.folder))
    throw Error(fmt::format("{}: is no folder and cannot become one{}", options.folder.string(),
                            error ? ": " + error.message() : ""));
  const fs::path htmlIndex = options.folder / "index.html", jsonIndex = options.folder / "index.json";
  const InputFiles inputs = inputsOfAll(databases);
  const OutputRules htmlRules = rulesForOwn("html", inputs, options.force);
  const OutputRules jsonRules = rulesForOwn("json", inputs, options.force);
  const OutputRules caseRules = rulesForOwn(options.report.format, inputs, options.force);
  checkOutput(htmlIndex, htmlRules);
  checkOutput(jsonIndex, jsonRules);
  std::vector<BatchCase> cases = namedCases(databases);

  std::atomic<std::size_t> next = 0;
  std::atomic<bool> cancelled = false;
  std::mutex telling;
  std::size_t done = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < cases.size() && !cancelled; i = next++) {
      try {
        reportCase(cases[i], options, extension, caseRules);
      } catch (const Cancelled&) {
        cancelled = true;
        return;
      }
      const std::lock_guard lock(telling);
      if (options.progress) options.progress(++done, cases.size());
    }
  };
  {
    std::vector<std::jthread> threads;
    const std::size_t jobs =
        std::clamp<std::size_t>(static_cast<std::size_t>(std::max(1, options.jobs)), 1, cases.size());
    for (std::size_t i = 1; i < jobs; ++i) threads.emplace_back(work);
    work();
  }
  if (cancelled) throw Cancelled();

  std::sort(cases.begin(), cases.end(), [](const BatchCase& a, const BatchCase& b) { return rank(a) < rank(b); });
  writeFile(htmlIndex, htmlRules, [&](std::ostream& out) { writeHtmlIndex(cases, extension, out); });
  writeFile(jsonIndex, jsonRules, [&](std::ostream& out) { writeJsonIndex(cases, extension, out); });
  return cases;
}

}  // namespace descry
