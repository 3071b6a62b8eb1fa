// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "schemas/store/database.hpp"

namespace descry {

/// Fills table prediction: what each device would be like without its translation misses or its bounce buffers, where
/// these take a thousandth of its latency or more. The other results of the chains must be in place.
void writePredictions(Database& database);

}  // namespace descry
