// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/chain_list.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace descry::gui {

namespace {

struct Ranked {
  Ns ns = 0;
  ChainId key;
  // The heap's top is the quickest of those kept; the key decides between equals.
  bool operator<(const Ranked& other) const { return std::tie(other.ns, key) < std::tie(ns, other.key); }
};

Ns valueOf(const ChainFact& fact, ChainOrder order) {
  if (order == ChainOrder::Total) return fact.total;
  return fact.causes[static_cast<std::size_t>(order) - 2];
}

std::string causeName(ChainOrder order) {
  return order == ChainOrder::Total ? "latency" : std::string(kCauseNames[static_cast<std::size_t>(order) - 2]);
}

const std::string kPageColumns =
    "SELECT queue_id, epoch, position, start_ns + coalesce(stock_ns, 0), flags, cross_error_ns, stock_ns, " +
    causeColumns() + " FROM chain ";

ChainRecord recordOf(const Case& all, const Statement& row) {
  ChainRecord record;
  record.key = row.chainId(0);
  const QueueInfo* queue = all.queue(record.key.queueId);
  record.begin = queue != nullptr ? all.axis.toAxis(queue->captureId, row.integer(3)) : row.integer(3);
  record.flags = row.integer(4);
  if (!row.isNull(5)) record.error = row.integer(5);
  if (!row.isNull(6)) record.stock = row.integer(6);
  if ((record.flags & kIncomplete) != 0) return record;
  record.total = 0;
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    record.total += record.causes[cause] = row.integer(7 + static_cast<int>(cause));
  return record;
}

}  // namespace

std::optional<std::int64_t> ChainIndex::rowOf(const ChainId& key) const {
  const auto found = m_order == ChainOrder::Key ? std::lower_bound(m_keys.begin(), m_keys.end(), key)
                                                : std::find(m_keys.begin(), m_keys.end(), key);
  if (found == m_keys.end() || *found != key) return std::nullopt;
  return found - m_keys.begin();
}

class ChainIndexBuilder {
 public:
  ChainIndexBuilder(const Database& database, const Case& all, const Selection& selection, ChainOrder order,
                    const std::function<void(ChainIndex)>& grown)
      : m_database(database), m_case(all), m_grown(grown) {
    m_index.m_selection = selection;
    m_index.m_order = order;
  }

  void run() {
    if (m_index.m_order == ChainOrder::Key)
      inOrderOfKeys();
    else
      slowestFirst();
  }

 private:
  using Clock = std::chrono::steady_clock;

  bool timeToShow() {
    if (Clock::now() < m_next) return false;
    m_next = Clock::now() + std::chrono::milliseconds(300);
    return true;
  }

  void inOrderOfKeys() {
    // Queue ids ascend, as in the primary key, so that keys can be searched for.
    Case ordered = m_case;
    std::sort(ordered.queues.begin(), ordered.queues.end(),
              [](const QueueInfo& a, const QueueInfo& b) { return a.queueId < b.queueId; });
    scanChains(m_database, ordered, m_index.m_selection, [&](const ChainFact& fact) {
      if (m_index.m_keys.size() < ChainIndex::kMostKeys) m_index.m_keys.push_back(fact.key);
      if (m_index.m_count % ChainIndex::kPage == 0) {
        m_index.m_anchors.push_back(fact.key);
        if (m_index.m_count > 0 && timeToShow()) m_grown(m_index);
      }
      m_index.m_matches = ++m_index.m_count;
      return true;
    });
    if (m_index.m_count > static_cast<std::int64_t>(ChainIndex::kMostKeys)) {
      m_index.m_keys.clear();
      m_index.m_keys.shrink_to_fit();
    }
    finish();
  }

  void slowestFirst() {
    const Selection& wanted = m_index.m_selection;
    const bool onlyQueues = !wanted.time && wanted.causes == 0 && !wanted.latency && wanted.expression.empty() &&
                            wanted.side == SideFilter::Both;
    if (onlyQueues) showPrepared();
    std::vector<Ranked> heap;
    std::vector<ChainId> withoutEnd;
    scanChains(m_database, m_case, wanted, [&](const ChainFact& fact) {
      ++m_index.m_matches;
      if (!seen(fact.total)) {
        if (withoutEnd.size() < ChainIndex::kMostSorted) withoutEnd.push_back(fact.key);
        return true;
      }
      const Ranked ranked{valueOf(fact, m_index.m_order), fact.key};
      if (heap.size() == ChainIndex::kMostSorted) {
        if (!(ranked < heap.front())) return true;
        std::pop_heap(heap.begin(), heap.end());
        heap.back() = ranked;
      } else {
        heap.push_back(ranked);
      }
      std::push_heap(heap.begin(), heap.end());
      return true;
    });
    std::sort_heap(heap.begin(), heap.end());
    m_index.m_keys.clear();
    for (const Ranked& ranked : heap) m_index.m_keys.push_back(ranked.key);
    // Those whose end was not seen have no latency to be sorted by: they come last, where there is room.
    for (const ChainId& key : withoutEnd)
      if (m_index.m_keys.size() < ChainIndex::kMostSorted) m_index.m_keys.push_back(key);
    m_index.m_count = static_cast<std::int64_t>(m_index.m_keys.size());
    finish();
  }

