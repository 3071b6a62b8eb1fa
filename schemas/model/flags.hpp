// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace descry {

/// Bits of guest_half.flags and host_half.flags.
enum HalfFlag : std::uint32_t {
  kInFlightAtEnd = 1,       ///< the capture ended before the chain did
  kEndUnseen = 2,           ///< the chain ended, but no probe saw when
  kDoorbellSuppressed = 4,  ///< the driver decided that the device needs no doorbell for it
  kAddReturnUnseen = 8,     ///< the add's return was lost; a_ns is NULL
  kUsedWithoutFlush = 16,   ///< u is the fill: no index write was recorded (packed rings, lost events)
  kOpensBurst = 32,         ///< first chain fetched after the doorbell in k
};

/// Bits of chain.flags.
enum ChainFlag : std::uint32_t {
  kSuspect = 1,             ///< overlaps a loss range: an absence in it proves nothing
  kIncomplete = 2,          ///< no end was seen; causes are NULL
  kGuestOnly = 4,           ///< no host half
  kHostOnly = 8,            ///< no guest half
  kStartAssumed = 16,       ///< host only: counted from the doorbell that opened the burst, so at most this long
  kOrderContradicted = 32,  ///< fetched before it was published, or used after its end, by more than the clock's error
  kUnsynchronised = 64,     ///< both halves, but not on one clock: no model covers it, or its own order contradicts it
};

}  // namespace descry
