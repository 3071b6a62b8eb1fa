// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/source/reader/source_format.hpp"

namespace descry {

/// A file written by trace-cmd.
bool looksLikeTraceDat(const std::filesystem::path& path);
std::unique_ptr<Source> openTraceDat(const std::filesystem::path& path, CtfReader reader);
std::optional<Piece> traceDatPiece(const std::filesystem::path& path);

inline constexpr SourceFormat kTraceDatFormat = {"trace_dat", "a trace.dat written by trace-cmd", looksLikeTraceDat,
                                                 openTraceDat, traceDatPiece};

}  // namespace descry
