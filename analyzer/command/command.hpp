// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <span>
#include <string_view>

namespace CLI {
class App;
}

namespace descry {

/// A subcommand of descry: one file in this folder and one entry in the list of commands.cpp.
struct Command {
  std::string_view name, description;
  /// Defines the options of `app` and returns what carries the command out and gives the exit code.
  std::function<int()> (*define)(CLI::App& app);
};

std::span<const Command> commands();

extern const Command kAnalyzeCommand, kReportCommand, kDiffCommand, kWhatIfCommand, kCheckCommand, kExplainCommand;

}  // namespace descry
