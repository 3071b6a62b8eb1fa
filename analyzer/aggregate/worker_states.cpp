// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/worker_states.hpp"

#include <algorithm>
#include <limits>

#include "schemas/store/table_io.hpp"

namespace descry {

void WorkerStates::add(Ns woken, Ns on, Ns off) {
  if (seen(woken)) m_runnable.add(woken, on);
  m_running.add(on, seen(off) ? off : std::numeric_limits<Ns>::max() / 2);
  const Ns first = seen(woken) ? std::min(woken, on) : on;
  m_first = seen(m_first) ? std::min(m_first, first) : first;
}

void WorkerStates::build() {
  m_runnable.build();
  m_running.build();
}

std::optional<WorkerStates::Parts> WorkerStates::within(Ns begin, Ns end) const {
  if (!seen(m_first) || begin < m_first) return std::nullopt;
  Parts parts;
  parts.runnable = m_runnable.within(begin, end);
  parts.running = m_running.within(begin, end);
  parts.asleep = end - begin - parts.runnable - parts.running;
  // A thread that is woken again while it runs is not runnable twice.
  if (parts.asleep < 0) return std::nullopt;
  return parts;
}

void WakeupTotals::add(QueueId queueId, const WorkerStates::Parts& parts) {
  WakeupTotalRow& row = m_queues[queueId];
  row.queueId = queueId;
  ++row.chains;
  row.asleep += parts.asleep;
  row.runnable += parts.runnable;
  row.running += parts.running;
}

void WakeupTotals::write(Database& database) const {
  TableWriter<WakeupTotalRow> writer(database);
  for (const auto& [queueId, row] : m_queues) writer.add(row);
  writer.flush();
}

}  // namespace descry
