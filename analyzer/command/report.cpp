// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>

#include "analyzer/case/inputs.hpp"
#include "analyzer/cli/cli.hpp"
#include "analyzer/cli/progress.hpp"
#include "analyzer/command/command.hpp"
#include "analyzer/command/output.hpp"
#include "analyzer/report/batch.hpp"
#include "analyzer/run/analysis.hpp"
#include "schemas/model/error.hpp"
#include "schemas/store/database.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::pair<ReportLevel, const char*> kLevels[] = {
    {ReportLevel::Transport, "transport"}, {ReportLevel::Device, "device"}, {ReportLevel::Queue, "queue"}};

struct Arguments {
  std::vector<std::string> databases;
  std::string format, table, output, level = "device";
  std::optional<std::uint64_t> slowest;
  int jobs = 0;
  bool full = false, sql = false, quiet = false, force = false;
};

constexpr std::size_t kMostTold = 10;  // databases that are named on stderr

ReportLevel levelNamed(const std::string& name) {
  for (const auto& [level, levelName] : kLevels)
    if (levelName == name) return level;
  return ReportLevel::Device;
}

bool isBatch(const Arguments& arguments) {
  std::error_code error;
  return arguments.databases.size() > 1 || arguments.output.ends_with('/') ||
         (!arguments.output.empty() && fs::is_directory(arguments.output, error));
}

/// What was asked for; else what the name of the table or of the output means; else what suits the place.
std::string formatOf(const Arguments& arguments) {
  if (!arguments.format.empty()) return arguments.format;
  if (!arguments.table.empty()) return "csv";
  if (isBatch(arguments)) return "html";
  const ReportFormat* format = formatOfFile(arguments.output);
  return format == nullptr ? "text" : std::string(format->name);
}

ReportOptions optionsOf(const Arguments& arguments) {
  ReportOptions options;
  options.format = formatOf(arguments);
  if (!arguments.table.empty()) options.table = arguments.table;
  options.by = levelNamed(arguments.level);
  if (arguments.slowest) options.slowest = static_cast<int>(*arguments.slowest);
  if (arguments.sql)
    options.detail = Detail::Sql;
  else if (arguments.full || arguments.slowest)
    options.detail = Detail::Full;
  return options;
}

int reportOne(const Arguments& arguments, ReportOptions options) {
  const Database database = Database::openReadOnly(arguments.databases.front());
  const OutputTarget target{arguments.output, options.format, inputsOf(database), arguments.force};
  if (!formatNamed(options.format).isText) refuseTerminal(target);
  writeOutput(target, options, [&](std::ostream& out) { writeReport(database, options, out); });
  return isDamaged(database) || isStuck(database) ? cli::kDamaged : cli::kOk;
}

/// Largest memory of this program, in MiB; with what it started to print PDF, that one's if it was larger.
long peakMebibytes() {
  struct rusage own = {}, children = {};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  return std::max(own.ru_maxrss, children.ru_maxrss) / 1024;
}

void say(const Arguments& arguments, const std::vector<BatchCase>& cases, std::size_t failed, Clock::time_point begin) {
  std::size_t told = 0;
  for (const BatchCase& entry : cases)
    if (!entry.reported && told++ < kMostTold) cli::say("descry", "left out: " + entry.error);
  if (failed > kMostTold)
    fmt::print(stderr, "descry: left out: {} more; the index names all of them\n", failed - kMostTold);
  if (arguments.quiet) return;
  const std::chrono::duration<double> took = Clock::now() - begin;
  fmt::print("{}: {}{}, {:.1f} s, {} MiB at most\n", printable((fs::path(arguments.output) / "index.html").string()),
             countText(static_cast<std::int64_t>(cases.size() - failed), "report", "reports"),
             failed > 0 ? fmt::format(", {} left out", failed) : "", took.count(), peakMebibytes());
}