  /// The analysis has put the slowest aside: they are the same, and need no scan over all chains.
  void showPrepared() {
    std::vector<Ranked> ranked;
    for (const QueueInfo& queue : m_case.queues) {
      if (!m_index.m_selection.hasQueue(queue.queueId)) continue;
      Statement rows = m_database.prepare("SELECT epoch, position, ns FROM slowest WHERE queue_id = ? AND cause = ?");
      rows.bind(0, queue.queueId);
      rows.bind(1, std::string_view(causeName(m_index.m_order)));
      while (rows.step()) ranked.push_back({rows.integer(2), {queue.queueId, rows.integer(0), rows.integer(1)}});
    }
    std::sort(ranked.begin(), ranked.end());
    for (const Ranked& each : ranked) m_index.m_keys.push_back(each.key);
    m_index.m_count = static_cast<std::int64_t>(ranked.size());
    m_grown(m_index);
    m_index.m_matches = 0;
  }

  void finish() {
    m_index.m_complete = true;
    m_grown(std::move(m_index));
  }

  const Database& m_database;
  const Case& m_case;
  const std::function<void(ChainIndex)>& m_grown;
  ChainIndex m_index;
  Clock::time_point m_next = Clock::now();
};

void buildChainIndex(const Database& database, const Case& all, const Selection& selection, ChainOrder order,
                     const std::function<void(ChainIndex)>& grown) {
  ChainIndexBuilder(database, all, selection, order, grown).run();
}

struct ChainPageReader {
  const Database& database;
  const Case& all;
  const ChainIndex& index;

  std::vector<ChainRecord> byKeys(std::int64_t first, std::int64_t last) const {
    std::vector<ChainRecord> records;
    Statement row = database.prepare(std::string(kPageColumns) + "WHERE queue_id = ? AND epoch = ? AND position = ?");
    for (std::int64_t i = first; i < last; ++i) {
      const ChainId& key = index.m_keys[static_cast<std::size_t>(i)];
      row.reset();
      row.bind(0, key.queueId);
      row.bind(1, key.epoch);
      row.bind(2, key.position);
      if (row.step()) records.push_back(recordOf(all, row));
    }
    return records;
  }

  /// From the page's first key on, with the same conditions as the index.
  std::vector<ChainRecord> fromAnchor(std::int64_t page) const {
    std::vector<ChainRecord> records;
    const ChainId anchor = index.m_anchors[static_cast<std::size_t>(page)];
    const Selection& wanted = index.m_selection;
    const Condition condition = parseCondition(wanted.expression);
    if (condition.empty() && !wanted.narrows()) {
      Statement rows =
          database.prepare(std::string(kPageColumns) +
                           "WHERE (queue_id, epoch, position) >= (?, ?, ?) ORDER BY queue_id, epoch, position LIMIT ?");
      rows.bind(0, anchor.queueId);
      rows.bind(1, anchor.epoch);
      rows.bind(2, anchor.position);
      rows.bind(3, ChainIndex::kPage);
      while (rows.step()) records.push_back(recordOf(all, rows));
      return records;
    }
    return byScan(anchor);
  }

  std::vector<ChainRecord> byScan(const ChainId& anchor) const {
    std::vector<ChainId> keys;
    Case rest = all;
    std::erase_if(rest.queues, [&](const QueueInfo& queue) { return queue.queueId < anchor.queueId; });
    std::sort(rest.queues.begin(), rest.queues.end(),
              [](const QueueInfo& a, const QueueInfo& b) { return a.queueId < b.queueId; });
    Selection wanted = index.m_selection;
    scanChainsFrom(database, rest, wanted, anchor, [&](const ChainFact& fact) {
      keys.push_back(fact.key);
      return keys.size() < static_cast<std::size_t>(ChainIndex::kPage);
    });
    ChainIndex page;
    page.m_keys = std::move(keys);
    return ChainPageReader{database, all, page}.byKeys(0, static_cast<std::int64_t>(page.m_keys.size()));
  }
};

std::vector<ChainRecord> readChainPage(const Database& database, const Case& all, const ChainIndex& index,
                                       std::int64_t page) {
  const ChainPageReader reader{database, all, index};
  const std::int64_t first = page * ChainIndex::kPage;
  if (first < 0 || first >= index.count()) return {};
  const std::int64_t last = std::min(first + ChainIndex::kPage, index.count());
  if (static_cast<std::int64_t>(index.m_keys.size()) >= last) return reader.byKeys(first, last);
  return reader.fromAnchor(page);
}

}  // namespace descry::gui
