// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "analyzer/cli/cli.hpp"
#include "analyzer/command/command.hpp"
#include "schemas/model/error.hpp"

namespace {

using namespace descry;
namespace fs = std::filesystem;

/// A command that another program carries out.
struct Forwarded {
  const char* command;
  const char* program;
  bool passCommand;  ///< the program has commands of its own
  const char* description;
  const char* whenMissing;
};

constexpr Forwarded kImport{"import", "descry-collector", true, "Read traces into a case database and analyse them",
                            "it belongs to descry and should lie beside it: install descry completely"};
constexpr Forwarded kRecord{"record", "descry-collector", true, "Record what the rings of this machine do",
                            kImport.whenMissing};
constexpr Forwarded kDoctor{"doctor", "descry-collector", true,
                            "Check what can be recorded here and what prevents more", kImport.whenMissing};
constexpr Forwarded kGui{"gui", "descry-gui", false, "Show a case database in a window",
                         "it is not installed; descry report shows the same numbers as text"};

/// Runs the other program in place of this one. Returns only by exception.
[[noreturn]] void forward(const Forwarded& to, int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  if (!to.passCommand) arguments.erase(arguments.begin() + 1);
  std::string name = to.passCommand ? "descry" : to.program;
  arguments.front() = name.data();
  arguments.push_back(nullptr);
  std::error_code error;
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path() / to.program;
  if (!error && fs::exists(beside, error))
    execv(beside.c_str(), arguments.data());
  else
    execvp(to.program, arguments.data());
  if (errno == ENOENT) throw Error(fmt::format("cannot start {}: {}", to.program, to.whenMissing));
  throw Error(fmt::format("cannot start {}: {}", to.program, std::strerror(errno)));
}

}  // namespace

int main(int argc, char** argv) {
  cli::ignoreFileSizeSignal();
  for (const Forwarded& to : {kRecord, kDoctor, kImport, kGui})
    if (argc > 1 && std::string_view(argv[1]) == to.command)
      return cli::run("descry", [&]() -> int { forward(to, argc, argv); });

  cli::Program program("descry", "Show where the time of a virtual machine's virtio requests goes");
  for (const Forwarded& to : {kRecord, kDoctor, kImport}) program.add({to.command, to.description, nullptr});
  for (const cli::Command& command : commands()) program.add(command);
  program.add({kGui.command, kGui.description, nullptr});
  return program.run(argc, argv);
}
