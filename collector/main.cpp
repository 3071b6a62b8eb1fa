// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <filesystem>

#include "analyzer/cli/cli.hpp"
#include "collector/command/command.hpp"

int main(int argc, char** argv) {
  using namespace descry;
  cli::ignoreFileSizeSignal();
  // The front door `descry` starts this program under its own name.
  CLI::App app("Record and import traces of virtio queues", std::filesystem::path(argv[0]).filename().string());
  app.require_subcommand(1);
  const auto import = addImportCommand(app);
  const auto record = addRecordCommand(app);
  const auto doctor = addDoctorCommand(app);
  cli::prepare(app);
  if (const auto code = cli::parse(app, argc, argv)) return *code;
  if (app.got_subcommand("record")) return cli::run(app.get_name(), record);
  if (app.got_subcommand("doctor")) return cli::run(app.get_name(), doctor);
  return cli::run(app.get_name(), import);
}
