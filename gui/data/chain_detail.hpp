// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/run/stored_chains.hpp"
#include "gui/data/case.hpp"

namespace descry::gui {

/// A stretch of a chain's life between two neighbouring points that were seen.
struct PhaseSpan {
  std::string name;  ///< the phase, or the joint name of several: "exit+wakeup"
  Point from{}, to{};
  Ns begin = 0, end = 0;          ///< from the start of the chain
  std::vector<CauseSpan> causes;  ///< what it is made of, exactly; from the start of the chain; empty: no latency
  bool crossesClocks = false;
  bool onHost = false;  ///< it ends on the host's clock
  bool counted = true;  ///< false: stock, waiting to be reaped, or of a chain without an end: no latency
};

struct MissDetail {
  std::uint64_t iova = 0;
  Ns raised = 0, read = kUnseen, updated = kUnseen, retried = kUnseen;  ///< from the start of the chain
  std::int64_t grantedBytes = kUnseen;
  bool metadata = false;
};

struct Neighbour {
  ChainId key;
  Ns begin = 0, end = kUnseen;  ///< from the start of the chain that is looked at
};

/// Everything that is known of one chain.
struct ChainDetail {
  ChainId key;
  std::string vm, device, queue, transport, deviceKind;
  Scope scope = Scope::Full;
  Ns begin = 0;       ///< of the latency, on the axis
  Ns start = 0;       ///< Q, or the first host point, on the axis
  Ns traceStart = 0;  ///< the trace's own timestamp of it
  Ns total = kUnseen, induced = 0, error = kUnseen, stock = kUnseen, reapWait = kUnseen;
  std::array<Ns, kCauses> causes{};
  std::int64_t flags = 0, points = 0;
  std::array<Ns, kPoints> at{};  ///< from the start; kUnseen: not seen
  std::vector<PhaseSpan> phases;
  std::int64_t head = kUnseen, outCount = kUnseen, inCount = kUnseen, lengthBytes = kUnseen, retries = kUnseen;
  std::int64_t bounces = kUnseen, bounceBytes = kUnseen, copiesBack = kUnseen, copyBackBytes = kUnseen;
  Ns swiotlbOut = kUnseen, swiotlbSearch = kUnseen, swiotlbIn = kUnseen, iommuMap = kUnseen, iommuUnmap = kUnseen;
  std::int64_t dmaMaps = kUnseen, dmaIdentity = kUnseen, hits = kUnseen;
  QueueId hostQueueId = kNoQueue;
  std::int64_t hostPosition = 0;
  std::vector<MissDetail> misses;
  std::vector<Neighbour> ahead;  ///< chains of the queue that were under way when this one was published
  ChainId previous, next;        ///< in the queue; invalid at its ends

  Ns end() const;  ///< of the last point, from the start
};

/// Nothing when there is no such chain.
std::optional<ChainDetail> readChainDetail(const Database& database, const Case& all, const ChainId& key);

/// The phases of a chain with the exact spans of its causes: one for each two neighbouring points, also where they
/// coincide, and one for stock and for waiting to be reaped.
std::vector<PhaseSpan> phasesOf(const StoredChain& chain);

}  // namespace descry::gui
