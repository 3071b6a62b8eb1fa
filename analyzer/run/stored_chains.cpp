// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/run/stored_chains.hpp"

#include "analyzer/attribute/causes.hpp"

namespace descry {

namespace {

constexpr const char* kQuery =
    "SELECT c.*, g.*, h.* FROM chain c"
    " LEFT JOIN guest_half g ON g.queue_id = c.queue_id AND g.epoch = c.epoch AND g.position = c.position"
    " LEFT JOIN pair_segment p ON p.pair_id = c.pair_id"
    " LEFT JOIN host_half h ON h.queue_id = coalesce(p.host_queue_id, c.queue_id)"
    " AND h.epoch = coalesce(p.host_epoch, c.epoch) AND h.position = c.position - coalesce(p.shift, 0)"
    " WHERE c.queue_id = ? AND (c.epoch, c.position) >= (?, ?) AND (c.epoch, c.position) <= (?, ?)"
    " ORDER BY c.epoch, c.position";

template <typename Row>
std::optional<Row> rowAt(const Statement& statement, int& column) {
  const bool present = !statement.isNull(column);
  Row row;
  readRow(statement, column, row);
  return present ? std::optional(std::move(row)) : std::nullopt;
}

std::vector<CauseSpan> spansOf(const ChainHalves& halves, const QueueContext& context, const ChainLife& life) {
  CauseSpans spans;
  Claims claims(life, &spans);
  claimCauses({halves, context, life}, claims);
  return spans.spans();
}

}  // namespace

StoredChains::StoredChains(const Database& database) : m_model(database), m_contexts(m_model) {}

QueueContext StoredChains::contextOf(const Database& database, QueueId guestQueue, QueueId hostQueue) const {
  const std::lock_guard lock(m_mutex);
  return m_contexts.of(database, guestQueue, hostQueue);
}

void StoredChains::forEach(const Database& database, const ChainId& first, const ChainId& last,
                           const Take& take) const {
  Statement rows = database.prepare(kQuery);
  rows.bind(0, first);
  rows.bind(3, last.epoch);
  rows.bind(4, last.position);
  std::optional<QueueContext> context;
  std::pair<QueueId, QueueId> contextKey;
  while (rows.step()) {
    int column = 0;
    const auto row = rowAt<ChainRow>(rows, column);
    const auto guest = rowAt<GuestHalfRow>(rows, column);
    const auto host = rowAt<HostHalfRow>(rows, column);
    const std::pair key{guest ? guest->queueId : kNoQueue, host ? host->queueId : kNoQueue};
    if (!context || key != contextKey) context = contextOf(database, key.first, key.second);
    contextKey = key;
    ChainHalves halves{guest ? &*guest : nullptr, host ? &*host : nullptr, std::nullopt};
    if (guest && host && seen(row->hostShift)) halves.clock = storedReading(row->hostShift, row->crossError, *host);
    const ChainLife life(halves, *context);
    take({*row, guest, host, life, seen(life.end) ? spansOf(halves, *context, life) : std::vector<CauseSpan>{}});
  }
}

std::optional<StoredChain> StoredChains::find(const Database& database, const ChainId& id) const {
  std::optional<StoredChain> found;
  forEach(database, id, id, [&](const StoredChain& chain) { found.emplace(chain); });
  return found;
}

}  // namespace descry
