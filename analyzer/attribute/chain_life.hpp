// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <optional>

#include "analyzer/aggregate/kvm_ways.hpp"
#include "analyzer/aggregate/stall_index.hpp"
#include "analyzer/aggregate/worker_states.hpp"
#include "analyzer/clock/clock_model.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// What is known of a queue before looking at its chains.
struct QueueContext {
  bool network = false;                  ///< transmit buffers may wait for the next transmission to be reaped
  bool guestInterrupts = false;          ///< the guest's interrupts were recorded on this queue
  bool hostDoorbells = false;            ///< the host's doorbell arrivals were recorded
  bool dmaVisible = false;               ///< mapping and bouncing were recorded, or cannot have happened
  bool viommu = false;                   ///< t..f is the vIOMMU's translation, hits included
  const StallIndex* stalls = nullptr;    ///< of the host queue; may be null
  const WorkerStates* worker = nullptr;  ///< of the thread that serves it; null where the scheduler was not recorded
  const KvmWays* kvm = nullptr;          ///< of the host queue; null where KVM was not recorded
};

/// Both halves of one chain (one may be missing) on one time line.
struct ChainHalves {
  const GuestHalfRow* guest = nullptr;
  const HostHalfRow* host = nullptr;
  std::optional<ClockReading> clock;  ///< guest minus host around the fetch, origins included
};

/// What the clock model said about a chain, made again from its stored shift and error.
ClockReading storedReading(Ns shift, Ns error, const HostHalfRow& host);

/// A chain's life as a sequence of points on one clock: the guest's where there is a guest half, else the host's.
///
/// Two halves tell of one chain: the guest's points are on the guest's clock, the host's on the host's, and between the
/// two clocks there is only an estimate with a guaranteed error. A half may also carry points that belong to another
/// chain, because one doorbell or interrupt serves many. So the life is made in four steps:
///
/// 1. Place. Guest points stand at their own time, host points at their time + shift. All host points of a chain get
///    the same shift, so that what lies between two of them keeps its exact length. A fetch before the publication or a
///    used entry after the end, by more than the error, cannot be: then the halves are not put on one clock
///    (`detached`) and only what lies within one clock counts.
/// 2. Drop what is foreign. A doorbell that reached the host before this chain was published was rung for an older one;
///    an interrupt before the used entry announced an older one; a worker that turned to the queue before the doorbell
///    was there already. Such points brought nothing about for this chain. "Before" always means by more than the
///    error.
/// 3. Choose the ends. The latency runs from Q to C. A posted buffer is stock until its packet arrives, so it begins at
/// n;
///    a transmit buffer that no interrupt announces ends at u; without a guest half it is what the host saw.
/// 4. Order. What is left stands on the wrong side by less than the error, if at all: it moves to the boundary. The
///    fetch is the anchor between publication and used entry, and every stop lies between the one before it and the
///    end.
///
/// Invariant: stops are in the order of Point and of time, all within [start, end], and end - start is a difference of
/// two points of the facts. So the spans between stops are never negative and add up to the latency exactly, however
/// wrong the clock is.
///
/// Example, error 30:   guest  Q=1000 M=1040 A=1050 K=1110            I=1400 D=1410 C=1500
///                      host (shifted)   w=700  k=1100 t=1160 f=1170 u=1310 s=1320
/// w lies before the publication by 350: the worker served older chains then, w is dropped, and with it k, because a
/// doorbell that finds the worker awake changes nothing. Had w been at 1130, k would have stayed: it is before K by 10,
/// within the error, and would have been moved to 1110, so that K..k takes 0 +-30 and k..w takes 20.
struct ChainLife {
  struct Stop {
    Point point{};
    Ns at = 0;
  };

  ChainLife(const ChainHalves& halves, const QueueContext& context);

  bool has(Point point) const { return (points & pointBit(point)) != 0; }
  /// Where a point of this life was seen, before stops were put in order; kUnseen: it was not.
  Ns seenAt(Point point) const { return has(point) ? at(point) : kUnseen; }

  std::array<Stop, kPoints> stops{};
  std::size_t count = 0;                   ///< stops that are used, from start to end, in order
  Ns start = 0, end = kUnseen;             ///< of the latency
  Ns first = 0;                            ///< Q, or the first host point
  Ns stock = kUnseen, reapWait = kUnseen;  ///< stock of a posted buffer; transmit buffer waiting to be reaped
  Ns shift = kUnseen, error = kUnseen;     ///< guest minus host, and its +-
  std::uint32_t points = 0;                ///< points that belong to it
  std::int64_t flags = 0;                  ///< ChainFlag
  bool postedBuffer = false;               ///< no device-readable part: posted in advance
  bool detached = false;                   ///< both halves, but no clock to join them: only spans within a clock count

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
