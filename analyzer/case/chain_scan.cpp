// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <bit>
#include <queue>
#include <set>
#include <tuple>

#include "analyzer/case/summary_parts.hpp"

namespace descry {

namespace {

struct Candidate {
  Ns total = 0;
  std::int64_t queueId = 0, epoch = 0, position = 0;

  // The heap's top is its greatest, which has to be the quickest chain of those kept; the key decides between equals.
  bool operator<(const Candidate& other) const {
    return std::tuple(-total, queueId, epoch, position) <
           std::tuple(-other.total, other.queueId, other.epoch, other.position);
  }
};

void countWait(IdleWait& wait, const Statement& row, int column) {
  if (row.isNull(column) || row.integer(column) <= 0) return;
  ++wait.chains;
  wait.total += row.integer(column);
  wait.max = std::max(wait.max, row.integer(column));
}

void count(ChainCounts& counts, std::int64_t flags, std::int64_t points, bool paired) {
  const auto has = [&](ChainFlag flag) { return (flags & flag) != 0 ? 1 : 0; };
  ++counts.chains;
  counts.paired += paired ? 1 : 0;
  counts.suspect += has(kSuspect);
  counts.incomplete += has(kIncomplete);
  counts.guestOnly += has(kGuestOnly);
  counts.hostOnly += has(kHostOnly);
  counts.contradicted += has(kOrderContradicted);
  counts.unsynchronised += has(kUnsynchronised);
  for (auto bits = static_cast<std::uint32_t>(points) & ((1U << kPoints) - 1); bits != 0; bits &= bits - 1)
    ++counts.points[static_cast<std::size_t>(std::countr_zero(bits))];
}

Ns nsOrUnseen(const Statement& row, int column) {
  return row.isNull(column) ? kUnseen : row.integer(column);
}

// Point columns of chain_view in the order of Point, after Q.
const std::string kSlowChainQuery =
    "SELECT vm, device, transport, queue_name, scope, queue_index, start_ns, total_ns, iotlb_induced_ns,"
    " cross_error_ns, stock_ns, reap_wait_ns, suspect, " +
    causeColumns() +
    ", m_ns, a_ns, k_ns, n_ns, host_k_ns, w_ns, t_ns, f_ns, p_ns, u_ns, s_ns, i_ns, d_ns, r_ns, c_ns"
    " FROM chain_view WHERE queue_id = ? AND epoch = ? AND position = ?";
constexpr int kFirstCause = 13, kFirstPoint = kFirstCause + static_cast<int>(kCauses);

SlowChain describe(const Database& database, const Candidate& candidate) {
  SlowChain chain;
  chain.total = candidate.total;
  chain.queueId = candidate.queueId;
  chain.epoch = candidate.epoch;
  chain.position = candidate.position;
  Statement row = database.prepare(kSlowChainQuery);
  row.bind(0, candidate.queueId);
  row.bind(1, candidate.epoch);
  row.bind(2, candidate.position);
  if (!row.step()) return chain;  // a chain of a queue that no capture has
  chain.vm = std::string(row.text(0));
  chain.device = std::string(row.text(1));
  chain.transport = std::string(row.text(2));
  chain.queueName = std::string(row.text(3));
  chain.scope = std::string(row.text(4));
  chain.queueIndex = nsOrUnseen(row, 5);
  chain.start = nsOrUnseen(row, 6);
  chain.induced = nsOrUnseen(row, 8);
  chain.crossError = nsOrUnseen(row, 9);
  chain.stock = nsOrUnseen(row, 10);
  chain.reapWait = nsOrUnseen(row, 11);
  chain.suspect = row.integer(12) != 0;
  for (std::size_t i = 0; i < kCauses; ++i) chain.causes[i] = nsOrUnseen(row, kFirstCause + static_cast<int>(i));
  if (chain.scope != "host") chain.points.push_back({Point::Q, 0});
  for (int i = 1; i < static_cast<int>(kPoints); ++i)
    if (const Ns ns = nsOrUnseen(row, kFirstPoint + i - 1); seen(ns))
      chain.points.push_back({static_cast<Point>(i), ns});
  std::stable_sort(chain.points.begin(), chain.points.end(),
                   [](const PointTime& a, const PointTime& b) { return a.ns < b.ns; });
  return chain;
}

}  // namespace

std::map<std::int64_t, ChainCounts> scanChains(const Database& database, int slowest, Summary& summary) {
  std::set<std::int64_t> summed;  // the slowest chains are to be of those that the tables are made of
  for (Statement queues = database.prepare("SELECT queue_id FROM cause_total WHERE level = 'queue'"); queues.step();)
    summed.insert(queues.integer(0));
  std::map<std::int64_t, ChainCounts> countsOfQueue;
  std::priority_queue<Candidate> slow;
  Statement rows = database.prepare(
      "SELECT queue_id, epoch, position, flags, points, pair_id IS NOT NULL, stock_ns, reap_wait_ns, " +
      causeColumns(" + ") + " FROM chain");
  ChainCounts* counts = nullptr;
  std::int64_t queueId = 0;
  bool isSummed = false;
  while (rows.step()) {
    if (counts == nullptr || rows.integer(0) != queueId) {
      counts = &countsOfQueue[queueId = rows.integer(0)];
      isSummed = summed.contains(queueId);
    }
    const std::int64_t flags = rows.integer(3);
    count(*counts, flags, rows.integer(4), rows.integer(5) != 0);
    if ((flags & kIncomplete) != 0 || rows.isNull(8)) continue;
    ++counts->complete;
    counts->suspectComplete += (flags & kSuspect) != 0 ? 1 : 0;
    if (!isSummed) {
      ++counts->leftOut;
      continue;
    }
    counts->startAssumed += (flags & kStartAssumed) != 0 ? 1 : 0;
    countWait(counts->before, rows, 6);
    countWait(counts->after, rows, 7);
    slow.push({rows.integer(8), queueId, rows.integer(1), rows.integer(2)});
    if (slow.size() > static_cast<std::size_t>(std::max(0, slowest))) slow.pop();
  }
  for (const auto& [id, ofQueue] : countsOfQueue) summary.chains.add(ofQueue);
  for (; !slow.empty(); slow.pop()) summary.slowest.push_back(describe(database, slow.top()));
  std::reverse(summary.slowest.begin(), summary.slowest.end());
  return countsOfQueue;
}

}  // namespace descry
