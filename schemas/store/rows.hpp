// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>

#include "schemas/model/points.hpp"

namespace descry {

/// A time or count that was not seen; NULL in SQL. Kept as a value so that rows stay small and trivially sortable.
inline constexpr Ns kUnseen = std::numeric_limits<Ns>::min();

constexpr bool seen(Ns value) {
  return value != kUnseen;
}

using OptionalText = std::optional<std::string>;

/// A time per cause, each `kStart` at first; one column per cause in SQL.
template <Ns kStart>
struct CauseTimes {
  std::array<Ns, kCauses> ns = [] {
    std::array<Ns, kCauses> all{};
    all.fill(kStart);
    return all;
  }();
  Ns& operator[](Cause cause) { return ns[indexOf(cause)]; }
  Ns operator[](Cause cause) const { return ns[indexOf(cause)]; }
  Ns& operator[](std::size_t cause) { return ns[cause]; }
  Ns operator[](std::size_t cause) const { return ns[cause]; }
  std::array<Ns, kCauses>& asArray() { return ns; }
};

// The structs mirror schemas/sql/facts.sql and schemas/sql/results.sql column by column, in the same order; the
// comments are there. `table` is the SQL name, `keyColumns` how many leading columns form the primary key, `columns()`
// all of them.

struct MetaRow {
  static constexpr const char* table = "meta";
  static constexpr int keyColumns = 1;
  std::string key, value;
  auto columns() { return std::tie(key, value); }
};

struct CaptureRow {
  static constexpr const char* table = "capture";
  static constexpr int keyColumns = 1;
  std::int64_t captureId = 0;
  std::string side, path, source;
  OptionalText tool, hostName, kernel, clock;
  Ns clockEpochNs = kUnseen;
  Ns originNs = 0, lastNs = 0;
  OptionalText sha256;
  std::int64_t events = 0, decoded = 0, unknown = 0, discarded = 0, probesMissed = kUnseen;
  auto columns() {
    return std::tie(captureId, side, path, source, tool, hostName, kernel, clock, clockEpochNs, originNs, lastNs,
                    sha256, events, decoded, unknown, discarded, probesMissed);
  }
};

struct CaptureEventRow {
  static constexpr const char* table = "capture_event";
  static constexpr int keyColumns = 2;
  std::int64_t captureId = 0;
  std::string event;
  OptionalText point;
  std::int64_t count = 0;
  auto columns() { return std::tie(captureId, event, point, count); }
};

struct DeviceRow {
  static constexpr const char* table = "device";
  static constexpr int keyColumns = 1;
  std::int64_t deviceId = 0, captureId = 0;
  std::string vm, name;
  OptionalText address;
  std::string transport = "unknown", transportSource = "unknown", kind = "unknown", kindSource = "unknown";
  OptionalText busId;
  std::int64_t featuresNegotiated = kUnseen, accessPlatform = kUnseen, dmaApi = kUnseen;
  OptionalText dmaApiReason, iommuGroupType;
  std::int64_t swiotlbForced = kUnseen;
  OptionalText translation, translationReason;
  std::int64_t vhost = kUnseen, vmmPid = kUnseen;
  OptionalText vmmId;
  std::int64_t active = kUnseen;
  auto columns() {
    return std::tie(deviceId, captureId, vm, name, address, transport, transportSource, kind, kindSource, busId,
                    featuresNegotiated, accessPlatform, dmaApi, dmaApiReason, iommuGroupType, swiotlbForced,
                    translation, translationReason, vhost, vmmPid, vmmId, active);
  }
};

struct QueueRow {
  static constexpr const char* table = "queue";
  static constexpr int keyColumns = 1;
  std::int64_t queueId = 0, deviceId = 0, queueIndex = kUnseen;
  std::string name;
  std::int64_t size = kUnseen;
  OptionalText layout, ringAddress;
  std::int64_t eventIdx = kUnseen, indirect = kUnseen;
  OptionalText address;
  auto columns() {
    return std::tie(queueId, deviceId, queueIndex, name, size, layout, ringAddress, eventIdx, indirect, address);
  }
};

struct QueueEpochRow {
  static constexpr const char* table = "queue_epoch";
  static constexpr int keyColumns = 2;
  std::int64_t queueId = 0, epoch = 0;
  Ns startNs = kUnseen, endNs = kUnseen;
  std::string anchor = "order";
  std::int64_t firstPosition = kUnseen, lastPosition = kUnseen, positionGaps = 0;
  std::int64_t adds = 0, failedAdds = 0, gets = 0, emptyGets = 0, getsWithoutAdd = 0, unseenGets = 0;
  std::int64_t doorbellDecisions = 0, doorbellsNeeded = 0, doorbellsRung = 0, interrupts = 0;
  std::int64_t bounces = 0, bounceBytes = 0, copiesInGet = 0, copyBytesInGet = 0;
  std::int64_t fetches = 0, used = 0, flushes = 0, doorbellsSeen = 0, doorbellsOtherThread = 0;
  std::int64_t eagainFetches = 0, emptyFetches = 0, errorFetches = 0, failedPrefetches = 0, discarded = 0;
  std::int64_t misses = 0, metadataMisses = 0, headMismatches = 0;
  auto columns() {
    return std::tie(queueId, epoch, startNs, endNs, anchor, firstPosition, lastPosition, positionGaps, adds, failedAdds,
                    gets, emptyGets, getsWithoutAdd, unseenGets, doorbellDecisions, doorbellsNeeded, doorbellsRung,
                    interrupts, bounces, bounceBytes, copiesInGet, copyBytesInGet, fetches, used, flushes,
                    doorbellsSeen, doorbellsOtherThread, eagainFetches, emptyFetches, errorFetches, failedPrefetches,
                    discarded, misses, metadataMisses, headMismatches);
  }
};

struct GuestHalfRow {
  static constexpr const char* table = "guest_half";
  static constexpr int keyColumns = 3;
  std::int64_t queueId = 0, epoch = 0, position = 0;
  Ns q = 0, m = kUnseen, a = kUnseen, k = kUnseen, kReturn = kUnseen, i = kUnseen, d = kUnseen, r = kUnseen,
     c = kUnseen;
  std::int64_t head = kUnseen, outCount = kUnseen, inCount = kUnseen, lengthBytes = kUnseen;
  Ns swiotlbOut = kUnseen, swiotlbSearch = kUnseen, swiotlbIn = kUnseen;
  std::int64_t bounces = kUnseen, bounceBytes = kUnseen, copiesBack = kUnseen, copyBackBytes = kUnseen;
  Ns iommuMap = kUnseen, iommuUnmap = kUnseen;
  std::int64_t dmaMaps = kUnseen, dmaIdentity = kUnseen, hits = kUnseen, flags = 0;
  auto columns() {
    return std::tie(queueId, epoch, position, q, m, a, k, kReturn, i, d, r, c, head, outCount, inCount, lengthBytes,
                    swiotlbOut, swiotlbSearch, swiotlbIn, bounces, bounceBytes, copiesBack, copyBackBytes, iommuMap,
                    iommuUnmap, dmaMaps, dmaIdentity, hits, flags);
  }
};

struct HostHalfRow {
  static constexpr const char* table = "host_half";
  static constexpr int keyColumns = 3;
  std::int64_t queueId = 0, epoch = 0, position = 0;
  Ns f = 0, n = kUnseen, k = kUnseen, w = kUnseen, t = kUnseen, p = kUnseen, u = kUnseen, s = kUnseen;
  std::int64_t head = kUnseen, outCount = kUnseen, inCount = kUnseen, lengthBytes = kUnseen;
  std::int64_t misses = kUnseen, retries = kUnseen, flags = 0;
  auto columns() {
    return std::tie(queueId, epoch, position, f, n, k, w, t, p, u, s, head, outCount, inCount, lengthBytes, misses,
                    retries, flags);
  }
};

struct DoorbellRow {
  static constexpr const char* table = "doorbell";
  static constexpr int keyColumns = 3;
  std::int64_t queueId = 0;
  Ns ns = 0;
  std::int64_t seq = 0;
  auto columns() { return std::tie(queueId, ns, seq); }
};

struct InterruptRow {
  static constexpr const char* table = "interrupt";
  static constexpr int keyColumns = 3;
  std::int64_t queueId = 0;
  Ns ns = 0;
  std::int64_t seq = 0;
  auto columns() { return std::tie(queueId, ns, seq); }
};

struct IotlbMissRow {
  static constexpr const char* table = "iotlb_miss";
  static constexpr int keyColumns = 3;
  std::int64_t queueId = 0;
  Ns raised = 0;
  std::int64_t seq = 0, epoch = 0, position = kUnseen, iova = 0;
  Ns read = kUnseen, updated = kUnseen;
  std::int64_t grantedBytes = kUnseen;
  Ns retried = kUnseen;
  auto columns() { return std::tie(queueId, raised, seq, epoch, position, iova, read, updated, grantedBytes, retried); }
};

struct IotlbEventRow {
  static constexpr const char* table = "iotlb_event";
  static constexpr int keyColumns = 3;
  std::int64_t captureId = 0;
  Ns ns = 0;
  std::int64_t seq = 0;
  std::string kind;
  std::int64_t iova = 0, bytes = kUnseen, address = kUnseen;
  auto columns() { return std::tie(captureId, ns, seq, kind, iova, bytes, address); }
};

struct ThreadStateRow {
  static constexpr const char* table = "thread_state";
  static constexpr int keyColumns = 3;
  std::int64_t captureId = 0, tid = 0;
  Ns on = 0, off = kUnseen, woken = kUnseen;
  auto columns() { return std::tie(captureId, tid, on, off, woken); }
};

struct LossRow {
  static constexpr const char* table = "loss";
  static constexpr int keyColumns = 1;
  std::int64_t lossId = 0, captureId = 0, queueId = kUnseen;
  Ns begin = 0, end = 0;
  std::int64_t count = kUnseen;
  std::string reason;
  auto columns() { return std::tie(lossId, captureId, queueId, begin, end, count, reason); }
};

struct AnomalyRow {
  static constexpr const char* table = "anomaly";
  static constexpr int keyColumns = 1;
  std::int64_t anomalyId = 0, captureId = kUnseen, queueId = kUnseen;
  std::string kind, severity = "warning";
  std::int64_t count = 0;
  Ns first = kUnseen, last = kUnseen;
  std::string detail;
  auto columns() { return std::tie(anomalyId, captureId, queueId, kind, severity, count, first, last, detail); }
};

struct DevicePairRow {
  static constexpr const char* table = "device_pair";
  static constexpr int keyColumns = 1;
  std::int64_t guestDeviceId = 0, hostDeviceId = 0;
  std::string method;
  auto columns() { return std::tie(guestDeviceId, hostDeviceId, method); }
};

struct PairSegmentRow {
  static constexpr const char* table = "pair_segment";
  static constexpr int keyColumns = 1;
  std::int64_t pairId = 0, guestQueueId = 0, guestEpoch = 0, hostQueueId = 0, hostEpoch = 0;
  std::int64_t firstPosition = 0, lastPosition = 0, shift = 0;
  std::string method;
  std::int64_t candidates = 1, chains = 0;
  auto columns() {
    return std::tie(pairId, guestQueueId, guestEpoch, hostQueueId, hostEpoch, firstPosition, lastPosition, shift,
                    method, candidates, chains);
  }
};

struct UnpairedRow {
  static constexpr const char* table = "unpaired";
  static constexpr int keyColumns = 1;
  std::int64_t unpairedId = 0, queueId = 0, epoch = 0, chains = 0;
  std::string reason;
  auto columns() { return std::tie(unpairedId, queueId, epoch, chains, reason); }
};

struct ClockSegmentRow {
  static constexpr const char* table = "clock_segment";
  static constexpr int keyColumns = 1;
  std::int64_t segmentId = 0, guestCaptureId = 0, hostCaptureId = 0;
  Ns begin = 0, end = 0, offset = 0;
  std::int64_t driftPpb = 0, driftErrorPpb = 0;
  Ns error = 0;
  std::string quality;
  std::int64_t constraints = 0;
  auto columns() {
    return std::tie(segmentId, guestCaptureId, hostCaptureId, begin, end, offset, driftPpb, driftErrorPpb, error,
                    quality, constraints);
  }
};

struct ClockHullRow {
  static constexpr const char* table = "clock_hull";
  static constexpr int keyColumns = 3;
  std::int64_t segmentId = 0;
  std::string bound;
  Ns host = 0, guest = 0;
  auto columns() { return std::tie(segmentId, bound, host, guest); }
};

struct ChainRow {
  static constexpr const char* table = "chain";
  static constexpr int keyColumns = 3;
  std::int64_t queueId = 0, epoch = 0, position = 0;
  Ns start = 0;
  std::int64_t pairId = kUnseen;
  Ns hostShift = kUnseen, crossError = kUnseen, stock = kUnseen, reapWait = kUnseen;
  CauseTimes<kUnseen> causes;
  Ns iotlbInduced = kUnseen;
  std::int64_t points = 0, flags = 0;
  auto columns() {
    return std::tuple_cat(std::tie(queueId, epoch, position, start, pairId, hostShift, crossError, stock, reapWait),
                          std::apply([](auto&... ns) { return std::tie(ns...); }, causes.asArray()),
                          std::tie(iotlbInduced, points, flags));
  }
};

struct CauseTotalRow {
  static constexpr const char* table = "cause_total";
  static constexpr int keyColumns = 5;
  std::string level, transport;
  std::int64_t deviceId = 0, queueId = 0;
  std::string cause, scope;
  std::int64_t chains = 0, total = 0, p50 = 0, p99 = 0, p999 = 0, max = 0, exact = 1;
  auto columns() {
    return std::tie(level, transport, deviceId, queueId, cause, scope, chains, total, p50, p99, p999, max, exact);
  }
};

struct CauseHistogramRow {
  static constexpr const char* table = "cause_histogram";
  static constexpr int keyColumns = 3;
  std::int64_t queueId = 0;
  std::string cause;
  std::int64_t bucket = 0, count = 0;
  auto columns() { return std::tie(queueId, cause, bucket, count); }
};

struct TimelineBucketRow {
  static constexpr const char* table = "timeline_bucket";
  static constexpr int keyColumns = 3;
  std::int64_t queueId = 0, level = 0, bucket = 0;
  std::int64_t chains = 0, incomplete = 0, suspect = 0;
  CauseTimes<0> causes;
  Ns worst = 0;
  std::int64_t worstEpoch = 0, worstPosition = 0;
  std::int64_t firstEpoch = 0, firstPosition = 0, lastEpoch = 0, lastPosition = 0;
  auto columns() {
    return std::tuple_cat(
        std::tie(queueId, level, bucket, chains, incomplete, suspect),
        std::apply([](auto&... ns) { return std::tie(ns...); }, causes.asArray()),
        std::tie(worst, worstEpoch, worstPosition, firstEpoch, firstPosition, lastEpoch, lastPosition));
  }
};

struct TimelineLatencyRow {
  static constexpr const char* table = "timeline_latency";
  static constexpr int keyColumns = 4;
  std::int64_t queueId = 0, level = 0, bucket = 0, band = 0, chains = 0;
  auto columns() { return std::tie(queueId, level, bucket, band, chains); }
};

struct SlowestRow {
  static constexpr const char* table = "slowest";
  static constexpr int keyColumns = 3;
  std::int64_t queueId = 0;
  std::string cause;
  std::int64_t rank = 0, epoch = 0, position = 0;
  Ns ns = 0;
  auto columns() { return std::tie(queueId, cause, rank, epoch, position, ns); }
};

struct FindingRow {
  static constexpr const char* table = "finding";
  static constexpr int keyColumns = 1;
  std::int64_t findingId = 0;
  std::string rule, severity, confidence;
  std::int64_t deviceId = kUnseen, queueId = kUnseen, sample = 0;
  std::string title, evidence, sql, why, change, cost, howToCheck;
  auto columns() {
    return std::tie(findingId, rule, severity, confidence, deviceId, queueId, sample, title, evidence, sql, why, change,
                    cost, howToCheck);
  }
};

/// The phases of a queue's chains: what lies between neighbouring points, over the chains that cause_total counts. A
/// point that was not seen joins the phases on both of its sides. The totals of a queue sum up to its latency, and each
/// column of a cause to what cause_total has for it.
struct PhaseTotalRow {
  std::int64_t queueId = 0;  ///< queue of the chains, as in chain
  std::string phase;  ///< prepare, publish, doorbell, exit, wakeup, wait, stall, service, report, signal, inject, reap,
                      ///< finish; joined: exit+wakeup, or the first and the last: prepare to reap
  std::int64_t rank = 0;    ///< where it begins in a chain's life, then where it ends: sorts the phases
  std::int64_t chains = 0;  ///< complete chains in which it took time
  Ns total = 0;             ///< sum over them
  CauseTimes<0> causes;     ///< part of the total: {meaning}
  Ns p50 = 0;               ///< median over these chains
  Ns p99 = 0;               ///< 99th percentile
  Ns max = 0;               ///< largest
  std::int64_t exact =
      0;  ///< 1: percentiles are order statistics; 0: from a histogram, at most 1.1 % off (beyond 4096 chains)

