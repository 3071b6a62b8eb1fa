// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/check/check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <memory>

#include "analyzer/case/inputs.hpp"
#include "analyzer/cli/cli.hpp"
#include "analyzer/command/command.hpp"
#include "analyzer/command/output.hpp"
#include "analyzer/command/typed.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

struct Arguments {
  std::string database, baseline, format = "text", output, allow = "+5%", allowTail;
  std::vector<std::string> failIf, measures;
  std::int64_t minChains = -1;
  bool acceptDamage = false, force = false;
};

/// "+5%", "5", "-10%" as 0.05, 0.05, -0.1; nothing when it is none of these.
std::optional<double> percentOf(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.ends_with('%')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > -100 && value < 1e6)) return std::nullopt;
  return value / 100;
}

std::string checkPercent(const std::string& text) {
  return percentOf(text) ? "" : fmt::format("{} is not a percentage such as +5%", text);
}

int run(const Arguments& arguments) {
  CheckOptions options;
  for (const std::string& text : arguments.failIf)
    options.limits.push_back(cli::parsed("--fail-if", text, [](const auto& each) { return parseLimit(each); }));
  for (const std::string& text : arguments.measures)
    options.compared.push_back(cli::parsed("--measure", text, [](const auto& each) { return parseMeasure(each); }));
  options.allow = *percentOf(arguments.allow);
  options.allowTail = arguments.allowTail.empty() ? options.allow : *percentOf(arguments.allowTail);
  if (arguments.minChains >= 0) options.minChains = arguments.minChains;
  options.acceptDamage = arguments.acceptDamage;
  if (options.limits.empty() && arguments.baseline.empty())
    throw cli::UsageError("nothing to check: give --fail-if, or --baseline");
  if (!options.compared.empty() && arguments.baseline.empty())
    throw cli::UsageError("--measure needs --baseline, which it is compared with");

  const Database database = Database::openReadOnly(arguments.database);
  std::optional<Database> baseline;
  if (!arguments.baseline.empty()) baseline = Database::openReadOnly(arguments.baseline);
  const CheckOutcome outcome = check(database, baseline ? &*baseline : nullptr, options);
  InputFiles inputs = inputsOf(database);
  if (baseline) inputs.add(inputsOf(*baseline));
  ReportOptions report;
  writeOutput({arguments.output, arguments.format, inputs, arguments.force}, report, [&](std::ostream& out) {
    for (const CheckFormat& format : checkFormats())
      if (format.name == arguments.format) format.write(outcome, report, out);
  });
  if (outcome.any(CheckResult::State::Failed)) return cli::kFailedCheck;
  return outcome.any(CheckResult::State::Refused) ? cli::kDamaged : cli::kOk;
}

std::function<int()> define(cli::Options& options) {
  auto arguments = std::make_shared<Arguments>();
  std::vector<std::string> formats;
  for (const CheckFormat& format : checkFormats()) formats.emplace_back(format.name);
  options.argument("DATABASE", arguments->database, "Case database made by descry import").required();
  options.option("--fail-if", "LIMIT", arguments->failIf,
                 "Fail if this is true, e.g. 'p99(queue == rx0,\ncause = iotlb) > 200us'; may be given several\ntimes");
  options.option("--baseline", "DATABASE", arguments->baseline, "Compare with this case database");
  options.option(
      "--measure", "MEASURE", arguments->measures,
      "What to compare with the baseline, e.g.\n'p99(queue == rx0)'; may be given several times\n(default: p50 and "
      "p99 of each "
      "device)");
  options.option("--allow", "PERCENT", arguments->allow, "Growth over the baseline that still passes\n(default: +5%)")
      .check(checkPercent);
  options
      .option("--allow-tail", "PERCENT", arguments->allowTail, "The same for p99, p999 and max (default: as --allow)")
      .check(checkPercent);
  options
      .option("--min-chains", "N", arguments->minChains,
              "Fewest chains a measure may rest on (default: 32;\n200 for p99, 2000 for p999)")
      .range(0, std::int64_t{1} << 50);
  options.flag("--accept-damage", arguments->acceptDamage, "Judge a capture even if it lost events");
  options
      .option("--format", "FORMAT", arguments->format,
              fmt::format("{} (default: {})", cli::alternatives(formats), arguments->format))
      .oneOf(formats);
  options.option("-o,--output", "FILE", arguments->output, "Write there; - is the standard output");
  options.flag("--force", arguments->force, "Replace a file that descry did not write");
  return [arguments] { return run(*arguments); };
}

}  // namespace

const cli::Command kCheckCommand{"check", "Fail if a case database exceeds its limits", define};

}  // namespace descry
