// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/chain_detail.hpp"

#include <algorithm>

#include "schemas/store/table_io.hpp"

namespace descry::gui {

namespace {

Ns nsAt(const Statement& row, int column) {
  return row.isNull(column) ? kUnseen : row.integer(column);
}

// Point columns of chain_view in the order of Point, after Q.
constexpr const char* kQuery =
    "SELECT vm, device, queue_name, transport, device_kind, scope, start_ns, total_ns, iotlb_induced_ns, "
    "cross_error_ns,"
    " stock_ns, reap_wait_ns, flags, points, host_queue_id, host_epoch, host_position,"
    " iotlb_ns, swiotlb_ns, ring_ns, notification_ns, backend_ns, unattributed_ns,"
    " m_ns, a_ns, k_ns, n_ns, host_k_ns, w_ns, t_ns, f_ns, p_ns, u_ns, s_ns, i_ns, d_ns, r_ns, c_ns"
    " FROM chain_view WHERE queue_id = ? AND epoch = ? AND position = ?";
constexpr int kFirstCause = 17, kFirstPoint = 23;

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
  if (queue == nullptr || chain.hostQueueId == 0 || queue->hostCaptureId == 0) return;
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

ChainKey beside(const Database& database, const ChainKey& key, const char* comparison, const char* order) {
  Statement row = database.prepare(std::string("SELECT epoch, position FROM chain WHERE queue_id = ? AND "
                                               "(epoch, position) ") +
                                   comparison + " (?, ?) ORDER BY epoch " + order + ", position " + order + " LIMIT 1");
  row.bind(0, key.queueId);
  row.bind(1, key.epoch);
  row.bind(2, key.position);
  return row.step() ? ChainKey{key.queueId, row.integer(0), row.integer(1)} : ChainKey{};
}

/// Chains that began before this one and ended after it had begun: it may have waited behind them.
void readAhead(const Database& database, const Case& all, ChainDetail& chain) {
  const QueueInfo* queue = all.queue(chain.key.queueId);
  if (queue == nullptr) return;
  Statement rows = database.prepare(
      "SELECT position, start_ns + coalesce(stock_ns, 0),"
      " iotlb_ns + swiotlb_ns + ring_ns + notification_ns + backend_ns + unattributed_ns FROM chain"
      " WHERE queue_id = ? AND epoch = ? AND position < ? AND position >= ? ORDER BY position DESC");
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

struct PhaseName {
  const char* name;
  Cause cause;
};
// The phase that ends at each point, in the order of Point; received packets start at n.
constexpr std::array<PhaseName, kPoints> kPhaseTo = {{{"", Cause::Unattributed},
                                                      {"prepare", Cause::Ring},
                                                      {"publish", Cause::Ring},
                                                      {"doorbell", Cause::Ring},
                                                      {"stock", Cause::Ring},
                                                      {"exit", Cause::Notification},
                                                      {"wakeup", Cause::Notification},
                                                      {"wait", Cause::Ring},
                                                      {"stall", Cause::Iotlb},
                                                      {"service", Cause::Backend},
                                                      {"report", Cause::Ring},
                                                      {"signal", Cause::Notification},
                                                      {"inject", Cause::Notification},
                                                      {"reap", Cause::Ring},
                                                      {"finish", Cause::Ring},
                                                      {"finish", Cause::Ring}}};

Cause causeOf(const ChainDetail& chain, std::size_t first, std::size_t last, Ns length) {
  const auto largest = [&](Ns value) { return seen(value) && value * 2 > length; };
  const auto lost = [&](Cause cause) { return chain.causes[static_cast<std::size_t>(cause)] > 0; };
  if (first == 1 && last <= 3 && largest(chain.swiotlbOut)) return Cause::Swiotlb;
  if (first == 1 && last <= 3 && largest(chain.iommuMap)) return Cause::Iotlb;
  if (last >= 14 && largest(chain.swiotlbIn)) return Cause::Swiotlb;
  if (last >= 14 && largest(chain.iommuUnmap)) return Cause::Iotlb;
  if (last == 7 && chain.induced * 2 > length) return Cause::Iotlb;
  if (first == 4 && last > 4) ++first;  // n lies beside the line of a transmitted chain
  const Cause cause = kPhaseTo[first].cause;
  for (std::size_t i = first; i <= last; ++i) {
    if (i == 4 && last != 4) continue;
    const Cause own = kPhaseTo[i].cause;
    if (own == Cause::Backend) return Cause::Backend;  // fetch to used is the device's where nobody saw it finish
    if (own != cause && i > first) {
      // Driver work up to a pickup that nobody announced is ring; anything else stays open.
      const bool ringLike = lost(Cause::Ring) && !lost(Cause::Unattributed);
      return ringLike ? Cause::Ring : Cause::Unattributed;
    }
  }
  if (cause == Cause::Iotlb && !lost(Cause::Iotlb)) return Cause::Ring;
  return cause;
}

}  // namespace

Ns ChainDetail::end() const {
  Ns last = kUnseen;
  for (const Ns ns : at)
    if (seen(ns)) last = std::max(last, ns);
  return last;
}

std::vector<PhaseSpan> phasesOf(const ChainDetail& chain) {
  std::vector<std::size_t> stops;
  for (std::size_t point = 0; point < kPoints; ++point)
    if (seen(chain.at[point])) stops.push_back(point);
  std::stable_sort(stops.begin(), stops.end(), [&](std::size_t a, std::size_t b) { return chain.at[a] < chain.at[b]; });
  const Ns begin = chain.begin - chain.start;
  std::vector<PhaseSpan> result;
  for (std::size_t i = 1; i < stops.size(); ++i) {
    const std::size_t from = stops[i - 1], to = stops[i];
    PhaseSpan span;
    span.from = kPointNames[from];
    span.to = kPointNames[to];
    span.begin = chain.at[from];
    span.end = chain.at[to];
    span.onHost = !onGuestClock(static_cast<Point>(to));
    span.crossesClocks = onGuestClock(static_cast<Point>(from)) != onGuestClock(static_cast<Point>(to));
    const Ns length = span.end - span.begin;
    if (from < to) {
      for (std::size_t point = from + 1; point <= to; ++point) {
        if (point == 4 && to != 4) continue;
        const std::string name = kPhaseTo[point].name;
        if (span.name.size() >= name.size() && span.name.ends_with(name)) continue;
        span.name += (span.name.empty() ? "" : "+") + name;
      }
      span.cause = causeOf(chain, from + 1, to, length);
    } else {
      span.name = "out of order";
    }
    if (span.end <= begin && seen(chain.stock) && chain.stock > 0) {
      span.counted = false;
      span.name = "stock";
    }
    if (seen(chain.total) && span.begin >= begin + chain.total && length > 0) {
      span.counted = false;
      span.name = "waiting to be reaped";
    }
    result.push_back(span);
  }
  return result;
}

std::optional<ChainDetail> readChainDetail(const Database& database, const Case& all, const ChainKey& key) {
  Statement row = database.prepare(kQuery);
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
  chain.scope = row.text(5);
  chain.traceStart = row.integer(6);
  chain.start = all.axis.toAxis(queue->captureId, chain.traceStart - all.capture(queue->captureId)->originNs);
  chain.total = nsAt(row, 7);
  chain.induced = row.isNull(8) ? 0 : row.integer(8);
  chain.error = nsAt(row, 9);
  chain.stock = nsAt(row, 10);
  chain.reapWait = nsAt(row, 11);
  chain.begin = chain.start + (seen(chain.stock) ? chain.stock : 0);
  chain.flags = row.integer(12);
  chain.points = row.integer(13);
  chain.hostQueueId = row.integer(14);
  const std::int64_t hostEpoch = row.integer(15);
  chain.hostPosition = row.integer(16);
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    chain.causes[cause] =
        row.isNull(kFirstCause + static_cast<int>(cause)) ? 0 : row.integer(kFirstCause + static_cast<int>(cause));
  chain.at.fill(kUnseen);
  if (chain.scope != "host") chain.at[0] = 0;
  for (std::size_t point = 1; point < kPoints; ++point)
    chain.at[point] = nsAt(row, kFirstPoint + static_cast<int>(point) - 1);
  if (chain.scope != "host") readGuestHalf(database, chain);
  if (chain.hostQueueId != 0) readHostHalf(database, hostEpoch, chain);
  readMisses(database, all, hostEpoch, chain);
  chain.phases = phasesOf(chain);
  chain.previous = beside(database, key, "<", "DESC");
  chain.next = beside(database, key, ">", "ASC");
  readAhead(database, all, chain);
  return chain;
}

}  // namespace descry::gui
