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
  std::int64_t queueId = 0;
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
std::set<std::int64_t> narrowQueues(const Database& database, const std::map<std::int64_t, Reach>& used) {
  struct Queue {
    std::int64_t id;
    std::string transport;
    bool hostOnly;
  };
  std::vector<Queue> queues;
  std::set<std::string> wide;
  Statement rows = database.prepare("SELECT queue_id, transport, scope FROM cause_view WHERE cause = 'latency'");
  while (rows.step()) {
    if (!used.contains(rows.integer(0))) continue;
    queues.push_back({rows.integer(0), std::string(rows.text(1)), rows.text(2) == "host"});
    if (!queues.back().hostOnly) wide.insert(queues.back().transport);
  }
  std::set<std::int64_t> narrow;
  for (const Queue& queue : queues)
    if (queue.hostOnly && wide.contains(queue.transport)) narrow.insert(queue.id);
  return narrow;
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
  Picker picker(limit);
  std::map<std::int64_t, Reach> used;
  while (query.step()) {
    Row row{query.integer(0), query.integer(1), query.integer(1) + query.integer(2), {}};
    for (std::size_t sum = 0; sum < kSums; ++sum) row.values[sum] = query.integer(3 + static_cast<int>(sum));
    Reach& reach = used[row.queueId];
    reach.first = reach.chains == 0 ? row.start : std::min(reach.first, row.start);
    reach.last = reach.chains == 0 ? row.start : std::max(reach.last, row.start);
    ++reach.chains;
    picker.offer(row);
  }
  const auto narrow = narrowQueues(database, used);
  auto& rows = picker.rows();
  std::erase_if(rows, [&](const Row& row) { return narrow.contains(row.queueId); });
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.begin < b.begin; });

  Sample sample;
  Ns first = kUnseen, last = kUnseen;
  for (const auto& [queueId, reach] : used) {
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

}  // namespace descry
