// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "analyzer/aggregate/durations.hpp"
#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// What the halves of each queue and of each device add up to, and how full the rings were: tables half_total,
/// device_total and ring_use. Not thread-safe.
class HalfTotals {
 public:
  /// Reads which queues belong to which device. `budget`: for the medians.
  HalfTotals(const Database& database, Durations::Budget& budget);
  ~HalfTotals();

  /// Queue by queue, in the order of the table.
  void add(const GuestHalfRow& guest);
  /// In the order of positions within an epoch.
  void add(const HostHalfRow& host);
  /// Reads the times that threads waited for a CPU as well.
  void write(Database& database);

 private:
  struct Queue;
  struct Device;

  Queue& queueOf(QueueId queueId);
  void addBounces(Queue& queue, const GuestHalfRow& guest);
  void finishRing();

  Durations::Budget& m_budget;
  std::map<DeviceId, std::unique_ptr<Device>> m_devices;
  std::map<QueueId, std::unique_ptr<Queue>> m_queues;
  Queue* m_lastGuest = nullptr;
  Queue* m_lastHost = nullptr;
  std::vector<std::pair<Ns, int>> m_steps;  ///< of the guest queue that is being added: chains that come and go
  std::vector<RingUseRow> m_ringUse;
};

}  // namespace descry
