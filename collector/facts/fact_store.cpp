// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/fact_store.hpp"

#include <algorithm>
#include <utility>

#include "collector/facts/silent_points.hpp"

namespace descry {

FactStore::FactStore(Database& database, bool inBackground)
    : guestHalves(database),
      hostHalves(database),
      doorbells(database),
      interrupts(database),
      misses(database),
      iotlbEvents(database),
      threadStates(database),
      kvmDoorbells(database),
      kvmInterrupts(database),
      m_database(database) {
  if (!inBackground) return;
  m_writer.emplace();
  forLargeTables([this](auto& table) { table.writeIn(*m_writer); });
}

DeviceId FactStore::addDevice(DeviceRow device) {
  device.deviceId = DeviceId{std::ssize(devices) + 1};
  devices.push_back(std::move(device));
  return devices.back().deviceId;
}

QueueId FactStore::addQueue(QueueRow queue) {
  queue.queueId = QueueId{std::ssize(queues) + 1};
  queues.push_back(std::move(queue));
  return queues.back().queueId;
}

void FactStore::addLoss(LossRow loss) {
  loss.lossId = static_cast<std::int64_t>(losses.size()) + 1;
  losses.push_back(std::move(loss));
}

void FactStore::anomaly(std::string_view kind, Doubt severity, std::int64_t captureId, QueueId queueId, Ns ns,
                        std::string_view detail) {
  auto [entry, isNew] = m_anomalies.try_emplace({std::string(kind), captureId, queueId});
  AnomalyRow& row = entry->second;
  if (isNew) {
    row.captureId = captureId;
    row.queueId = queueId;
    row.kind = kind;
    row.severity = wordOf(severity);
    row.detail = detail;
  }
  ++row.count;
  if (!seen(ns)) return;
  row.first = seen(row.first) ? std::min(row.first, ns) : ns;
  row.last = seen(row.last) ? std::max(row.last, ns) : ns;
}

void FactStore::dropLastCapture() {
  const std::int64_t captureId = captures.back().captureId;
  std::erase_if(m_anomalies, [captureId](const auto& entry) { return entry.second.captureId == captureId; });
  captures.pop_back();
}

void FactStore::noteSilentPoints() {
  std::map<QueueId, QueueEpochRow> sums;
  for (const QueueEpochRow& epoch : epochs) addCounts(sums[epoch.queueId], epoch);
  for (const auto& [queueId, sum] : sums)
    for (const std::string& point : silentPoints(sum)) {
      const DeviceRow& device = devices.at(placeOf(queues.at(placeOf(queueId)).deviceId));
      anomaly("point-silent", Doubt::Warning, device.captureId, queueId, kUnseen, point);
    }
}

void FactStore::finish() {
  noteSilentPoints();
  forLargeTables([](auto& table) { table.flush(); });
  if (m_writer) m_writer->drain();
  writeAll(m_database, captures);
  writeAll(m_database, captureEvents);
  writeAll(m_database, devices);
  writeAll(m_database, queues);
  writeAll(m_database, epochs);
  writeAll(m_database, losses);
  writeAll(m_database, captureTimes);
  writeAll(m_database, bounces);
  writeAll(m_database, vcpus);
  writeAll(m_database, tscReadings);
  writeAll(m_database, meta);
  writeAll(m_database, swiotlbPools);
  writeAll(m_database, facts);
  std::vector<AnomalyRow> anomalies;
  for (const auto& [key, row] : m_anomalies) {
    anomalies.push_back(row);
    anomalies.back().anomalyId = static_cast<std::int64_t>(anomalies.size());
  }
  writeAll(m_database, anomalies);
}

}  // namespace descry
