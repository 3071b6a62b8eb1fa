// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/compare/sample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace descry {

namespace {

struct Row {
  QueueId queueId = kNoQueue;
  Ns start = 0;
  Ns begin = 0;  ///< of the latency: a receive buffer waits in stock before
  std::array<Ns, kSums> values{};
};

/// Keeps every row, then every second, then every fourth, as many as are wanted.
class Picker {
 public:
  explicit Picker(std::size_t limit) : m_limit(std::max<std::size_t>(1, limit)) {}

  void offer(const Row& row) {
    if (m_offered++ % m_stride != 0) return;
    m_rows.push_back(row);
    if (m_rows.size() <= m_limit) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < m_rows.size(); i += 2) m_rows[kept++] = m_rows[i];
    m_rows.resize(kept);
    m_stride *= 2;
  }

  std::vector<Row>& rows() { return m_rows; }

 private:
  std::size_t m_limit;
  std::uint64_t m_stride = 1, m_offered = 0;
  std::vector<Row> m_rows;
};

struct Reach {
  std::int64_t chains = 0;
  Ns first = 0, last = 0;
};

/// Queues that only the host saw, beside others of the same transport, as in the sums of a transport.
std::set<QueueId> narrowQueues(const Database& database, const std::map<QueueId, Reach>& used) {
  struct Queue {
    QueueId id;
    std::string transport;
    bool hostOnly;
  };
  std::vector<Queue> queues;
  std::set<std::string> wide;
  Statement rows = database.prepare("SELECT queue_id, transport, scope FROM cause_view WHERE cause = 'latency'");
  while (rows.step()) {
    if (!used.contains(rows.queueId(0))) continue;
    queues.push_back({rows.queueId(0), std::string(rows.text(1)), rows.text(2) == "host"});
    if (!queues.back().hostOnly) wide.insert(queues.back().transport);
  }
  std::set<QueueId> narrow;
  for (const Queue& queue : queues)
    if (queue.hostOnly && wide.contains(queue.transport)) narrow.insert(queue.id);
  return narrow;
}

/// What becomes a Sample while chains are read.
class Collector {
 public:
  explicit Collector(std::size_t limit) : m_picker(limit) {}

  void offer(const Row& row) {
    Reach& reach = m_used[row.queueId];
    reach.first = reach.chains == 0 ? row.start : std::min(reach.first, row.start);
    reach.last = reach.chains == 0 ? row.start : std::max(reach.last, row.start);
    ++reach.chains;
    m_picker.offer(row);
  }
  Sample finish(const Database& database);

 private:
  Picker m_picker;
  std::map<QueueId, Reach> m_used;
};

Sample Collector::finish(const Database& database) {
  const auto narrow = narrowQueues(database, m_used);
  auto& rows = m_picker.rows();
  std::erase_if(rows, [&](const Row& row) { return narrow.contains(row.queueId); });
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.begin < b.begin; });

  Sample sample;
  Ns first = kUnseen, last = kUnseen;
  for (const auto& [queueId, reach] : m_used) {
    if (narrow.contains(queueId)) continue;
    sample.chains += reach.chains;
    first = seen(first) ? std::min(first, reach.first) : reach.first;
    last = seen(last) ? std::max(last, reach.last) : reach.last;
  }
  sample.span = seen(first) ? last - first : 0;
  for (std::size_t sum = 0; sum < kSums; ++sum) {
    sample.values[sum].reserve(rows.size());
    for (const Row& row : rows) sample.values[sum].push_back(row.values[sum]);
  }
  // A gap between two that were kept spans those that were not.
  const std::int64_t every = std::max<std::int64_t>(1, rows.empty() ? 1 : sample.chains / std::ssize(rows));
  for (std::size_t i = 1; i < rows.size(); ++i) sample.gaps.push_back((rows[i].begin - rows[i - 1].begin) / every);
  Ns busyUntil = 0;
  for (const Row& row : rows) {
    sample.calm.push_back(sample.calm.empty() || row.begin >= busyUntil ? 1 : 0);
    busyUntil = std::max(sample.calm.size() == 1 ? row.begin : busyUntil, row.begin + row.values[0]);
  }
  return sample;
}

/// A row of queue, start, stock and the sums.
Row rowAt(const Statement& query) {
  Row row{query.queueId(0), query.integer(1), query.integer(1) + query.integer(2), {}};
  for (std::size_t sum = 0; sum < kSums; ++sum) row.values[sum] = query.integer(3 + static_cast<int>(sum));
  return row;
}

}  // namespace

std::string sampleSql(const Condition& condition) {
  std::string sums;
  for (const std::string_view name : kSumNames)
    sums += fmt::format(", {}_ns", name == kSumNames.front() ? "total" : name);
  return fmt::format(
      "SELECT queue_id, start_ns, stock_ns{} FROM chain_view WHERE complete"
      " AND queue_id IN (SELECT queue_id FROM cause_total WHERE level = 'queue'){}",
      sums, condition.empty() ? "" : " AND (" + condition.sql + ")");
}

Sample readSample(const Database& database, const Condition& condition, std::size_t limit) {
  Statement query = database.prepare(sampleSql(condition));
  condition.bind(query, 0);
  Collector collector(limit);
  while (query.step()) collector.offer(rowAt(query));
  return collector.finish(database);
}

std::vector<Sample> readSamples(const Database& database, const std::vector<std::set<QueueId>>& queues,
                                std::size_t limit) {
  std::vector<Collector> collectors(queues.size(), Collector(limit));
  const auto wanting = [&](QueueId queueId) {
    std::vector<Collector*> found;
    for (std::size_t i = 0; i < queues.size(); ++i)
      if (queues[i].contains(queueId)) found.push_back(&collectors[i]);
    return found;
  };
  std::string sums;
  for (const std::string_view name : kSumNames)
    sums += ", " + (name == kSumNames.front() ? causeColumns(" + ") : std::string(name) + "_ns");
  // Without the joins of chain_view: only what the table of chains has is needed.
  Statement query = database.prepare(
      fmt::format("SELECT queue_id, start_ns + ?, stock_ns{} FROM chain WHERE queue_id = ? AND flags & {} = 0"
                  " ORDER BY epoch, position",
                  sums, static_cast<int>(kIncomplete)));
  Statement sides = database.prepare(
      "SELECT queue_id, origin_ns FROM queue_side_view WHERE queue_id IN (SELECT queue_id FROM cause_total WHERE level ="
      " 'queue') ORDER BY queue_id");
  while (sides.step()) {
    const auto into = wanting(sides.queueId(0));
    if (into.empty()) continue;
    query.reset();
    query.bind(0, sides.integer(1));
    query.bind(1, sides.queueId(0));
    while (query.step()) {
      const Row row = rowAt(query);
      for (Collector* collector : into) collector->offer(row);
    }
  }
  std::vector<Sample> samples;
  for (Collector& collector : collectors) samples.push_back(collector.finish(database));
  return samples;
}

}  // namespace descry
