// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "analyzer/case/inputs.hpp"
#include "analyzer/case/time_unit.hpp"
#include "analyzer/cli/cli.hpp"
#include "analyzer/command/command.hpp"
#include "analyzer/command/output.hpp"
#include "analyzer/compare/formats.hpp"

namespace descry {

namespace {

struct Arguments {
  std::string base, now, format = "text", output;
  double level = 5, threshold = 2;  // percent
  bool force = false;
};

int run(const Arguments& arguments) {
  const Database base = Database::openReadOnly(arguments.base), now = Database::openReadOnly(arguments.now);
  requireNanoseconds(base, "descry diff");
  requireNanoseconds(now, "descry diff");
  const Comparison comparison = compareCases(base, now, {arguments.level / 100, arguments.threshold / 100});
  InputFiles inputs = inputsOf(base);
  inputs.add(inputsOf(now));
  ReportOptions options;
  writeOutput({arguments.output, arguments.format, inputs, arguments.force}, options, [&](std::ostream& out) {
    for (const ComparisonFormat& format : comparisonFormats())
      if (format.name == arguments.format) format.write(comparison, options, out);
  });
  return comparison.baseDamaged || comparison.nowDamaged ? cli::kDamaged : cli::kOk;
}

std::function<int()> define(cli::Options& options) {
  auto arguments = std::make_shared<Arguments>();
  std::vector<std::string> formats;
  for (const ComparisonFormat& format : comparisonFormats()) formats.emplace_back(format.name);
  options.argument("BASE", arguments->base, "Case database to compare with").required();
  options.argument("NEW", arguments->now, "Case database that may have changed").required();
  options
      .option("--format", "FORMAT", arguments->format,
              fmt::format("{} (default: {})", cli::alternatives(formats), arguments->format))
      .oneOf(formats);
  options.option("--level", "PERCENT", arguments->level, "Chance of any false alarm in percent (default: 5)")
      .rangeOfReal(0.001, 50.0);
  options.option("--threshold", "PERCENT", arguments->threshold, "Smallest change to report, in percent (default: 2)")
      .rangeOfReal(0.0, 1000.0);
  options.option("-o,--output", "FILE", arguments->output, "Write there; - is the standard output");
  options.flag("--force", arguments->force, "Replace a file that descry did not write");
  return [arguments] { return run(*arguments); };
}

}  // namespace

const cli::Command kDiffCommand{"diff", "Compare two case databases: what changed, and why", define};

}  // namespace descry
