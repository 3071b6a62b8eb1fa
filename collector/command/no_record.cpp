// SPDX-License-Identifier: GPL-2.0-or-later
// In place of record_command.cpp where the collector was built without its probes.
#include <CLI/CLI.hpp>

#include "analyzer/cli/cli.hpp"
#include "collector/command/command.hpp"
#include "schemas/model/error.hpp"

namespace descry {

std::function<int()> addRecordCommand(CLI::App& app) {
  app.add_subcommand("record", "Record what the rings of this machine do (not built in)")->allow_extras();
  return []() -> int { throw Error("this descry was built without record (-DDESCRY_RECORD=OFF)"); };
}

std::function<int()> addDoctorCommand(CLI::App& app) {
  app.add_subcommand("doctor", "Say what can be recorded here (not built in)")->allow_extras();
  return []() -> int { throw Error("this descry was built without record (-DDESCRY_RECORD=OFF)"); };
}

}  // namespace descry