int reportMany(const Arguments& arguments, const ReportOptions& options) {
  const Clock::time_point begin = Clock::now();
  const auto& cancel = cli::catchInterrupts();
  cli::ProgressBar bar(arguments.quiet);
  BatchOptions batch;
  batch.report = options;
  batch.folder = arguments.output;
  batch.force = arguments.force;
  batch.jobs =
      arguments.jobs > 0 ? arguments.jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  batch.stop = [&] { return cancel.load(); };
  batch.progress = [&](std::size_t done, std::size_t all) {
    bar.show("reporting", static_cast<double>(done) / static_cast<double>(all), 0);
  };
  std::vector<BatchCase> cases;
  try {
    cases = writeBatch({arguments.databases.begin(), arguments.databases.end()}, batch);
  } catch (const Cancelled&) {
    bar.clear();
    throw Error(fmt::format("cancelled; the reports that were finished are in {}", arguments.output));
  }
  bar.clear();
  const auto failed = static_cast<std::size_t>(
      std::count_if(cases.begin(), cases.end(), [](const BatchCase& entry) { return !entry.reported; }));
  say(arguments, cases, failed, begin);
  if (failed == cases.size()) return cli::kFailed;
  const bool damaged =
      std::any_of(cases.begin(), cases.end(), [](const BatchCase& entry) { return entry.damaged || entry.stuck; });
  return failed > 0 || damaged ? cli::kDamaged : cli::kOk;
}

template <typename List>
std::vector<std::string> namesOf(const List& list) {
  std::vector<std::string> names;
  for (const auto& entry : list) names.emplace_back(entry.name);
  return names;
}

/// What a check of one option cannot see.
void checkTogether(const Arguments& arguments) {
  if (!arguments.table.empty() && formatOf(arguments) != "csv")
    throw cli::UsageError("--table: belongs to --format csv");
  if (arguments.databases.size() > 1 && (arguments.output.empty() || arguments.output == "-"))
    throw cli::UsageError("--output: several databases need a folder for their reports: -o DIRECTORY");
}

int run(const Arguments& arguments) {
  checkTogether(arguments);
  const ReportOptions options = optionsOf(arguments);
  return isBatch(arguments) ? reportMany(arguments, options) : reportOne(arguments, options);
}

std::function<int()> define(cli::Options& options) {
  const auto kept = std::make_shared<Arguments>();
  Arguments& arguments = *kept;
  const std::vector<std::string> formats = namesOf(reportFormats()), tables = namesOf(reportTables());
  std::vector<std::string> levels;
  for (const auto& [level, name] : kLevels) levels.emplace_back(name);
  options.argument("DATABASE", arguments.databases, "Case database made by descry import;\nseveral make a batch")
      .required();
  options
      .option(
          "--format", "FORMAT", arguments.format,
          fmt::format("{}\n(default: by the output's name, else text; html for a\nbatch)", fmt::join(formats, ", ")))
      .oneOf(formats);
  options
      .option("--table", "TABLE", arguments.table,
              "The table that csv writes: causes (default), chains,\ndevices, queues, findings, misses, doorbells,\n"
              "interrupts, captures, clock, probes, losses,\nanomalies, unpaired")
      .oneOf(tables);
  options
      .option("--by", "LEVEL", arguments.level,
              fmt::format("What a row of the text tables covers:\n{} (default: {})", fmt::join(levels, ", "),
                          arguments.level))
      .oneOf(levels);
  options.flag("-v,--full", arguments.full,
               "text: everything, not only the answer on one screen:\nwhy, cost, how to check, tables, slowest chains");
  options.flag("--sql", arguments.sql, "text: everything, with the SQL behind each finding");
  options
      .option("--slowest", "N", arguments.slowest,
              fmt::format("How many of the slowest chains to show (default: {});\ntext: implies --full",
                          ReportOptions().slowest))
      .range(0, 1000000);
  options
      .option("-j,--jobs", "N", arguments.jobs,
              "How many reports of a batch are made at a time\n(default: one per CPU)")
      .range(1, 1024);
  options.option("-o,--output", "FILE", arguments.output,
                 "Write the report there; - is the standard output.\nA batch goes into this folder, with an index");
  options.flag("--force", arguments.force, "Replace a file that descry did not write");
  options.flag("-q,--quiet", arguments.quiet, "A batch shows no progress bar and no summary");
  return [kept] { return run(*kept); };
}

}  // namespace

const cli::Command kReportCommand{"report", "Show where the time went", define};

}  // namespace descry
