// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>

#include "analyzer/aggregate/stall_index.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// What the thread that serves a queue did, as the scheduler was recorded, on the host's clock. build() before the
/// first within().
class WorkerStates {
 public:
  struct Parts {
    Ns asleep = 0, runnable = 0, running = 0;
  };

  /// Once on a CPU; `woken` and `off` may be unseen.
  void add(Ns woken, Ns on, Ns off);
  void build();
  bool empty() const { return m_running.empty(); }
  /// The parts add up to the span. Nothing where it begins before the first state that was seen.
  std::optional<Parts> within(Ns begin, Ns end) const;

 private:
  StallIndex m_runnable, m_running;
  Ns m_first = kUnseen;
};

/// Of what the wake-ups of each queue consist: table wakeup_total. Not thread-safe.
class WakeupTotals {
 public:
  void add(QueueId queueId, const WorkerStates::Parts& parts);
  void write(Database& database) const;

 private:
  std::map<QueueId, WakeupTotalRow> m_queues;
};

}  // namespace descry
