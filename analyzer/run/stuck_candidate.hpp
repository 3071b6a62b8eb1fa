// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "analyzer/attribute/chain_life.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// A wait of 100 ms for a notification is no work of either side any more: a scheduler, a moderated interrupt or a busy
/// worker take a hundredth of that.
inline constexpr Ns kLongestNotice = 100'000'000;

/// A chain that did not come back, or only after very long, with all that its halves say.
struct StuckCandidate {
  QueueId queueId = kNoQueue;
  std::int64_t epoch = 0, position = 0;  ///< as in chain
  std::optional<GuestHalfRow> guest;
  std::optional<HostHalfRow> host;
  Ns shift = kUnseen, error = kUnseen;  ///< guest minus host; kUnseen: not on one clock
  Ns latency = kUnseen;                 ///< kUnseen: still in flight
  bool network = false, guestInterrupts = false, hostDoorbells = false;
  Ns fetchBefore = kUnseen;  ///< the last fetch on this queue before its own, host clock

  bool isBack() const { return seen(latency); }
  /// A buffer without a part that the device reads is posted in advance: it waits for a packet or an event.
  bool isPosted() const { return outCount() == 0; }
  /// Transmit buffers stay in the used ring until the driver transmits again.
  bool isTransmit() const { return network && inCount() == 0; }
  /// It asks and is answered, so a device has no reason to keep it.
  bool isRequest() const { return outCount() > 0 && inCount() > 0; }
  std::int64_t outCount() const;  ///< -1: not known
  std::int64_t inCount() const;
};

/// A step in a chain's life and how long nothing followed.
struct StuckWait {
  std::string_view stage;  ///< as in stuck_chain
  bool hostSeen = true;
  bool onHostClock = false;  ///< begin and end are on the host's clock
  Ns begin = 0, end = 0;
  bool isNotice = false;       ///< it waited for a doorbell or an interrupt
  bool needsFullRing = false;  ///< proves something only where the driver has no room left

  Ns length() const { return end - begin; }
};

/// The longest wait of a chain that came back, if one of them can be told; needs no more than its halves.
std::optional<StuckWait> longestWait(const StuckCandidate& chain);

}  // namespace descry
