// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>

#include "analyzer/cli/options.hpp"

namespace descry {

/// The commands of descry: each has one file in this folder and one entry in the list of commands.cpp.
std::span<const cli::Command> commands();

extern const cli::Command kAnalyzeCommand, kReportCommand, kDiffCommand, kWhatIfCommand, kCheckCommand, kExplainCommand,
    kExportCommand;

}  // namespace descry
