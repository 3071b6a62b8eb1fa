// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/chain_detail.hpp"

#include <algorithm>

#include "analyzer/attribute/spans.hpp"
#include "schemas/store/table_io.hpp"

namespace descry::gui {

namespace {

Ns nsAt(const Statement& row, int column) {
  return row.isNull(column) ? kUnseen : row.integer(column);
}

constexpr int kFirstCause = 17, kFirstPoint = kFirstCause + static_cast<int>(kCauses);

/// The causes, then the points after Q, from these columns on.
std::string chainQuery() {
  std::string query =
      "SELECT vm, device, queue_name, transport, device_kind, scope, start_ns, total_ns, iotlb_induced_ns, "
      "cross_error_ns, stock_ns, reap_wait_ns, flags, points, host_queue_id, host_epoch, host_position, " +
      causeColumns() + ", " + pointColumns();
  return query + " FROM chain_view WHERE queue_id = ? AND epoch = ? AND position = ?";
}

void readGuestHalf(const Database& database, ChainDetail& chain) {
  GuestHalfRow half;
  TableReader<GuestHalfRow> rows(database, "WHERE queue_id = ? AND epoch = ? AND position = ?");
  rows.statement().bind(0, chain.key.queueId);
  rows.statement().bind(1, chain.key.epoch);
  rows.statement().bind(2, chain.key.position);
  if (!rows.next(half)) return;
  chain.head = half.head;
  chain.outCount = half.outCount;
  chain.inCount = half.inCount;
  chain.lengthBytes = half.lengthBytes;
  chain.swiotlbOut = half.swiotlbOut;
  chain.swiotlbSearch = half.swiotlbSearch;
  chain.swiotlbIn = half.swiotlbIn;
  chain.bounces = half.bounces;
  chain.bounceBytes = half.bounceBytes;
  chain.copiesBack = half.copiesBack;
  chain.copyBackBytes = half.copyBackBytes;
  chain.iommuMap = half.iommuMap;
  chain.iommuUnmap = half.iommuUnmap;
  chain.dmaMaps = half.dmaMaps;
  chain.dmaIdentity = half.dmaIdentity;
  chain.hits = half.hits;
}

void readHostHalf(const Database& database, std::int64_t epoch, ChainDetail& chain) {
  HostHalfRow half;
  TableReader<HostHalfRow> rows(database, "WHERE queue_id = ? AND epoch = ? AND position = ?");
  rows.statement().bind(0, chain.hostQueueId);
  rows.statement().bind(1, epoch);
  rows.statement().bind(2, chain.hostPosition);
  if (!rows.next(half)) return;
  chain.retries = half.retries;
  if (!seen(chain.head)) chain.head = half.head;
  if (!seen(chain.outCount)) chain.outCount = half.outCount;
  if (!seen(chain.inCount)) chain.inCount = half.inCount;
  if (!seen(chain.lengthBytes)) chain.lengthBytes = half.lengthBytes;
}

/// Its own misses, and those on ring metadata while it was under way.
void readMisses(const Database& database, const Case& all, std::int64_t hostEpoch, ChainDetail& chain) {
  const QueueInfo* queue = all.queue(chain.key.queueId);
  if (queue == nullptr || chain.hostQueueId == kNoQueue || queue->hostCaptureId == 0) return;
  const auto fromStart = [&](Ns host) {
    return seen(host) ? all.axis.toAxis(queue->hostCaptureId, host) - chain.start : kUnseen;
  };
  const Ns begin = all.axis.fromAxis(queue->hostCaptureId, chain.start);
  const Ns end = all.axis.fromAxis(queue->hostCaptureId, chain.start + std::max<Ns>(chain.end(), 0));
  TableReader<IotlbMissRow> rows(database,
                                 "WHERE queue_id = ?1 AND ((epoch = ?2 AND position = ?3) OR"
                                 " (position IS NULL AND raised_ns BETWEEN ?4 AND ?5)) ORDER BY raised_ns LIMIT 200");
  rows.statement().bind(0, chain.hostQueueId);
  rows.statement().bind(1, hostEpoch);
  rows.statement().bind(2, chain.hostPosition);
  rows.statement().bind(3, begin);
  rows.statement().bind(4, end);
  for (IotlbMissRow row; rows.next(row);)
    chain.misses.push_back({static_cast<std::uint64_t>(row.iova), fromStart(row.raised), fromStart(row.read),
                            fromStart(row.updated), fromStart(row.retried), row.grantedBytes, !seen(row.position)});
}

ChainId beside(const Database& database, const ChainId& key, const char* comparison, const char* order) {
  Statement row = database.prepare(std::string("SELECT epoch, position FROM chain WHERE queue_id = ? AND "
                                               "(epoch, position) ") +
                                   comparison + " (?, ?) ORDER BY epoch " + order + ", position " + order + " LIMIT 1");
  row.bind(0, key.queueId);
  row.bind(1, key.epoch);
  row.bind(2, key.position);
  return row.step() ? ChainId{key.queueId, row.integer(0), row.integer(1)} : ChainId{};
}

/// Chains that began before this one and ended after it had begun: it may have waited behind them.
void readAhead(const Database& database, const Case& all, ChainDetail& chain) {
  const QueueInfo* queue = all.queue(chain.key.queueId);
  if (queue == nullptr) return;
  Statement rows = database.prepare(
      "SELECT position, start_ns + coalesce(stock_ns, 0), " + causeColumns(" + ") +
      " FROM chain WHERE queue_id = ? AND epoch = ? AND position < ? AND position >= ? ORDER BY position DESC");
  constexpr std::int64_t kLookedAt = 1024;
  rows.bind(0, chain.key.queueId);
  rows.bind(1, chain.key.epoch);
  rows.bind(2, chain.key.position);
  rows.bind(3, chain.key.position - kLookedAt);
  const Ns begin = chain.begin - chain.start;
  while (rows.step()) {
    if (rows.isNull(2)) continue;
    Neighbour neighbour;
    neighbour.key = {chain.key.queueId, chain.key.epoch, rows.integer(0)};
    neighbour.begin = all.axis.toAxis(queue->captureId, rows.integer(1)) - chain.start;
    neighbour.end = neighbour.begin + rows.integer(2);
    if (neighbour.end > begin && neighbour.begin <= begin) chain.ahead.push_back(neighbour);
    if (chain.ahead.size() >= 64) break;
  }
}

PhaseSpan phaseBetween(const StoredChain& chain, Point from, Point to, Ns begin, Ns end) {
  PhaseSpan phase;
  phase.name = phasesText(phasesBetween(from, to));
  phase.from = from;
  phase.to = to;
  phase.begin = begin - chain.row.start;
  phase.end = end - chain.row.start;
  phase.onHost = !onGuestClock(to);
  phase.crossesClocks = onGuestClock(from) != onGuestClock(to);
  return phase;
}

PhaseSpan notCounted(PhaseSpan phase, const char* name) {
  phase.name = name;
  phase.counted = false;
  return phase;
}

/// Without an end there is no latency: what was seen, in the order of time.
std::vector<PhaseSpan> phasesOfEndless(const StoredChain& chain) {
  std::vector<Point> seenPoints;
  for (std::size_t i = 0; i < kPoints; ++i)
    if (const auto point = static_cast<Point>(i); chain.life.has(point)) seenPoints.push_back(point);
  std::stable_sort(seenPoints.begin(), seenPoints.end(),
                   [&](Point a, Point b) { return chain.life.seenAt(a) < chain.life.seenAt(b); });
  std::vector<PhaseSpan> phases;
  for (std::size_t i = 1; i < seenPoints.size(); ++i) {
    const Point from = seenPoints[i - 1], to = seenPoints[i];
    PhaseSpan phase = phaseBetween(chain, from, to, chain.life.seenAt(from), chain.life.seenAt(to));
    phase.counted = false;
    if (from > to) phase.name = "out of order";
    phases.push_back(phase);
  }
  return phases;
}

}  // namespace

Ns ChainDetail::end() const {
  Ns last = kUnseen;
  for (const Ns ns : at)
    if (seen(ns)) last = std::max(last, ns);
  return last;
}

std::vector<PhaseSpan> phasesOf(const StoredChain& chain) {
  const ChainLife& life = chain.life;
  if (!seen(life.end)) return phasesOfEndless(chain);
  std::vector<PhaseSpan> phases;
  // Points of the stock and of the time after the latency were moved to its ends: nothing lies between them.
  const auto within = [&](Point point) { return life.start <= life.seenAt(point) && life.seenAt(point) <= life.end; };
  std::size_t opening = 0;
  if (life.start > life.first) {
    while (opening + 1 < life.count && !within(life.stops[opening].point)) ++opening;
    phases.push_back(notCounted(
        phaseBetween(chain, life.stops[0].point, life.stops[opening].point, life.first, life.start), "stock"));
  }
  Ns last = life.start;
  for (std::size_t i = opening + 1; i < life.count; ++i) {
    const ChainLife::Stop &from = life.stops[i - 1], &to = life.stops[i];
    if (to.at == last && (!within(from.point) || !within(to.point))) continue;
    PhaseSpan phase = phaseBetween(chain, from.point, to.point, last, to.at);
    for (CauseSpan span : chain.spans) {
      if (span.begin < last || span.end > to.at) continue;
      span.begin -= chain.row.start;
      span.end -= chain.row.start;
      phase.causes.push_back(span);
    }
    phases.push_back(std::move(phase));
    last = to.at;
  }
  if (seen(life.reapWait) && life.reapWait > 0)
    phases.push_back(notCounted(phaseBetween(chain, Point::u, Point::C, life.end, life.end + life.reapWait),
                                "waiting to be reaped"));
  return phases;
}

std::optional<ChainDetail> readChainDetail(const Database& database, const Case& all, const ChainId& key) {
  Statement row = database.prepare(chainQuery());
  row.bind(0, key.queueId);
  row.bind(1, key.epoch);
  row.bind(2, key.position);
  const QueueInfo* queue = all.queue(key.queueId);
  if (queue == nullptr || !row.step()) return std::nullopt;
  ChainDetail chain;
  chain.key = key;
  chain.vm = row.text(0);
  chain.device = row.text(1);
  chain.queue = row.text(2);
  chain.transport = row.text(3);
  chain.deviceKind = row.text(4);
  chain.scope = fromWord<Scope>(row.text(5));
  chain.traceStart = row.integer(6);
  chain.start = all.axis.toAxis(queue->captureId, chain.traceStart - all.capture(queue->captureId)->origin);
  chain.total = nsAt(row, 7);
  chain.induced = row.isNull(8) ? 0 : row.integer(8);
  chain.error = nsAt(row, 9);
  chain.stock = nsAt(row, 10);
  chain.reapWait = nsAt(row, 11);
  chain.begin = chain.start + (seen(chain.stock) ? chain.stock : 0);
  chain.flags = row.integer(12);
  chain.points = row.integer(13);
  chain.hostQueueId = row.queueId(14);
  const std::int64_t hostEpoch = row.integer(15);
  chain.hostPosition = row.integer(16);
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    chain.causes[cause] =
        row.isNull(kFirstCause + static_cast<int>(cause)) ? 0 : row.integer(kFirstCause + static_cast<int>(cause));
  chain.at.fill(kUnseen);
  if (chain.scope != Scope::Host) chain.at[0] = 0;
  for (std::size_t point = 1; point < kPoints; ++point)
    chain.at[point] = nsAt(row, kFirstPoint + static_cast<int>(point) - 1);
  if (chain.scope != Scope::Host) readGuestHalf(database, chain);
  if (chain.hostQueueId != kNoQueue) readHostHalf(database, hostEpoch, chain);
  readMisses(database, all, hostEpoch, chain);
  if (const auto stored = all.stored->find(database, key)) chain.phases = phasesOf(*stored);
  chain.previous = beside(database, key, "<", "DESC");
  chain.next = beside(database, key, ">", "ASC");
  readAhead(database, all, chain);
  return chain;
}

}  // namespace descry::gui
