// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "analyzer/command/command.hpp"

namespace descry {

std::span<const cli::Command> commands() {
  // In the order of the help.
  static const std::array kCommands = {kAnalyzeCommand, kReportCommand, kExplainCommand, kDiffCommand,
                                       kWhatIfCommand,  kCheckCommand,  kExportCommand};
  return kCommands;
}

}  // namespace descry
