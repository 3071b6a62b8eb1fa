// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "schemas/condition/condition.hpp"
#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// The chains that did not come back and meet a condition, the oldest first.
std::vector<StuckChainRow> readStuck(const Database& database, const Condition& condition);

}  // namespace descry
