// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string_view>

namespace descry {

/// Tells by its beginning whether a file may be an output of this format ("html", "json", "csv", ..., "png", "svg"):
/// that it looks like one, not that it is one. For OutputRules::isOurs.
bool isOwnOutput(const std::filesystem::path& path, std::string_view format);

}  // namespace descry