  static constexpr const char* table = "phase_total";
  static constexpr int keyColumns = 2;
  auto columns() {
    return std::tie(queueId, phase, rank, chains, total, causes[0], causes[1], causes[2], causes[3], causes[4],
                    causes[5], p50, p99, max, exact);
  }
};

/// How many chains of a queue have a point in their own life.
struct PointTotalRow {
  std::int64_t queueId = 0;  ///< queue of the chains, as in chain
  std::string point;         ///< its letter: Q M A K n k w t f p u s I D R C
  std::int64_t chains = 0;   ///< chains, complete or not

  static constexpr const char* table = "point_total";
  static constexpr int keyColumns = 2;
  auto columns() { return std::tie(queueId, point, chains); }
};

/// What the chains of a queue add up to beside causes and phases. Medians are order statistics as long as the case has
/// less than four million values of this kind and one sort not more than a million; beyond that they come from a
/// histogram and are at most 1.1 % off.
struct QueueTotalRow {
  std::int64_t queueId = 0;            ///< queue of the chains, as in chain
  std::int64_t chains = 0;             ///< chains, complete or not
  std::int64_t paired = 0;             ///< of these, with both halves
  std::int64_t incomplete = 0;         ///< without an end
  std::int64_t inFlight = 0;           ///< of the incomplete ones: still under way when the capture ended
  std::int64_t suspect = 0;            ///< overlap a loss
  std::int64_t suspectComplete = 0;    ///< of these, complete
  std::int64_t guestOnly = 0;          ///< the host half is missing
  std::int64_t hostOnly = 0;           ///< the guest half is missing
  std::int64_t orderContradicted = 0;  ///< a point lay on the wrong side by more than the clock allows
  std::int64_t clockUnknown = 0;       ///< both halves, but not on one clock
  std::int64_t startAssumed = 0;       ///< complete, and counted from the doorbell that opened the burst
  Ns first = 0;                        ///< smallest start_ns
  Ns last = 0;                         ///< largest start_ns
  std::int64_t stocked = 0;            ///< complete chains with a stock_ns above 0
  Ns stock = 0;                        ///< sum of it
  Ns stockMax = 0;                     ///< largest
  std::int64_t reapWaits = 0;          ///< complete chains with a reap_wait_ns above 0
  Ns reapWait = 0;                     ///< sum of it
  Ns reapWaitMax = 0;                  ///< largest
  std::int64_t posted = 0;             ///< paired receive buffers
  std::int64_t postedLate = 0;         ///< of these, used the moment they were posted
  std::int64_t signalled = 0;          ///< complete chains with u and s
  Ns signal = 0;                       ///< from u to s, sum
  Ns signalP50 = kUnseen;              ///< its median; NULL: none
  std::int64_t interrupted = 0;        ///< complete chains with s and I
  Ns inject = 0;                       ///< from s to I, sum; where the clocks say less than 0 it counts as 0
  Ns injectP50 = kUnseen;              ///< its median, below 0 where the clocks say so; NULL: none
  Ns injectError = kUnseen;            ///< largest cross_error_ns of these chains; NULL: none
  std::int64_t woken = 0;              ///< complete chains with k and w
  Ns wakeup = 0;                       ///< from k to w, sum
  std::int64_t sharedWaits = 0;  ///< vhost: complete chains with their beginning and their fetch, of the first 65536
  std::int64_t sharedElsewhere =
      0;                          ///< of these, fetched while the worker seemed to be inside a chain of another queue
  std::int64_t sharedQueues = 0;  ///< vhost: other queues of the device in which chains were served
  Ns shared = 0;                  ///< while these chains waited the worker was so long inside chains of other queues

