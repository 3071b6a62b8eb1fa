// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "analyzer/cli/cli.hpp"
#include "analyzer/command/command.hpp"
#include "analyzer/command/output.hpp"
#include "analyzer/compare/formats.hpp"

namespace descry {

namespace {

struct Arguments {
  std::string base, now, format = "text", output;
  double level = 5, threshold = 2;  // percent
};

int run(const Arguments& arguments) {
  const Database base = Database::openReadOnly(arguments.base), now = Database::openReadOnly(arguments.now);
  const Comparison comparison = compareCases(base, now, {arguments.level / 100, arguments.threshold / 100});
  ReportOptions options;
  writeOutput(arguments.output, options, [&](std::ostream& out) {
    for (const ComparisonFormat& format : comparisonFormats())
      if (format.name == arguments.format) format.write(comparison, options, out);
  });
  return comparison.baseDamaged || comparison.nowDamaged ? cli::kDamaged : cli::kOk;
}

std::function<int()> define(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  std::vector<std::string> formats;
  for (const ComparisonFormat& format : comparisonFormats()) formats.emplace_back(format.name);
  app.add_option("BASE", arguments->base, "Case database to compare with")->required();
  app.add_option("NEW", arguments->now, "Case database that may have changed")->required();
  app.add_option("--format", arguments->format,
                 fmt::format("{} (default: {})", fmt::join(formats, " or "), arguments->format))
      ->type_name("FORMAT")
      ->check(cli::oneOf(formats));
  app.add_option("--level", arguments->level, "Chance of any false alarm in percent (default: 5)")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.001, 50.0).description(""));
  app.add_option("--threshold", arguments->threshold, "Smallest change in percent worth a word (default: 2)")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 1000.0).description(""));
  app.add_option("-o,--output", arguments->output, "Write there; - is the standard output")->type_name("FILE");
  return [arguments] { return run(*arguments); };
}

}  // namespace

const Command kDiffCommand{"diff", "Compare two case databases: what changed, and why", define};

}  // namespace descry
