// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "schemas/model/causes.hpp"

namespace descry {

/// Nanoseconds of one clock. Which clock is said by the name around it.
using Ns = std::int64_t;

/// The points in a chain's life, in the order in which they follow each other. Upper case letters of the vocabulary
/// are on the guest clock (Q M A K I D R C), lower case on the host clock (n k w t f p u s).
enum class Point : std::uint8_t { Q, M, A, K, n, k, w, t, f, p, u, s, I, D, R, C };

inline constexpr std::size_t kPoints = 16;

inline constexpr std::array<std::string_view, kPoints> kPointNames = {"Q", "M", "A", "K", "n", "k", "w", "t",
                                                                      "f", "p", "u", "s", "I", "D", "R", "C"};

constexpr std::uint32_t pointBit(Point point) {
  return 1U << static_cast<unsigned>(point);
}

constexpr bool onGuestClock(Point point) {
  return point <= Point::K || point >= Point::I;
}

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
