// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/source/reader/source_format.hpp"

namespace descry {

/// A directory with a file `metadata`, or that file.
bool looksLikeCtf(const std::filesystem::path& path);
std::unique_ptr<Source> openCtf(const std::filesystem::path& path, CtfReader reader);

inline constexpr SourceFormat kCtfFormat = {"ctf", "a CTF trace (a directory with a file `metadata`)", looksLikeCtf,
                                            openCtf};

}  // namespace descry
