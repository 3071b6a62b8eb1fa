// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/case/queues.hpp"
#include "analyzer/case/summary.hpp"
#include "analyzer/case/time_axis.hpp"
#include "analyzer/run/stored_chains.hpp"
#include "schemas/model/ids.hpp"
#include "schemas/model/points.hpp"
#include "schemas/model/words.hpp"
#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"
#include "schemas/system/file_state.hpp"

namespace descry::gui {

/// A transport, a device or a queue with its sums: the rows of cause_total, as the report has them.
struct LevelRow {
  enum class Kind : std::uint8_t { Transport, Device, Queue };
  Kind kind = Kind::Transport;
  std::string transport, name, vm, deviceKind;
  Scope scope = Scope::Full;
  DeviceId deviceId = kNoDevice;
  QueueId queueId = kNoQueue;
  std::int64_t chains = 0;
  bool exact = true;
  bool ticks = false;  ///< its times count ticks of a clock, not ns
  CauseSum latency, induced;
  std::array<CauseSum, kCauses> causes{};
  double perSecond = 0;            ///< complete chains per second over the time in which chains began
  std::string translation;         ///< of the device: not in path, device iotlb, viommu; empty: not known
  std::string translationReason;   ///< evidence for it
  std::vector<std::size_t> below;  ///< indexes into Case::levels

  double share(std::size_t cause) const;
  std::size_t worstCause() const;
};

struct LossSpan {
  std::int64_t captureId = 0;
  QueueId queueId = kNoQueue;  ///< queue 0: the whole capture
  TimeRange range;
  std::int64_t count = kUnseen;
  std::string reason;
};

/// The chains of a queue that did not come back: from the publication of the oldest to the end of its capture.
struct StuckSpan {
  QueueId queueId = kNoQueue;
  std::int64_t chains = 0;
  TimeRange range;  ///< on the axis
};

/// What is small and needed everywhere: read once when a case is opened, never changed.
struct Case {
  std::filesystem::path path;
  FileState file;  ///< of the database when it was read
  std::string toolVersion;
  std::vector<CaptureRow> captures;
  std::vector<ClockSegmentRow> clock;
  std::vector<LevelRow> levels;
  std::vector<std::size_t> transports;  ///< the roots among them
  std::vector<QueueInfo> queues;        ///< with chains, in the order of transport, device and queue
  std::vector<LossSpan> losses;
  std::vector<StuckSpan> stuck;  ///< at most one for each queue
  std::vector<FindingSummary> findings;
  std::int64_t chains = 0, unpaired = 0;
  std::int64_t lostEvents = 0, lossRanges = 0, infos = 0, warnings = 0, errors = 0;
  bool manyMachines = false;
  bool ticks = false;  ///< times of some capture count ticks of a clock; one is drawn as 1 ns
  TimeAxis axis;
  TimeRange range;                             ///< everything
  std::shared_ptr<const StoredChains> stored;  ///< the chains with the exact spans of their causes

  const QueueInfo* queue(QueueId queueId) const;
  const CaptureRow* capture(std::int64_t captureId) const;
  /// The queue and the cause that cost most in all; nullptr when there is no chain.
  const LevelRow* worst(std::size_t& cause) const;
  bool hasSide(std::string_view side) const;
  Ns clockError() const;  ///< largest +- between the sides; kUnseen: not synchronised
};

/// Throws Error, also when the file lacks the tables that pictures are made from (analysed by an older descry).
Case readCase(const Database& database);

}  // namespace descry::gui
