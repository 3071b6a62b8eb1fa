// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <memory>

#include "analyzer/cli/cli.hpp"
#include "analyzer/cli/progress.hpp"
#include "analyzer/command/command.hpp"
#include "analyzer/run/analysis.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

struct Arguments {
  std::string database;
  std::vector<DeviceMapping> map;
  bool quiet = false;
};

int run(const Arguments& arguments) {
  const auto& cancel = cli::catchInterrupts();
  cli::ProgressBar bar(arguments.quiet);
  AnalysisOptions options;
  options.map = arguments.map;
  options.progress = [&](double share) {
    if (cancel) throw Cancelled();
    bar.show("analysing", share, 0);
  };
  AnalysisOutcome outcome;
  try {
    Database database = Database::openForAnalysis(arguments.database);
    outcome = analyze(database, options);
    database.commit();
  } catch (const Cancelled&) {
    throw Error(fmt::format("cancelled, {} left as it was", arguments.database));
  }
  bar.clear();
  if (!arguments.quiet) fmt::print("{}: {} chains\n", printable(arguments.database), outcome.chains);
  return outcome.damaged || outcome.stuck ? cli::kDamaged : cli::kOk;
}

std::function<int()> define(cli::Options& options) {
  auto arguments = std::make_shared<Arguments>();
  options.argument("DATABASE", arguments->database, "Case database made by descry import").required();
  cli::addMapOption(options, arguments->map);
  options.flag("-q,--quiet", arguments->quiet, "No progress bar and no summary");
  return [arguments] { return run(*arguments); };
}

}  // namespace

const cli::Command kAnalyzeCommand{"analyze", "Compute the results of a case database again", define};

}  // namespace descry
