// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/finding/finding.hpp"

namespace descry {

/// What decides how large a guest's pool of bounce buffers is.
struct BounceGuest {
  enum class Protection : std::uint8_t { None, X86, S390 };  ///< X86: SEV or TDX; S390: Secure Execution

  std::optional<std::int64_t> poolSlots;    ///< as the guest said it
  std::optional<std::int64_t> optionSlots;  ///< N of swiotlb=N in its boot parameters
  std::optional<std::int64_t> memoryBytes;
  std::optional<Protection> protection;
  std::string kernel;  ///< its release, "6.1.0-13-amd64"; empty: not known
};

/// A pool's slots, and what set the number, as in "64 MiB, the default".
struct BouncePool {
  std::int64_t slots = 0;
  std::string why;
};

/// From the columns pool_slots, option_slots, memory_bytes, protection and kernel.
BounceGuest bounceGuestOf(const Evidence& evidence);

/// The pool that the guest has, by the rules of Linux: kernel/dma/swiotlb.c (swiotlb_adjust_size and
/// round_up_default_nslabs: since 6.0 the pool is rounded up to a power of two) and arch/x86/mm/mem_encrypt.c (SEV and
/// TDX guests: 6 % of memory, 64 MiB at least, 1 GiB at most). Nothing where the guest's memory decides and is not
/// known.
std::optional<BouncePool> poolOf(const BounceGuest& guest);

/// What to do where a buffer is larger than one mapping can be: the action of a finding.
inline constexpr const char* kSmallerRequests =
    "A larger pool does not help: echo 256 >/sys/block/vda/queue/max_sectors_kb";

/// A larger pool, for `slotsInUse` at once: the option, and what it replaces.
struct PoolAdvice {
  std::string option;  ///< "swiotlb=1048576"; empty: the guest has no memory for a larger one
  std::string text;    ///< "Boot the guest with ...", whole sentences

  std::string action() const;  ///< the same in one line
};
PoolAdvice largerPool(const BounceGuest& guest, std::int64_t slotsInUse);

}  // namespace descry
