// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

#include "analyzer/case/summary_parts.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

std::vector<LevelSummary>* rowsOf(Summary& summary, std::string_view level) {
  if (level == "transport") return &summary.transports;
  return level == "device" ? &summary.byDevice : &summary.queues;
}

void keep(LevelSummary& level, const CauseTotalRow& row) {
  const CauseSum sum{row.total, row.p50, row.p99, row.p999, row.max};
  if (row.cause == "latency") {
    level.latency = sum;
    level.complete = row.chains;
    level.stuck = row.stuck;
    level.scope = fromWord<Scope>(row.scope);
    level.exact = row.exact != 0;
  } else if (row.cause == "iotlb_induced") {
    level.induced = sum;
  } else if (const auto cause = std::find(kCauseNames.begin(), kCauseNames.end(), row.cause);
             cause != kCauseNames.end()) {
    level.causes[static_cast<std::size_t>(cause - kCauseNames.begin())] = sum;
  }
}

void name(LevelSummary& level, const CauseTotalRow& row, const Topology& topology, const Summary& summary) {
  level.transport = row.transport;
  level.deviceId = row.deviceId;
  level.queueId = row.queueId;
  const auto known = topology.deviceOf.find(row.deviceId);
  const auto device = summary.devices.find(known == topology.deviceOf.end() ? row.deviceId : known->second);
  if (device != summary.devices.end()) level.device = &device->second;
  if (const auto queue = topology.queues.find(row.queueId); queue != topology.queues.end()) {
    level.queueName = queue->second.name;
    level.queueIndex = queue->second.index;
  }
}

/// True when what was counted on `queueId` belongs to the row.
bool covers(const LevelSummary& level, QueueId queueId, const Topology& topology, const Summary& summary) {
  const auto queue = topology.queues.find(queueId);
  if (queue == topology.queues.end()) return false;
  if (level.queueId != kNoQueue) return queueId == level.queueId || queue->second.guestQueueId == level.queueId;
  if (level.device != nullptr) return queue->second.deviceId == level.device->deviceId;
  const auto device = summary.devices.find(queue->second.deviceId);
  return device != summary.devices.end() && device->second.transport == level.transport;
}

struct QueueMisses {
  QueueId queueId = kNoQueue;
  std::int64_t misses = 0, metadata = 0;
};

std::vector<QueueMisses> readMisses(const Database& database, const Topology& topology) {
  std::vector<QueueMisses> result;
  Statement rows = database.prepare(
      "SELECT queue_id, sum(misses), sum(metadata_misses) FROM queue_epoch GROUP BY queue_id ORDER BY queue_id");
  while (rows.step())
    if (const auto queue = topology.queues.find(rows.queueId(0));
        queue != topology.queues.end() && queue->second.onHost)
      result.push_back({rows.queueId(0), rows.integer(1), rows.integer(2)});
  return result;
}

void addMisses(LevelSummary& level, const std::vector<QueueMisses>& misses, const Topology& topology,
               const Summary& summary) {
  for (const QueueMisses& queue : misses) {
    if (!covers(level, queue.queueId, topology, summary)) continue;
    if (!seen(level.misses)) level.misses = level.metadataMisses = 0;
    level.misses += queue.misses;
    level.metadataMisses += queue.metadata;
  }
}

/// Sums what the guest's probes were hit, per queue, up into the rows.
void addProbeHits(const Database& database, const Topology& topology, Summary& summary) {
  Statement rows = database.prepare("SELECT queue_id, probed, hits FROM half_total WHERE probed > 0");
  while (rows.step()) {
    for (auto* levels : {&summary.transports, &summary.byDevice, &summary.queues}) {
      for (LevelSummary& level : *levels) {
        if (!covers(level, rows.queueId(0), topology, summary)) continue;
        level.probedHalves += rows.integer(1);
        level.probeHits += rows.integer(2);
      }
    }
  }
}

// A transport has one answer only when all its devices give the same one.
void agreeOnTranslation(LevelSummary& transport, const std::vector<LevelSummary>& devices) {
  bool first = true;
  for (const LevelSummary& level : devices) {
    if (level.transport != transport.transport) continue;
    if (first)
      transport.translation = level.translation;
    else if (transport.translation != level.translation)
      transport.translation.reset();
    first = false;
  }
}

}  // namespace

void readLevels(const Database& database, const Topology& topology, Summary& summary) {
  TableReader<CauseTotalRow> rows(database, "ORDER BY level, transport, device_id, queue_id, cause");
  CauseTotalRow previous;
  LevelSummary* level = nullptr;
  for (CauseTotalRow row; rows.next(row); previous = row) {
    if (level == nullptr || std::tie(row.level, row.transport, row.deviceId, row.queueId) !=
                                std::tie(previous.level, previous.transport, previous.deviceId, previous.queueId)) {
      level = &rowsOf(summary, row.level)->emplace_back();
      name(*level, row, topology, summary);
    }
    keep(*level, row);
  }

  std::map<QueueId, std::vector<PhaseTotalRow>> phases;
  for (PhaseTotalRow& row : readAll<PhaseTotalRow>(database, "ORDER BY queue_id, rank"))
    phases[row.queueId].push_back(std::move(row));
  std::map<QueueId, std::vector<NotificationPart>> parts;
  Statement notification =
      database.prepare("SELECT queue_id, part, chains, total_ns FROM notification_view ORDER BY queue_id, rank");
  while (notification.step())
    parts[notification.queueId(0)].push_back(
        {std::string(notification.text(1)), notification.integer(2), notification.integer(3)});
  for (LevelSummary& queue : summary.queues) {
    queue.phases = std::move(phases[queue.queueId]);
    queue.notification = std::move(parts[queue.queueId]);
  }

  std::set<DeviceId> heard;
  for (auto* levels : {&summary.byDevice, &summary.queues}) {
    for (LevelSummary& row : *levels) {
      if (row.device == nullptr) continue;
      row.translation = row.device->translation;
      heard.insert(row.device->deviceId);
    }
  }
  for (LevelSummary& transport : summary.transports) agreeOnTranslation(transport, summary.byDevice);
  for (const auto& [id, device] : summary.devices)
    if (device.active != 0 && !heard.contains(id)) summary.silentDevices.push_back(&device);
}

void addCounts(const Database& database, const Topology& topology, const std::map<QueueId, ChainCounts>& countsOfQueue,
               Summary& summary) {
  const auto misses = readMisses(database, topology);
  for (auto* levels : {&summary.byDevice, &summary.queues, &summary.transports}) {
    for (LevelSummary& row : *levels) {
      for (const auto& [queueId, counts] : countsOfQueue)
        if (covers(row, queueId, topology, summary)) row.counts.add(counts);
      addMisses(row, misses, topology, summary);
    }
  }
  addProbeHits(database, topology, summary);

  for (const LevelSummary& queue : summary.queues)
    if (const auto counts = countsOfQueue.find(queue.queueId); counts != countsOfQueue.end())
      if (counts->second.suspectComplete > 0 &&
          queue.complete <= counts->second.complete - counts->second.suspectComplete)
        summary.suspectIncluded = false;
}

}  // namespace descry
