// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "schemas/model/words.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

/// One epoch of a queue with what the analysis asks about it.
using QueueEpoch = std::pair<QueueId, std::int64_t>;

/// The small fact tables, in memory. Read-only during an analysis.
struct Model {
  explicit Model(const Database& database);

  const CaptureRow& capture(std::int64_t captureId) const {
    return rowAt(captures, static_cast<std::size_t>(captureId - 1), "capture");
  }
  const DeviceRow& device(DeviceId deviceId) const { return rowAt(devices, placeOf(deviceId), "device"); }
  const QueueRow& queue(QueueId queueId) const { return rowAt(queues, placeOf(queueId), "queue"); }
  const DeviceRow& deviceOf(QueueId queueId) const { return device(queue(queueId).deviceId); }
  const CaptureRow& captureOf(QueueId queueId) const { return capture(deviceOf(queueId).captureId); }
  bool isGuest(QueueId queueId) const { return captureOf(queueId).side == wordOf(Side::Guest); }
  const QueueEpochRow& epoch(const QueueEpoch& key) const {
    const auto found = epochs.find(key);
    if (found == epochs.end()) failOn("queue_epoch", key.second);
    return found->second;
  }
  std::vector<const QueueRow*> queuesOf(DeviceId deviceId) const;
  std::vector<std::int64_t> epochsOf(QueueId queueId) const;

  /// True when [begin, end] of the capture's clock touches a range in which events of this queue may be missing.
  bool lossy(std::int64_t captureId, QueueId queueId, Ns begin, Ns end) const;
  /// True when the tracer says that it lost events in [begin, end].
  bool discarded(std::int64_t captureId, Ns begin, Ns end) const;
  /// As lossy(), for the time from the fetch to the used entry.
  bool lossyOnHost(const HostHalfRow& half) const {
    return lossy(captureOf(half.queueId).captureId, half.queueId, half.f, seen(half.u) ? half.f + half.u : half.f);
  }
  /// Last moment known to precede the publication: M, else Q. Across a loss the add's end may be that of a later add.
  Ns publishedAfter(const GuestHalfRow& half) const;
  /// First moment known to follow the reading of the used entry: D, else R; kUnseen when it did not come back.
  Ns reapedBefore(const GuestHalfRow& half) const;
  bool hasLoss(std::int64_t captureId) const;
  /// Some records of the capture are gone; hits that were skipped because they nest are none.
  bool lacksRecords(std::int64_t captureId) const;
  /// True when the capture could have shown this kind of event: it occurred, or the trace declares it.
  bool covers(std::int64_t captureId, const std::string& point) const;

  std::vector<CaptureRow> captures;
  std::vector<DeviceRow> devices;
  std::vector<QueueRow> queues;
  std::map<QueueEpoch, QueueEpochRow> epochs;
  std::vector<LossRow> losses;
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> coverage;  ///< capture, point: events

 private:
  /// A file may come from anywhere: a row that others refer to may be missing in it.
  template <typename Row>
  const Row& rowAt(const std::vector<Row>& rows, std::size_t place, const char* table) const {
    if (place >= rows.size()) failOn(table, static_cast<std::int64_t>(place + 1));
    return rows[place];
  }
  [[noreturn]] void failOn(const char* table, std::int64_t id) const;

  std::string m_path;

  /// True when one of the losses that touch [begin, end] `concerns` the question.
  template <typename Concerns>
  bool anyLoss(std::int64_t captureId, Ns begin, Ns end, Concerns concerns) const;

  std::vector<Ns> m_lossReach;  ///< per loss: how far it and the ones before it in its capture reach
};

}  // namespace descry
