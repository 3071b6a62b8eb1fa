// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/import/inputs.hpp"

namespace descry {

/// Traces that were given twice are read once, and traces that are pieces of one recording become one. Says so in
/// Inputs::notes.
void joinPieces(Inputs& inputs);

}  // namespace descry
