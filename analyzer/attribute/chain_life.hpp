// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <optional>

#include "analyzer/attribute/stall_index.hpp"
#include "analyzer/clock/clock_model.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// What is known of a queue before looking at its chains.
struct QueueContext {
  bool network = false;                ///< transmit buffers may wait for the next transmission to be reaped
  bool guestDoorbells = false;         ///< the guest's doorbells were recorded on this queue
  bool guestInterrupts = false;        ///< so were its interrupts
  bool hostDoorbells = false;          ///< and the host's doorbell arrivals
  bool dmaVisible = false;             ///< mapping and bouncing were recorded, or cannot have happened
  bool viommu = false;                 ///< t..f is the vIOMMU's translation, hits included
  const StallIndex* stalls = nullptr;  ///< of the host queue; may be null
};

/// Both halves of one chain (one may be missing) on one time line.
struct ChainHalves {
  const GuestHalfRow* guest = nullptr;
  const HostHalfRow* host = nullptr;
  std::optional<ClockReading> clock;  ///< guest minus host around the fetch, origins included
};

/// A chain's life as a sequence of points on one clock: the guest's where there is a guest half, else the host's.
/// Points that cannot belong to this chain's own life (a doorbell that rang before it was published, an interrupt that
/// came before it was used) are left out; what remains is in order, and cross-clock points that lie on the wrong side
/// by less than the clock's error are moved to the boundary.
struct ChainLife {
  struct Stop {
    Point point{};
    Ns at = 0;
  };

  ChainLife(const ChainHalves& halves, const QueueContext& context);

  bool has(Point point) const { return (points & pointBit(point)) != 0; }

  std::array<Stop, kPoints> stops{};
  std::size_t count = 0;                 ///< stops that are used, from start to end, in order
  Ns start = 0, end = kUnseen;           ///< of the latency
  Ns first = 0;                          ///< Q, or the first host point
  Ns before = kUnseen, after = kUnseen;  ///< stock of a posted buffer; transmit buffer waiting to be reaped
  Ns shift = kUnseen, error = kUnseen;   ///< guest minus host, and its +-
  std::uint32_t points = 0;              ///< points that belong to it
  std::int64_t flags = 0;                ///< ChainFlag
  bool postedBuffer = false;             ///< no device-readable part: posted in advance
  bool detached = false;                 ///< both halves, but no clock to join them: only spans within a clock count

 private:
  void placeGuest(const GuestHalfRow& half);
  void placeHost(const HostHalfRow& half, Ns hostShift);
  void keep(Point point, Ns at);
  void drop(Point point) { points &= ~pointBit(point); }
  Ns at(Point point) const { return m_at[static_cast<std::size_t>(point)]; }
  void dropLateArrivals();
  void dropForeign(Ns tolerance);
  void chooseEnds(bool hasGuest, bool hasHost, bool opensBurst);
  void order();

  std::array<Ns, kPoints> m_at{};
};

}  // namespace descry
