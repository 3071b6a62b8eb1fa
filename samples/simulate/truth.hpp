// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "samples/simulate/record.hpp"
#include "schemas/store/rows.hpp"

namespace descry::simulate {

struct Span {
  Ns begin = 0, end = 0;
};

/// One chain as it really was. Times are true time; kUnseen where the point does not exist for this chain.
struct ChainTruth {
  std::int32_t ring = 0;      ///< index into Truth::rings
  std::int64_t position = 0;  ///< on its queue, counted without wrap
  std::int64_t head = 0;
  std::uint64_t token = 0, element = 0;
  std::int64_t outCount = 0, inCount = 0, lengthBytes = 0;
  bool firmware = false;  ///< published by the firmware, before the driver reset the device
  std::array<Ns, kPoints> at;
  std::array<EventId, kPoints> event;  ///< the event that shows the point, in the record of its side
  std::vector<std::uint64_t> iovas;    ///< one per segment, as the ring carries them
  Ns published = kUnseen;              ///< avail index store: after M, before A
  Ns visible = kUnseen;                ///< used index store: after u
  Ns swiotlbOut = 0, swiotlbSearch = 0, swiotlbIn = 0, iommuMap = 0, iommuUnmap = 0;
  std::int64_t bounces = 0, copiesBack = 0;
  std::int64_t misses = 0, retries = 0;
  bool doorbellSuppressed = false;
  bool reapedByInterrupt = false;

  ChainTruth() {
    at.fill(kUnseen);
    event.fill(kNoEvent);
  }
  Ns operator[](Point point) const { return at[static_cast<std::size_t>(point)]; }
  void set(Point point, Ns ns, EventId id) {
    at[static_cast<std::size_t>(point)] = ns;
    event[static_cast<std::size_t>(point)] = id;
  }
};

/// A time in which a queue could not go on because of a translation that was missing.
struct StallTruth {
  Span span;                        ///< first attempt, or first miss on the ring itself .. the queue came past it
  std::int64_t position = kUnseen;  ///< chain that suffered; kUnseen: ring metadata
};

struct RingTruth {
  std::int32_t device = 0, queue = 0;
  bool receive = false, transmit = false, packed = false, vhost = false;
  std::uint64_t guestVq = 0, hostVq = 0;  ///< addresses of the queue objects
  std::vector<StallTruth> stalls;
  std::int64_t doorbells = 0, arrivedDoorbells = 0, interrupts = 0, misses = 0, metadataMisses = 0;
};

/// The exact split of one chain's latency by the rules of docs/architecture.md, from true times.
struct CauseTruth {
  Ns before = 0, after = 0;
  std::array<Ns, kCauses> causes{};
  Ns induced = 0;
  Ns total() const {
    Ns sum = 0;
    for (const Ns cause : causes) sum += cause;
    return sum;
  }
};

struct Truth {
  std::vector<RingTruth> rings;
  std::vector<ChainTruth> chains;
  Ns end = 0;
};

/// Points that belong to the chain's own life, in causal order (a doorbell that arrived after the fetch does not).
std::uint32_t ownPoints(const ChainTruth& chain);
/// `chain` must have been reaped (R is there).
CauseTruth causesOf(const Truth& truth, const ChainTruth& chain);

}  // namespace descry::simulate
