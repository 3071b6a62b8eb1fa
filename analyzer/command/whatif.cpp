// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <memory>

#include "analyzer/case/inputs.hpp"
#include "analyzer/case/time_unit.hpp"
#include "analyzer/cli/cli.hpp"
#include "analyzer/command/command.hpp"
#include "analyzer/command/output.hpp"
#include "analyzer/whatif/formats.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

struct Arguments {
  std::string database, queue, format = "text", output;
  std::vector<std::string> without, scale, add;
  bool force = false;
};

Cause causeNamed(const std::string& option, std::string_view name) {
  std::vector<std::string> known;
  for (const Cause cause : changeableCauses()) {
    known.emplace_back(kCauseNames[static_cast<std::size_t>(cause)]);
    if (known.back() == name) return cause;
  }
  throw cli::UsageError(fmt::format("{}: expected {}, found \"{}\"", option, cli::alternatives(known), name));
}

/// "iotlb=0.5" in its two parts.
std::pair<Cause, std::string_view> assignment(const std::string& option, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos)
    throw cli::UsageError(fmt::format("{}: expected CAUSE=VALUE, found \"{}\"", option, text));
  return {causeNamed(option, text.substr(0, equals)), std::string_view(text).substr(equals + 1)};
}

double factorOf(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1000))
    throw cli::UsageError(fmt::format("--scale: expected a number from 0 to 1000, found \"{}\"", text));
  return value;
}

Ns durationOf(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, factor] :
       {std::pair<std::string_view, double>{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}})
    if (error == std::errc() && unit == name && value >= 0 && value * factor < 1e15)
      return std::llround(value * factor);
  throw cli::UsageError(fmt::format("--add: expected a duration such as 100us, found \"{}\"", text));
}

int run(const Arguments& arguments) {
  std::vector<CauseChange> changes;
  for (const std::string& name : arguments.without) changes.push_back({causeNamed("--without", name), 0, 0});
  for (const std::string& text : arguments.scale) {
    const auto [cause, value] = assignment("--scale", text);
    changes.push_back({cause, factorOf(value), 0});
  }
  for (const std::string& text : arguments.add) {
    const auto [cause, value] = assignment("--add", text);
    changes.push_back({cause, 1, durationOf(value)});
  }
  if (changes.empty()) throw cli::UsageError("say what to change: --without, --scale or --add");
  for (std::size_t i = 0; i < changes.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (changes[i].cause == changes[j].cause)
        throw cli::UsageError(
            fmt::format("{} is changed twice", kCauseNames[static_cast<std::size_t>(changes[i].cause)]));

  const Database database = Database::openReadOnly(arguments.database);
  requireNanoseconds(database, "descry whatif");
  const Prediction prediction = predict(database, changes, arguments.queue);
  if (prediction.queues.empty())
    throw Error(fmt::format("{}: nothing to replay{}: only chains whose fetch was seen on the host can be replayed",
                            arguments.database, arguments.queue.empty() ? "" : " for queue " + arguments.queue));
  ReportOptions options;
  writeOutput({arguments.output, arguments.format, inputsOf(database), arguments.force}, options,
              [&](std::ostream& out) {
                for (const PredictionFormat& format : predictionFormats())
                  if (format.name == arguments.format) format.write(prediction, options, out);
              });
  return cli::kOk;
}

std::function<int()> define(cli::Options& options) {
  auto arguments = std::make_shared<Arguments>();
  std::vector<std::string> formats;
  for (const PredictionFormat& format : predictionFormats()) formats.emplace_back(format.name);
  options.argument("DATABASE", arguments->database, "Case database made by descry import").required();
  options.option("--without", "CAUSE", arguments->without,
                 "Remove this cause: iotlb, swiotlb,\nnotification or backend");
  options.option("--scale", "CAUSE=FACTOR", arguments->scale, "Multiply a cause, e.g. iotlb=0.5");
  options.option("--add", "CAUSE=TIME", arguments->add, "Add to a cause of every chain, e.g. iotlb=100us");
  options.option("--queue", "QUEUE", arguments->queue, "Show only this queue, e.g. rx0");
  options
      .option("--format", "FORMAT", arguments->format,
              fmt::format("{} (default: {})", cli::alternatives(formats), arguments->format))
      .oneOf(formats);
  options.option("-o,--output", "FILE", arguments->output, "Write there; - is the standard output");
  options.flag("--force", arguments->force, "Replace a file that descry did not write");
  return [arguments] { return run(*arguments); };
}

}  // namespace

const cli::Command kWhatIfCommand{"whatif", "Predict what a case would be like without a cause", define};

}  // namespace descry
