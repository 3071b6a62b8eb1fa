// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <memory>

#include "analyzer/case/inputs.hpp"
#include "analyzer/case/time_unit.hpp"
#include "analyzer/cli/cli.hpp"
#include "analyzer/command/command.hpp"
#include "analyzer/command/output.hpp"
#include "analyzer/command/typed.hpp"
#include "analyzer/export/exports.hpp"
#include "analyzer/report/report.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

struct Arguments {
  std::string format, database, where, output;
  bool force = false;
};

int run(const Arguments& arguments) {
  const Condition condition =
      cli::parsed("--where", arguments.where, [](const auto& each) { return parseCondition(each); });
  const Database database = Database::openReadOnly(arguments.database);
  requireNanoseconds(database, "descry export");
  const OutputTarget target{arguments.output, arguments.format, inputsOf(database), arguments.force};
  refuseTerminal(target);
  ReportOptions options;
  writeOutput(target, options, [&](std::ostream& out) {
    for (const ExportFormat& format : exportFormats())
      if (format.name == arguments.format) format.write(database, condition, out);
  });
  return cli::kOk;
}

std::function<int()> define(cli::Options& options) {
  auto arguments = std::make_shared<Arguments>();
  std::vector<std::string> formats;
  std::string described;
  for (const ExportFormat& format : exportFormats()) {
    formats.emplace_back(format.name);
    described +=
        fmt::format("{}{}: {} ({})", described.empty() ? "" : "\n", format.name, format.description, format.extension);
  }
  options.argument("FORMAT", arguments->format, described).required().oneOf(formats);
  options.argument("DATABASE", arguments->database, "Case database made by descry import").required();
  options.option("--where", "CONDITION", arguments->where,
                 "Only chains that meet this, e.g.\n'queue == rx0 and iotlb > 50us'");
  options.option("-o,--output", "FILE", arguments->output, "Write there; - is the standard output");
  options.flag("--force", arguments->force, "Replace a file that descry did not write");
  return [arguments] { return run(*arguments); };
}

}  // namespace

const cli::Command kExportCommand{"export", "Write a case for another program", define};

}  // namespace descry
