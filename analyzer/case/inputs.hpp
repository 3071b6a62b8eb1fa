// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <vector>

#include "schemas/system/input_files.hpp"

namespace descry {

class Database;

/// What no output about a case may replace: its database, and the traces it was imported from as far as they still lie
/// where they lay. A path that was relative at import counts from the current folder.
InputFiles inputsOf(const Database& database);
void addInputs(InputFiles& inputs, const std::filesystem::path& database,
               const std::vector<std::filesystem::path>& traces);

}  // namespace descry
