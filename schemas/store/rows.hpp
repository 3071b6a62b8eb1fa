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

}  // namespace descry
