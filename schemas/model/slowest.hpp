// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace descry {

/// How many chains the table `slowest` holds of each queue and cause: those that lost most.
inline constexpr std::int64_t kSlowestKept = 500;

}  // namespace descry
