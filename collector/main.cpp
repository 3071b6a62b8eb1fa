// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/resource.h>

#include <filesystem>

#include "analyzer/cli/cli.hpp"
#include "collector/command/command.hpp"

namespace {

/// A trace has a file per CPU and channel, and all of them are open at once.
void allowOpenFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace descry;
  allowOpenFiles();
  cli::ignoreFileSizeSignal();
  // The front door `descry` starts this program under its own name.
  const std::string name = std::filesystem::path(argv[0]).filename();
  cli::Program program(name, "Record and import traces of virtio queues");
  for (const cli::Command& command : {kImportCommand, kRecordCommand, kDoctorCommand}) program.add(command);
  return program.run(argc, argv);
}
