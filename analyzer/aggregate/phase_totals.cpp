// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/phase_totals.hpp"

#include <algorithm>
#include <bit>

#include "schemas/store/table_io.hpp"

namespace descry {

void PhaseTotals::add(QueueId queueId, std::uint32_t phases, const std::array<Ns, kCauses>& claimed) {
  if (m_last == nullptr || m_lastId != queueId) {
    m_last = &m_queues[queueId];
    m_lastId = queueId;
  }
  auto sum = std::find_if(m_last->begin(), m_last->end(), [&](const Sum& each) { return each.phases == phases; });
  if (sum == m_last->end()) {
    m_last->emplace_back().phases = phases;
    sum = m_last->end() - 1;
  }
  Ns total = 0;
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    sum->causes[cause] += claimed[cause];
    total += claimed[cause];
  }
  sum->durations.add(total);
}

void PhaseTotals::write(Database& database, std::string (*nameOf)(std::uint32_t)) {
  TableWriter<PhaseTotalRow> writer(database);
  for (auto& [queueId, sums] : m_queues) {
    for (Sum& sum : sums) {
      PhaseTotalRow row;
      row.queueId = queueId;
      row.phase = nameOf(sum.phases);
      row.rank = std::countr_zero(sum.phases) * 32 + static_cast<int>(std::bit_width(sum.phases));
      row.chains = static_cast<std::int64_t>(sum.durations.count());
      row.total = sum.durations.total();
      for (std::size_t cause = 0; cause < kCauses; ++cause) row.causes[cause] = sum.causes[cause];
      row.p50 = sum.durations.valueAt(rankOf(sum.durations.count(), 500));
      row.p99 = sum.durations.valueAt(rankOf(sum.durations.count(), 990));
      row.max = sum.durations.max();
      row.exact = sum.durations.exact() ? 1 : 0;
      writer.add(std::move(row));
    }
  }
  writer.flush();
}

}  // namespace descry
