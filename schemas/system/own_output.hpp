// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string_view>

#include "schemas/system/output_file.hpp"

namespace descry {

/// Tells by its beginning whether a file is an output of descry in this format ("html", "json", ..., "png", "svg").
/// False for formats whose outputs cannot be told from other files: text, CSV, and PDF that a browser printed. For
/// OutputRules::isOurs.
bool isOwnOutput(const std::filesystem::path& path, std::string_view format);

/// What an output of this format may replace: its own kind, or with `force` any file, but none of its inputs.
OutputRules rulesForOwn(std::string format, InputFiles inputs, bool force);

}  // namespace descry
