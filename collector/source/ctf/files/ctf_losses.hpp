// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collector/event/batch.hpp"

namespace descry {

/// What the tracer says it discarded before a packet, without its time. `count`: nothing when it does not say how many.
LossRange discardedLoss(std::optional<std::uint64_t> count, bool wholePackets, std::uint16_t cpu);

/// A stream that cannot be read to its end. `last`: time of its last event that was read; kUnseen: none.
LossRange brokenStream(Ns last, std::uint16_t cpu, std::string_view reason);

/// Cycles of a clock of `frequency` in nanoseconds.
inline Ns cyclesToNs(std::uint64_t cycles, std::uint64_t frequency) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  if (frequency == kSecond) return static_cast<Ns>(cycles);
  __extension__ using Wide = unsigned __int128;
  return static_cast<Ns>(Wide{cycles} * kSecond / frequency);
}

}  // namespace descry
