// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>

#include "analyzer/cli/cli.hpp"
#include "collector/command/command.hpp"

int main(int argc, char** argv) {
  using namespace descry;
  cli::ignoreFileSizeSignal();
  // The front door `descry` starts this program under its own name.
  const std::string name = std::filesystem::path(argv[0]).filename();
  cli::Program program(name, "Record and import traces of virtio queues");
  for (const cli::Command& command : {kImportCommand, kRecordCommand, kDoctorCommand}) program.add(command);
  return program.run(argc, argv);
}
