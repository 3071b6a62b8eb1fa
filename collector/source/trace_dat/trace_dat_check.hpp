// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace descry {

// libtracecmd trusts what stands in a file: a damaged one can end the program.

/// What is wrong with the head of a trace-cmd file, as far as it can be seen without the library: "it is cut: ...".
/// Empty when nothing is.
std::string damageOfTraceDat(const std::filesystem::path& file);

}  // namespace descry