  static constexpr const char* table = "queue_total";
  static constexpr int keyColumns = 1;
  auto columns() {
    return std::tie(queueId, chains, paired, incomplete, inFlight, suspect, suspectComplete, guestOnly, hostOnly,
                    orderContradicted, clockUnknown, startAssumed, first, last, stocked, stock, stockMax, reapWaits,
                    reapWait, reapWaitMax, posted, postedLate, signalled, signal, signalP50, interrupted, inject,
                    injectP50, injectError, woken, wakeup, sharedWaits, sharedElsewhere, sharedQueues, shared);
  }
};

/// What the halves of a queue add up to, on its own side.
struct HalfTotalRow {
  std::int64_t queueId = 0;     ///< queue of the halves, guest or host
  std::int64_t halves = 0;      ///< guest_half or host_half rows
  std::int64_t probed = 0;      ///< guest: of these, with a number of probe hits
  std::int64_t hits = kUnseen;  ///< guest: probe hits; NULL: not known
  std::int64_t described = 0;   ///< halves whose segments were counted
  std::int64_t segments = 0;    ///< segments or scatter lists of these
  Ns inRing = kUnseen;  ///< guest: from Q to R, sum over chains with a part that the device reads; NULL: none came back
  Ns reach = kUnseen;   ///< guest: from the first Q to the last R of these
  std::int64_t dmaMaps = kUnseen;        ///< guest: DMA mappings within adds; NULL: not recorded
  std::int64_t dmaIdentity = kUnseen;    ///< guest: of these, with the DMA address equal to the physical address
  std::int64_t bounced = kUnseen;        ///< guest: chains with bounces; NULL: not recorded
  std::int64_t bounces = kUnseen;        ///< guest: bounces within adds
  std::int64_t bounceBytes = kUnseen;    ///< guest: bytes bounced within adds
  std::int64_t copyBackBytes = kUnseen;  ///< guest: bytes copied within gets
  Ns swiotlbOut = kUnseen;               ///< guest: time inside swiotlb within adds
  std::int64_t swiotlbSearched = 0;      ///< guest: chains whose search for slots was recorded
  Ns swiotlbSearch = kUnseen;            ///< guest: time of the search for slots and of the wait for the lock
  Ns swiotlbIn = kUnseen;                ///< guest: time inside swiotlb within gets
  std::int64_t bursts = 0;               ///< host: bursts with a doorbell and the visit of the worker that followed
  Ns burstWakeupP50 = kUnseen;           ///< host: from the doorbell to the visit, median as in queue_total; NULL: none
  std::int64_t heldChains = 0;           ///< host: chains that are known to be done and given back
  std::int64_t heldTimes = 0;            ///< host: different moments at which these were given back
  std::int64_t heldTold = 0;             ///< host: of these, the backend told when it had finished
  Ns held = 0;                           ///< host: from done to given back, sum

