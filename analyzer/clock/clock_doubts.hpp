// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// Why the two sides of a device may have been put together wrongly. Guest and host of different runs fit each other
/// now and then, but not well: the clock that would make them fit is known badly, drifts as no clock does, or steps.
struct ClockDoubt {
  DeviceId deviceId = kNoDevice;  ///< of the guest
  std::string device;
  std::string why;  ///< "the clocks are known to ±1.25 s only, ..."
};

/// Needs clock segments, device pairs and sums.
std::vector<ClockDoubt> readClockDoubts(const Database& database);

}  // namespace descry
