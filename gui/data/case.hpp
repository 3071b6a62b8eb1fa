// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/case/summary.hpp"
#include "analyzer/run/stored_chains.hpp"
#include "gui/data/time_axis.hpp"
#include "schemas/model/ids.hpp"
#include "schemas/model/points.hpp"
#include "schemas/model/words.hpp"
#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry::gui {

/// Half-open, in ns on the axis.
struct TimeRange {
  Ns begin = 0, end = 0;
  Ns length() const { return end - begin; }
  bool contains(Ns ns) const { return begin <= ns && ns < end; }
  auto operator<=>(const TimeRange&) const = default;
};

/// A transport, a device or a queue with its sums: the rows of cause_total, as the report has them.
struct LevelRow {
  enum class Kind : std::uint8_t { Transport, Device, Queue };
  Kind kind = Kind::Transport;
  std::string transport, name, vm, deviceKind;
  Scope scope = Scope::Full;
  std::int64_t deviceId = 0, queueId = 0;
  std::int64_t chains = 0;
  bool exact = true;
  CauseSum latency, induced;
  std::array<CauseSum, kCauses> causes{};
  double perSecond = 0;            ///< complete chains per second over the time in which chains began
  std::string translation;         ///< of the device: not in path, device iotlb, viommu; empty: not known
  std::string translationReason;   ///< evidence for it
  std::vector<std::size_t> below;  ///< indexes into Case::levels

  double share(std::size_t cause) const;
  std::size_t worstCause() const;
};

/// A queue whose chains are listed under it: the guest's, or the host's where only the host saw chains.
struct QueueInfo {
  std::int64_t queueId = 0, deviceId = 0, captureId = 0, index = kUnseen;
  std::string vm, device, transport, deviceKind, name;
  bool onHost = false;
  bool summed = false;                     ///< its chains are in the sums (not: leftovers beside whole lives)
  std::vector<std::int64_t> hostQueueIds;  ///< queues of the host that served it (itself when onHost)
  std::int64_t hostCaptureId = 0;          ///< their capture; 0: the host was not seen
  std::int64_t chains = 0, complete = 0;
  TimeRange range;     ///< on the axis, from the first begin of a chain to the last
  int baseLevel = -1;  ///< lowest and highest level of timeline_bucket; -1: none
  int topLevel = -1;
  int baseLatencyLevel = -1, topLatencyLevel = -1;

  std::string title() const;
};

struct LossSpan {
  std::int64_t captureId = 0, queueId = 0;  ///< queue 0: the whole capture
  TimeRange range;
  std::int64_t count = kUnseen;
  std::string reason;
};

/// The chains of a queue that did not come back: from the publication of the oldest to the end of its capture.
struct StuckSpan {
  std::int64_t queueId = 0, chains = 0;
  TimeRange range;  ///< on the axis
};

struct Finding {
  Severity severity = Severity::Info;
  std::string title, text;
};

/// What is small and needed everywhere: read once when a case is opened, never changed.
struct Case {
  std::filesystem::path path;
  std::string toolVersion;
  std::vector<CaptureRow> captures;
  std::vector<ClockSegmentRow> clock;
  std::vector<LevelRow> levels;
  std::vector<std::size_t> transports;  ///< the roots among them
  std::vector<QueueInfo> queues;        ///< with chains, in the order of transport, device and queue
  std::vector<LossSpan> losses;
  std::vector<StuckSpan> stuck;  ///< at most one for each queue
  std::vector<Finding> findings;
  std::int64_t chains = 0, unpaired = 0;
  std::int64_t lostEvents = 0, lossRanges = 0, infos = 0, warnings = 0, errors = 0;
  bool manyMachines = false;
  TimeAxis axis;
  TimeRange range;                             ///< everything
  std::shared_ptr<const StoredChains> stored;  ///< the chains with the exact spans of their causes

  const QueueInfo* queue(std::int64_t queueId) const;
  const CaptureRow* capture(std::int64_t captureId) const;
  /// The queue and the cause that cost most in all; nullptr when there is no chain.
  const LevelRow* worst(std::size_t& cause) const;
  bool hasSide(std::string_view side) const;
  Ns clockError() const;  ///< largest +- between the sides; kUnseen: not synchronised
};

/// Throws Error, also when the file lacks the tables that pictures are made from (analysed by an older descry).
Case readCase(const Database& database);

}  // namespace descry::gui
