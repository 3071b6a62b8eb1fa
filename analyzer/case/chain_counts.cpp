// SPDX-License-Identifier: GPL-2.0-or-later
// How many chains there are of each kind, and which are the slowest: from what the analysis has summed up.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/case/summary_parts.hpp"
#include "schemas/model/slowest.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

constexpr std::string_view kSlowestQuery =
    "SELECT ns, queue_id, epoch, position FROM slowest WHERE cause = 'latency' AND queue_id IN"
    " (SELECT queue_id FROM cause_total WHERE level = 'queue')"
    " ORDER BY ns DESC, queue_id, epoch, position LIMIT ?";

/// For more than are kept: reads every chain.
std::string slowestOfAll() {
  return fmt::format(
      "SELECT {} AS ns, queue_id, epoch, position FROM chain WHERE flags & {} = 0 AND queue_id IN"
      " (SELECT queue_id FROM cause_total WHERE level = 'queue')"
      " ORDER BY ns DESC, queue_id, epoch, position LIMIT ?",
      causeColumns(" + "), static_cast<int>(kIncomplete));
}

ChainCounts countsOf(const QueueTotalRow& row, bool isSummed) {
  ChainCounts counts;
  counts.chains = row.chains;
  counts.complete = row.chains - row.incomplete;
  counts.paired = row.paired;
  counts.suspect = row.suspect;
  counts.suspectComplete = row.suspectComplete;
  counts.incomplete = row.incomplete;
  counts.guestOnly = row.guestOnly;
  counts.hostOnly = row.hostOnly;
  counts.contradicted = row.orderContradicted;
  counts.unsynchronised = row.clockUnknown;
  if (!isSummed) {
    counts.leftOut = counts.complete;
    return counts;
  }
  counts.startAssumed = row.startAssumed;
  counts.before = {row.stocked, row.stock, row.stockMax};
  counts.after = {row.reapWaits, row.reapWait, row.reapWaitMax};
  return counts;
}

const std::string kSlowChainQuery =
    "SELECT vm, device, transport, queue_name, scope, queue_index, start_ns, total_ns, iotlb_induced_ns,"
    " cross_error_ns, stock_ns, reap_wait_ns, suspect, " +
    causeColumns() + ", " + pointColumns() + " FROM chain_view WHERE queue_id = ? AND epoch = ? AND position = ?";
constexpr int kFirstCause = 13, kFirstPoint = kFirstCause + static_cast<int>(kCauses);

SlowChain describe(const Database& database, Ns total, const ChainId& id) {
  SlowChain chain;
  chain.total = total;
  chain.id = id;
  Statement row = database.prepare(kSlowChainQuery);
  row.bind(0, id.queueId);
  row.bind(1, id.epoch);
  row.bind(2, id.position);
  if (!row.step()) return chain;  // a chain of a queue that no capture has
  chain.vm = std::string(row.text(0));
  chain.device = std::string(row.text(1));
  chain.transport = std::string(row.text(2));
  chain.queueName = std::string(row.text(3));
  chain.scope = fromWord<Scope>(row.text(4));
  chain.queueIndex = integerOrUnseen(row, 5);
  chain.start = integerOrUnseen(row, 6);
  chain.induced = integerOrUnseen(row, 8);
  chain.crossError = integerOrUnseen(row, 9);
  chain.stock = integerOrUnseen(row, 10);
  chain.reapWait = integerOrUnseen(row, 11);
  chain.suspect = row.integer(12) != 0;
  for (std::size_t i = 0; i < kCauses; ++i) chain.causes[i] = integerOrUnseen(row, kFirstCause + static_cast<int>(i));
  if (chain.scope != Scope::Host) chain.points.push_back({Point::Q, 0});
  for (int i = 1; i < static_cast<int>(kPoints); ++i)
    if (const Ns ns = integerOrUnseen(row, kFirstPoint + i - 1); seen(ns))
      chain.points.push_back({static_cast<Point>(i), ns});
  std::stable_sort(chain.points.begin(), chain.points.end(),
                   [](const PointTime& a, const PointTime& b) { return a.ns < b.ns; });
  return chain;
}

}  // namespace

std::map<QueueId, ChainCounts> readCounts(const Database& database, Summary& summary) {
  std::set<QueueId> summed;
  for (Statement queues = database.prepare("SELECT queue_id FROM cause_total WHERE level = 'queue'"); queues.step();)
    summed.insert(queues.queueId(0));
  std::map<QueueId, ChainCounts> countsOfQueue;
  for (const QueueTotalRow& row : readAll<QueueTotalRow>(database)) {
    countsOfQueue[row.queueId] = countsOf(row, summed.contains(row.queueId));
    summary.inFlight += row.inFlight;
  }
  for (const PointTotalRow& row : readAll<PointTotalRow>(database))
    if (const auto point = std::ranges::find(kPointTable, row.point, &PointInfo::letter); point != kPointTable.end())
      countsOfQueue[row.queueId].points[static_cast<std::size_t>(point - kPointTable.begin())] = row.chains;
  for (const auto& [id, ofQueue] : countsOfQueue) summary.chains.add(ofQueue);
  return countsOfQueue;
}

void readSlowest(const Database& database, int slowest, Summary& summary) {
  Statement rows = database.prepare(slowest <= kSlowestKept ? std::string(kSlowestQuery) : slowestOfAll());
  rows.bind(0, std::int64_t{std::max(0, slowest)});
  while (rows.step()) summary.slowest.push_back(describe(database, rows.integer(0), rows.chainId(1)));
}

}  // namespace descry
