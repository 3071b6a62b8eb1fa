// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/source/reader/source_format.hpp"

namespace descry {

/// A directory with a file `metadata`, or that file.
bool looksLikeCtf(const std::filesystem::path& path);
std::unique_ptr<Source> openCtf(const std::filesystem::path& path, CtfReader reader);
std::optional<Piece> ctfPiece(const std::filesystem::path& path);
/// Pieces of one trace become one trace; those of one machine are merged.
std::unique_ptr<Source> openCtfPieces(const std::vector<std::filesystem::path>& pieces, CtfReader reader);

inline constexpr SourceFormat kCtfFormat = {
    "ctf", "a CTF trace (a directory with a file `metadata`)", looksLikeCtf, openCtf, ctfPiece, openCtfPieces};

}  // namespace descry
