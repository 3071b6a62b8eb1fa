// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace descry {

/// What to do with a file that other tools write and that descry does not read: "is a recording of perf; ...". Empty
/// when it is none that is known.
std::string answerToForeign(const std::filesystem::path& file);

}  // namespace descry