  static constexpr const char* table = "half_total";
  static constexpr int keyColumns = 1;
  auto columns() {
    return std::tie(queueId, halves, probed, hits, described, segments, inRing, reach, dmaMaps, dmaIdentity, bounced,
                    bounces, bounceBytes, copyBackBytes, swiotlbOut, swiotlbSearched, swiotlbSearch, swiotlbIn, bursts,
                    burstWakeupP50, heldChains, heldTimes, heldTold, held);
  }
};

/// The same for all queues of a device together, where a median or a maximum needs all of them.
struct DeviceTotalRow {
  std::int64_t deviceId = 0;           ///< device, either side
  std::int64_t doorbellCalls = 0;      ///< guest: doorbells whose call was seen to return
  Ns doorbellP50 = kUnseen;            ///< guest: time of the call, median as in queue_total; NULL: none
  std::int64_t bounced = 0;            ///< guest: bounced chains with their end, of the first 50000
  std::int64_t mostBounced = kUnseen;  ///< guest: most of these that were in flight at once; NULL: none
  std::int64_t mostSlots = kUnseen;    ///< guest: most slots of 2048 bytes that they held at once
  std::int64_t runs =
      0;  ///< host: times that a recorded thread got a CPU after it was woken; of all threads of the capture
  Ns runnableP50 = kUnseen;  ///< host: how long it waited for the CPU, median as in queue_total; NULL: none

  static constexpr const char* table = "device_total";
  static constexpr int keyColumns = 1;
  auto columns() {
    return std::tie(deviceId, doorbellCalls, doorbellP50, bounced, mostBounced, mostSlots, runs, runnableP50);
  }
};

/// How full a guest queue was: adds by the number of chains that were in the ring after them. Of the first 100,000
/// chains whose end was seen, so it is never too many; receive buffers, which are stock, do not count.
struct RingUseRow {
  std::int64_t queueId = 0;   ///< guest queue
  std::int64_t inFlight = 0;  ///< chains in the ring, the added one included
  std::int64_t adds = 0;      ///< how often

  static constexpr const char* table = "ring_use";
  static constexpr int keyColumns = 2;
  auto columns() { return std::tie(queueId, inFlight, adds); }
};

}  // namespace descry
