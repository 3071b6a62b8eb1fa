// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "collector/event/source.hpp"

namespace descry {

/// The pieces of one recording as one trace, in the order of time. An event that several pieces hold, because they
/// overlap, comes once: as often as the piece has it that has it most often.
std::unique_ptr<Source> joinPieces(std::vector<std::unique_ptr<Source>> pieces);

}  // namespace descry
