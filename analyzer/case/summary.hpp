// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/clock/clock_doubts.hpp"
#include "schemas/model/ids.hpp"
#include "schemas/model/points.hpp"
#include "schemas/model/words.hpp"
#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// Sum and percentiles of the latency, or of one cause, over the complete chains of a level.
struct CauseSum {
  Ns total = 0, p50 = 0, p99 = 0, p999 = 0, max = 0;
};

/// A device with what both sides together know of it, under the guest's name where the guest saw it.
struct DeviceSummary {
  DeviceId deviceId = kNoDevice;  ///< the guest's row, else the host's
  std::string vm, name, transport, kind;
  OptionalText busId, pairedBy;            ///< pairedBy nothing: only one side saw it
  std::optional<Translation> translation;  ///< nothing: not known
  OptionalText translationReason;
  std::int64_t accessPlatform = kUnseen, swiotlbForced = kUnseen, dmaApi = kUnseen, active = kUnseen;
};

/// Waiting that is not latency: stock of receive buffers, transmit buffers waiting to be reaped.
struct IdleWait {
  std::int64_t chains = 0;
  Ns total = 0, max = 0;
};

/// What the analysis counted of the chains of one queue, or of all queues of a level.
struct ChainCounts {
  std::int64_t chains = 0, complete = 0, paired = 0;
  std::int64_t suspect = 0, suspectComplete = 0, incomplete = 0;
  std::int64_t leftOut = 0;  ///< complete, but part of no sum: lone halves of a device that was seen from both sides
  std::int64_t guestOnly = 0, hostOnly = 0, contradicted = 0, unsynchronised = 0;
  std::int64_t startAssumed = 0;  ///< of those in the sums
  IdleWait before, after;
  std::array<std::int64_t, kPoints> points{};  ///< chains in which each point was seen

  void add(const ChainCounts& other);
};

/// A part of a queue's notification time, as in notification_view.
struct NotificationPart {
  std::string part;
  std::int64_t chains = 0;
  Ns total = 0;
};

/// One row of the tables: a transport, a device or a queue.
struct LevelSummary {
  std::string transport;
  const DeviceSummary* device = nullptr;  ///< none on level transport
  DeviceId deviceId = kNoDevice;
  QueueId queueId = kNoQueue;  ///< as in cause_total
  std::string queueName;
  std::int64_t queueIndex = kUnseen;
  Scope scope = Scope::Full;
  bool exact = true;
  std::int64_t complete = 0;  ///< chains the sums are made of
  std::int64_t stuck = 0;     ///< stuck chains that the latency's percentiles and maximum count with their age
  CauseSum latency, induced;
  std::array<CauseSum, kCauses> causes;
  std::vector<PhaseTotalRow> phases;           ///< of a queue, in the order of a chain's life
  std::vector<NotificationPart> notification;  ///< of a queue: they add up to this cause
  ChainCounts counts;
  std::optional<Translation> translation;        ///< of the device; of a transport only if all its devices agree
  std::int64_t misses = kUnseen;                 ///< translation misses; unseen without a host capture
  std::int64_t metadataMisses = kUnseen;         ///< of these, on ring metadata
  std::int64_t probedHalves = 0, probeHits = 0;  ///< guest halves whose probe hits were counted, and these hits

  const CauseSum& cause(Cause cause) const { return causes[static_cast<std::size_t>(cause)]; }
  /// Part of the whole latency, 0..1; 0 when there is no latency.
  double share(Ns total) const;
};

/// A point of a chain's life, as ns after Q (or after the first point of the host).
struct PointTime {
  Point point = Point::Q;
  Ns ns = 0;
};

struct SlowChain {
  ChainId id;
  std::string vm, device, transport, queueName;
  Scope scope = Scope::Full;
  std::int64_t queueIndex = kUnseen;
  Ns start = kUnseen;  ///< as the trace has it
  Ns total = 0, induced = kUnseen, crossError = kUnseen, stock = kUnseen, reapWait = kUnseen;
  std::array<Ns, kCauses> causes{};
  bool suspect = false;
  std::vector<PointTime> points;  ///< in the order of time
};

/// One row of finding_view.
struct FindingSummary {
  std::string rule, confidence;
  Severity severity = Severity::Info;
  OptionalText vm, device, queue;  ///< nothing: the whole case, the whole device
  std::int64_t sample = 0;
  std::string title, evidence, sql, why, change, cost, howToCheck;  ///< evidence: a JSON object
  std::string action;                                               ///< the change in one line
  OptionalText cause;                                               ///< nothing: none, or several
  Ns explained = 0;                                                 ///< latency that it explains; 0: not known
};

struct LossSummary {
  std::string side, reason, device, queue;             ///< no device and queue: the whole capture
  std::int64_t ranges = 0, events = 0, uncounted = 0;  ///< uncounted: ranges with an unknown number of events
  Ns span = 0;                                         ///< length of all ranges together
};

struct AnomalySummary {
  Doubt severity = Doubt::Warning;
  std::string kind, detail;
  std::int64_t count = 0;
};

struct UnpairedSummary {
  std::string device, queue, side, reason;
  std::int64_t chains = 0;
};

/// What the probes of a capture cost, as far as the collector measured it.
struct ProbeCostSummary {
  std::string side;
  std::int64_t captureId = 0, hits = 0, chains = 0;
  Ns cost = 0, latency = 0;  ///< of all hits; of the chains
  double percent = 0;        ///< of the latency
};

/// Everything a report says, read from the database once. Each format only writes it.
struct Summary {
  std::string databasePath, toolVersion;
  bool hasHalves = false;  ///< the import found chains (which an analysis has to put together)
  std::vector<CaptureRow> captures;
  std::set<std::int64_t> tickCaptures;  ///< of these, captures whose times count ticks instead of nanoseconds
  std::vector<ClockSegmentRow> clock;
  std::vector<ClockDoubt> clockDoubts;
  std::map<DeviceId, DeviceSummary> devices;  ///< by DeviceSummary::deviceId
  std::vector<LevelSummary> transports, byDevice, queues;
  std::vector<const DeviceSummary*> silentDevices;  ///< active but without a complete chain
  ChainCounts chains;
  std::int64_t inFlight = 0;    ///< of the incomplete ones, chains that were still under way at the end
  bool suspectIncluded = true;  ///< suspect chains are part of the sums
  std::vector<LossSummary> losses;
  std::vector<AnomalySummary> anomalies;     ///< worst and most frequent first
  std::vector<FactRow> machineFacts;         ///< what files say of machines as a whole: vmm, viommu ...
  std::vector<BounceRow> bounces;            ///< of the tracepoint swiotlb_bounced
  std::vector<UnpairedSummary> unpaired;     ///< most chains first
  std::vector<ProbeCostSummary> probeCosts;  ///< captures that say it and have complete chains
  std::vector<FindingSummary> findings;      ///< worst first
  std::vector<SlowChain> slowest;
  std::vector<std::string> missing;  ///< what could not be seen, in sentences

  bool hasSide(std::string_view side) const;
  /// Whether times of chains that were seen like this count ticks.
  bool countsTicks(Scope scope) const;
  bool manyMachines() const;
};

Summary readSummary(const Database& database, int slowest);

}  // namespace descry
