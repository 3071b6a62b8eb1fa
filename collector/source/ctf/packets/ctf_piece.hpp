// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>

#include "collector/source/reader/piece.hpp"

namespace descry {

/// What tells whether the CTF trace in this directory is a piece of a recording: a rotation's chunk, a snapshot or the
/// buffers of one process. Nothing when the packet reader does not understand it.
std::optional<Piece> pieceOfCtf(const std::filesystem::path& trace);

}  // namespace descry
