// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace descry {

/// Bytes of a slot of the pool of bounce buffers (IO_TLB_SIZE of Linux).
inline constexpr std::int64_t kSwiotlbSlotBytes = 2048;

/// The most that one mapping can have, however large the pool is: 128 slots side by side (IO_TLB_SEGSIZE).
inline constexpr std::int64_t kMostBounceBytes = 128 * kSwiotlbSlotBytes;

}  // namespace descry
