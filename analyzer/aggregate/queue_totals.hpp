// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <map>
#include <memory>

#include "analyzer/aggregate/durations.hpp"
#include "analyzer/aggregate/worker_share.hpp"
#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// What the chains of each queue add up to beside causes: table queue_total and point_total. Findings and reports read
/// these instead of all chains. Not thread-safe.
class QueueTotals {
 public:
  /// `budget`: for the medians.
  QueueTotals(const Database& database, Durations::Budget& budget);
  ~QueueTotals();

  /// A chain as it is stored, with the halves that there are.
  void add(const ChainRow& chain, const GuestHalfRow* guest, const HostHalfRow* host);
  /// A host half, chain or not: the worker was busy with it. In the order of positions within an epoch.
  void serve(const HostHalfRow& host) { m_share.serve(host); }
  void write(Database& database);

 private:
  struct Queue;

  void addComplete(Queue& queue, const ChainRow& chain, const GuestHalfRow* guest, const HostHalfRow* host);

  Durations::Budget& m_budget;
  WorkerShare m_share;
  std::map<QueueId, std::unique_ptr<Queue>> m_queues;
  Queue* m_last = nullptr;
};

}  // namespace descry
