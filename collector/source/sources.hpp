// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "collector/event/source.hpp"
#include "collector/source/reader/source_format.hpp"

namespace descry {

/// Opens the trace at `path`. Throws Error that says what was found there and what was expected.
std::unique_ptr<Source> openSource(const std::filesystem::path& path, CtfReader reader = CtfReader::Auto);
/// Opens traces of one format that are pieces of one recording.
std::unique_ptr<Source> openPieces(const std::vector<std::filesystem::path>& pieces,
                                   CtfReader reader = CtfReader::Auto);
/// What tells the pieces of one recording; nothing where the format does not know pieces.
std::optional<Piece> pieceOf(const std::filesystem::path& path);
/// Empty when it is not a trace.
std::string_view formatName(const std::filesystem::path& path);
/// True when `path` is a trace that openSource would take.
bool isTrace(const std::filesystem::path& path);
/// The traces at or below `path`, in name order. Of a directory with files of several formats those of the first format
/// are taken: text beside a trace-cmd file is a listing of the same events.
std::vector<std::filesystem::path> findTraces(const std::filesystem::path& path);

}  // namespace descry
