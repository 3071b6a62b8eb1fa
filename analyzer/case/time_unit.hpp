// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "schemas/store/database.hpp"

namespace descry {

/// Captures whose clock counts ticks of unknown length: nothing that was recorded by it is in nanoseconds.
std::set<std::int64_t> tickCaptures(const Database& database);

/// Throws Error when a capture of the case counts ticks, which `what` would show as nanoseconds.
void requireNanoseconds(const Database& database, std::string_view what);

}  // namespace descry
