// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "schemas/model/words.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

/// Collects the facts of all captures on their way into one database. The fold adds; nothing here judges.
/// Small tables stay in memory until finish(), because facts files may still add to them.
class FactStore {
 public:
  /// `inBackground`: rows of the large tables are written by a thread of their own; the database must then be left
  /// alone until finish() is through.
  explicit FactStore(Database& database, bool inBackground = false);

  TableWriter<GuestHalfRow> guestHalves;
  TableWriter<HostHalfRow> hostHalves;
  TableWriter<DoorbellRow> doorbells;
  TableWriter<InterruptRow> interrupts;
  TableWriter<IotlbMissRow> misses;
  TableWriter<IotlbEventRow> iotlbEvents;
  TableWriter<ThreadStateRow> threadStates;
  TableWriter<KvmDoorbellRow> kvmDoorbells;
  TableWriter<KvmInterruptRow> kvmInterrupts;

  std::vector<CaptureRow> captures;
  std::vector<CaptureEventRow> captureEvents;
  std::vector<DeviceRow> devices;  ///< device_id = index + 1
  std::vector<QueueRow> queues;    ///< queue_id = index + 1
  std::vector<QueueEpochRow> epochs;
  std::vector<LossRow> losses;
  std::vector<CaptureTimeRow> captureTimes;
  std::vector<BounceRow> bounces;
  std::vector<KvmVcpuRow> vcpus;
  std::vector<TscReadingRow> tscReadings;
  std::vector<MetaRow> meta;
  std::vector<SwiotlbPoolRow> swiotlbPools;
  std::vector<FactRow> facts;

  /// Adds a device or queue, gives it its id and returns that.
  DeviceId addDevice(DeviceRow device);
  QueueId addQueue(QueueRow queue);
  void addLoss(LossRow loss);

  /// Tells rows of one time apart; unique in this database.
  std::int64_t nextSequence() { return m_sequence++; }

  /// Counts one occurrence; the first one's detail is kept. `queueId` may be kUnseenQueue, `ns` kUnseen.
  void anomaly(std::string_view kind, Doubt severity, std::int64_t captureId, QueueId queueId, Ns ns,
               std::string_view detail);

  /// Forgets the capture that was added last and its anomalies: nothing else of it was added.
  void dropLastCapture();

  /// Writes everything that is still in memory.
  void finish();

 private:
  /// Anomalies of the queues whose counts contradict each other (silent_points.hpp).
  void noteSilentPoints();
  template <typename Function>
  void forLargeTables(Function function) {
    function(guestHalves);
    function(hostHalves);
    function(doorbells);
    function(interrupts);
    function(misses);
    function(iotlbEvents);
    function(threadStates);
    function(kvmDoorbells);
    function(kvmInterrupts);
  }

  Database& m_database;
  std::int64_t m_sequence = 0;
  std::map<std::tuple<std::string, std::int64_t, QueueId>, AnomalyRow> m_anomalies;
  std::optional<BackgroundWriter> m_writer;  ///< last, so that it ends before the tables go that it writes
};

}  // namespace descry
