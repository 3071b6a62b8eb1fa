// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace descry {

/// What this processor's time stamp counter shows at a time of CLOCK_MONOTONIC.
struct TscReading {
  std::uint64_t ns = 0, tsc = 0;
  std::uint64_t errorNs = 0;  ///< the two belong together within +- this
};

/// Nothing where the processor has no such counter. Takes a few microseconds.
std::optional<TscReading> readTsc();

}  // namespace descry
