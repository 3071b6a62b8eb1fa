// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/tile.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "schemas/store/table_io.hpp"

namespace descry::gui {

namespace {

constexpr double kChainsPerPixel = 1;
constexpr std::size_t kRoomyLanes = 4;  // more lanes than these share what can be read in a moment
constexpr std::int64_t kMostChains = 4'000;
constexpr std::int64_t kMostMarks = 4'000;

struct Stretch {
  std::int64_t chains = 0;
  std::int64_t firstEpoch = 0, firstPosition = 0, lastEpoch = 0, lastPosition = 0;
};

class LaneReader {
 public:
  LaneReader(const Database& database, const Case& all, const QueueInfo& queue, const TimeRange& range,
             double nsPerPixel, std::size_t lanes)
      : m_database(database), m_case(all), m_queue(queue), m_range(range), m_nsPerPixel(nsPerPixel), m_lanes(lanes) {
    m_begin = all.axis.fromAxis(queue.captureId, range.begin);
    m_end = all.axis.fromAxis(queue.captureId, range.end);
  }

  TileLane read() {
    TileLane lane;
    lane.queueId = m_queue.queueId;
    const int wanted = std::clamp(Viewport{0, m_nsPerPixel, 1}.level(), m_queue.baseLevel, m_queue.topLevel);
    const double pixels = static_cast<double>(m_range.length()) / m_nsPerPixel;
    const double most = std::min<double>(static_cast<double>(kMostChains), kChainsPerPixel * pixels) *
                        std::min(1.0, static_cast<double>(kRoomyLanes) / static_cast<double>(m_lanes));
    // Far out the buckets themselves say that there are too many.
    lane.level = wanted;
    readBuckets(lane, wanted);
    std::int64_t chains = 0;
    for (const TileBucket& bucket : lane.buckets) chains += bucket.chains + bucket.incomplete;
    if (static_cast<double>(chains) > most) return lane;
    lane.near = true;
    lane.buckets.clear();
    readChains(lane);
    assignRows(lane);
    readMarks(lane);
    return lane;
  }

 private:
  Ns onAxis(Ns ns) const { return m_case.axis.toAxis(m_queue.captureId, ns); }

  void readBuckets(TileLane& lane, int level) const {
    TableReader<TimelineBucketRow> rows(m_database,
                                        "WHERE queue_id = ? AND level = ? AND bucket BETWEEN ? AND ? ORDER BY bucket");
    rows.statement().bind(0, m_queue.queueId);
    rows.statement().bind(1, std::int64_t{level});
    rows.statement().bind(2, (m_begin >> level) - 1);
    rows.statement().bind(3, m_end >> level);
    for (TimelineBucketRow row; rows.next(row);) {
      TileBucket bucket;
      bucket.begin = onAxis(row.bucket << level);
      bucket.end = onAxis((row.bucket + 1) << level);
      bucket.chains = row.chains;
      bucket.incomplete = row.incomplete;
      bucket.suspect = row.suspect;
      bucket.causes = row.causes.ns;
      bucket.worst = row.worst;
      bucket.worstChain = {row.queueId, row.worstEpoch, row.worstPosition};
      lane.buckets.push_back(bucket);
    }
  }

  /// The keys of the chains that began in the range, or long enough before to reach into it.
  std::vector<Stretch> stretches() const {
    Statement rows = m_database.prepare(
        "SELECT bucket, first_epoch, first_position, last_epoch, last_position, worst_ns, worst_epoch, worst_position"
        " FROM timeline_bucket WHERE queue_id = ? AND level = ? AND bucket BETWEEN ? AND ? ORDER BY bucket");
    const int level = m_queue.baseLevel;
    const Ns before = std::max<Ns>(m_end - m_begin, Ns{1} << level) * 4;
    rows.bind(0, m_queue.queueId);
    rows.bind(1, std::int64_t{level});
    rows.bind(2, (m_begin - before) >> level);
    rows.bind(3, m_end >> level);
    std::vector<Stretch> result;
    Stretch inside;
    bool any = false;
    while (rows.step()) {
      const std::int64_t bucket = rows.integer(0);
      const bool begins = bucket >= (m_begin >> level);
      const bool reaches = ((bucket + 1) << level) + rows.integer(5) > m_begin;
      if (!begins && !reaches) continue;
      if (!begins && bucket < (m_begin >> level) - 4) {
        // Far before: of such a bucket only the longest chain is followed.
        result.push_back({1, rows.integer(6), rows.integer(7), rows.integer(6), rows.integer(7)});
        continue;
      }
      const Stretch row{0, rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4)};
      if (!any) inside = row;
      any = true;
      std::tie(inside.firstEpoch, inside.firstPosition) =
          std::min(std::tuple(inside.firstEpoch, inside.firstPosition), std::tuple(row.firstEpoch, row.firstPosition));
      std::tie(inside.lastEpoch, inside.lastPosition) =
          std::max(std::tuple(inside.lastEpoch, inside.lastPosition), std::tuple(row.lastEpoch, row.lastPosition));
    }
    if (result.size() > 200) result.erase(result.begin(), result.end() - 200);
    if (any) result.push_back(inside);
    return result;
  }

  void readChains(TileLane& lane) const {
    for (const Stretch& stretch : stretches())
      m_case.stored->forEach(m_database, {m_queue.queueId, stretch.firstEpoch, stretch.firstPosition},
                             {m_queue.queueId, stretch.lastEpoch, stretch.lastPosition},
                             [&](const StoredChain& stored) {
                               TileChain chain = chainOf(stored);
                               if (chain.begin < m_range.end && chain.end() > m_range.begin)
                                 lane.chains.push_back(std::move(chain));
                             });
    std::sort(lane.chains.begin(), lane.chains.end(),
              [](const TileChain& a, const TileChain& b) { return a.key < b.key; });
    const auto same = [](const TileChain& a, const TileChain& b) { return a.key == b.key; };
    lane.chains.erase(std::unique(lane.chains.begin(), lane.chains.end(), same), lane.chains.end());
  }

  TileChain chainOf(const StoredChain& stored) const {
    const ChainRow& row = stored.row;
    TileChain chain;
    chain.key = {m_queue.queueId, row.epoch, row.position};
    chain.start = onAxis(row.start);
    chain.begin = chain.start + (seen(row.stock) ? row.stock : 0);
    chain.flags = row.flags;
    chain.error = row.crossError;
    const Ns shift = chain.start - row.start;
    for (std::size_t point = 0; point < kPoints; ++point) {
      const Ns at = stored.life.seenAt(static_cast<Point>(point));
      chain.at[point] = seen(at) ? at + shift : kUnseen;
    }
    if ((row.flags & kIncomplete) != 0) return chain;
    chain.spans = stored.spans;
    chain.total = 0;
    for (CauseSpan& span : chain.spans) {
      span.begin += shift;
      span.end += shift;
      chain.causes[static_cast<std::size_t>(span.cause)] += span.length();
      chain.total += span.length();
    }
    return chain;
  }

  /// Each chain gets the first row that is free when it begins; where none is, the one that is free next.
  static void assignRows(TileLane& lane) {
    std::vector<TileChain*> byBegin;
    for (TileChain& chain : lane.chains) byBegin.push_back(&chain);
    std::stable_sort(byBegin.begin(), byBegin.end(),
                     [](const TileChain* a, const TileChain* b) { return a->begin < b->begin; });
    std::vector<Ns> freeAt;
    for (TileChain* chain : byBegin) {
      auto row = std::find_if(freeAt.begin(), freeAt.end(), [&](Ns ns) { return ns <= chain->begin; });
      if (row == freeAt.end() && freeAt.size() < kMostRows) row = freeAt.insert(row, 0);
      if (row == freeAt.end()) row = std::min_element(freeAt.begin(), freeAt.end());
      *row = std::max(*row, chain->end());
      chain->row = static_cast<int>(row - freeAt.begin());
    }
    while (lane.rows < static_cast<int>(freeAt.size())) lane.rows *= 2;
  }

  void readMarks(TileLane& lane) const {
    addChainMarks(lane);
    addBounces(lane);
    if (m_queue.captureId != m_queue.hostCaptureId) addRare(lane, m_queue.queueId, m_queue.captureId, false);
    for (const QueueId hostQueue : m_queue.hostQueueIds) {
      addRare(lane, hostQueue, m_queue.hostCaptureId, true);
      addMisses(lane, hostQueue);
    }
    if (m_queue.hostCaptureId != 0) addTableChanges(lane);
    std::sort(lane.marks.begin(), lane.marks.end(), [](const TileMark& a, const TileMark& b) {
      return std::tie(a.kind, a.onHost, a.at) < std::tie(b.kind, b.onHost, b.at);
    });
    const auto same = [](const TileMark& a, const TileMark& b) {
      return a.kind == b.kind && a.onHost == b.onHost && a.at == b.at;
    };
    lane.marks.erase(std::unique(lane.marks.begin(), lane.marks.end(), same), lane.marks.end());
  }

  // One doorbell or interrupt stands for many chains: equal times are made one afterwards.
  static void addChainMarks(TileLane& lane) {
    const auto add = [&](const TileChain& chain, Point point, MarkKind kind, bool onHost) {
      const Ns at = chain.at[static_cast<std::size_t>(point)];
      if (seen(at)) lane.marks.push_back({kind, at, onHost});
    };
    for (const TileChain& chain : lane.chains) {
      add(chain, Point::K, MarkKind::Doorbell, false);
      add(chain, Point::k, MarkKind::Doorbell, true);
      add(chain, Point::I, MarkKind::Interrupt, false);
      add(chain, Point::s, MarkKind::Interrupt, true);
    }
  }

  /// Where bounces lie inside add and get was not recorded, only how long they took: out ends with the last mapping,
  /// back begins with the first unmapping.
  void addBounces(TileLane& lane) const {
    if (lane.chains.empty() || m_queue.onHost) return;
    Statement rows = m_database.prepare(
        "SELECT epoch, position, swiotlb_out_ns, bounce_bytes, swiotlb_in_ns, copy_back_bytes FROM guest_half"
        " WHERE queue_id = ? AND (epoch, position) >= (?, ?) AND (epoch, position) <= (?, ?)"
        " AND (swiotlb_out_ns > 0 OR swiotlb_in_ns > 0) LIMIT ?");
    const ChainId &first = lane.chains.front().key, &last = lane.chains.back().key;
    rows.bind(0, first);
    rows.bind(3, last.epoch);
    rows.bind(4, last.position);
    rows.bind(5, kMostMarks);
    while (rows.step()) {
      const ChainId key{m_queue.queueId, rows.integer(0), rows.integer(1)};
      const auto chain = std::lower_bound(lane.chains.begin(), lane.chains.end(), key,
                                          [](const TileChain& a, const ChainId& b) { return a.key < b; });
      if (chain == lane.chains.end() || !(chain->key == key)) continue;
      const auto add = [&](Point point, int column, bool before) {
        const Ns at = chain->at[static_cast<std::size_t>(point)], took = rows.integer(column);
        if (!seen(at) || took <= 0) return;
        TileMark mark{MarkKind::Bounce, before ? at - took : at, false};
        mark.length = took;
        if (!rows.isNull(column + 1)) mark.bytes = rows.integer(column + 1);
        lane.marks.push_back(mark);
      };
      add(Point::M, 2, true);
      add(Point::D, 4, false);
    }
  }

  void addRare(TileLane& lane, QueueId queueId, std::int64_t captureId, bool onHost) const {
    for (const auto& [table, kind] : {std::pair{"doorbell", MarkKind::Doorbell}, {"interrupt", MarkKind::Interrupt}}) {
      Statement rows = m_database.prepare(std::string("SELECT ns FROM ") + table +
                                          " WHERE queue_id = ? AND ns BETWEEN ? AND ? LIMIT ?");
      rows.bind(0, queueId);
      rows.bind(1, m_case.axis.fromAxis(captureId, m_range.begin));
      rows.bind(2, m_case.axis.fromAxis(captureId, m_range.end));
      rows.bind(3, kMostMarks);
      while (rows.step()) lane.marks.push_back({kind, m_case.axis.toAxis(captureId, rows.integer(0)), onHost});
    }
  }

  void addMisses(TileLane& lane, QueueId hostQueue) const {
    Statement rows = m_database.prepare(
        "SELECT raised_ns, retried_ns, updated_ns, iova, granted_bytes FROM iotlb_miss WHERE queue_id = ?"
        " AND raised_ns BETWEEN ? AND ? LIMIT ?");
    rows.bind(0, hostQueue);
    rows.bind(1, m_case.axis.fromAxis(m_queue.hostCaptureId, m_range.begin));
    rows.bind(2, m_case.axis.fromAxis(m_queue.hostCaptureId, m_range.end));
    rows.bind(3, kMostMarks);
    while (rows.step()) {
      TileMark mark{MarkKind::Miss, m_case.axis.toAxis(m_queue.hostCaptureId, rows.integer(0)), true};
      mark.iova = static_cast<std::uint64_t>(rows.integer(3));
      if (!rows.isNull(4)) mark.bytes = rows.integer(4);
      const int until = !rows.isNull(1) ? 1 : 2;
      if (!rows.isNull(until)) mark.length = rows.integer(until) - rows.integer(0);
      lane.marks.push_back(mark);
    }
  }

  void addTableChanges(TileLane& lane) const {
    Statement rows = m_database.prepare(
        "SELECT ns, kind, iova, bytes FROM iotlb_event WHERE capture_id = ? AND ns BETWEEN ? AND ? LIMIT ?");
    rows.bind(0, m_queue.hostCaptureId);
    rows.bind(1, m_case.axis.fromAxis(m_queue.hostCaptureId, m_range.begin));
    rows.bind(2, m_case.axis.fromAxis(m_queue.hostCaptureId, m_range.end));
    rows.bind(3, kMostMarks);
    while (rows.step()) {
      TileMark mark{rows.text(1) == "update" ? MarkKind::Update : MarkKind::Invalidate,
                    m_case.axis.toAxis(m_queue.hostCaptureId, rows.integer(0)), true};
      mark.iova = static_cast<std::uint64_t>(rows.integer(2));
      if (!rows.isNull(3)) mark.bytes = rows.integer(3);
      lane.marks.push_back(mark);
    }
  }

  const Database& m_database;
  const Case& m_case;
  const QueueInfo& m_queue;
  TimeRange m_range;
  double m_nsPerPixel;
  std::size_t m_lanes;
  Ns m_begin = 0, m_end = 0;  ///< on the clock of the queue's capture
};

}  // namespace

Ns TileChain::lastPoint() const {
  Ns last = start + 1;
  for (const Ns ns : at)
    if (seen(ns)) last = std::max(last, ns);
  return last;
}

const TileLane* Tile::lane(QueueId queueId) const {
  for (const TileLane& each : lanes)
    if (each.queueId == queueId) return &each;
  return nullptr;
}

bool Tile::serves(const Viewport& viewport) const {
  const TimeRange shown = viewport.range();
  // A quarter more or less is still within one to four buckets per pixel.
  const double ratio = viewport.nsPerPixel / nsPerPixel;
  return range.begin <= shown.begin && shown.end <= range.end && ratio > 0.7 && ratio < 1.5;
}

TimeRange tileRange(const Viewport& viewport) {
  const TimeRange shown = viewport.range();
  const Ns length = std::max<Ns>(shown.length(), 1);
  return {shown.begin - length, shown.end + length};
}

Tile readTile(const Database& database, const Case& all, const std::vector<QueueId>& queues, const TimeRange& range,
              double nsPerPixel) {
  Tile tile{range, nsPerPixel, {}, {}};
  for (const QueueId id : queues)
    if (const QueueInfo* queue = all.queue(id); queue != nullptr && queue->baseLevel >= 0)
      tile.lanes.push_back(LaneReader(database, all, *queue, range, nsPerPixel, queues.size()).read());
  return tile;
}

Selection narrowing(const Selection& selection) {
  Selection wanted;
  wanted.expression = selection.expression;
  wanted.latency = selection.latency;
  wanted.side = selection.side;
  return wanted;
}

void narrowTile(const Database& database, const Case& all, const Selection& wanted, Tile& tile) {
  tile.narrowedBy = wanted;
  for (TileLane& lane : tile.lanes) {
    const QueueInfo* queue = all.queue(lane.queueId);
    for (TileChain& chain : lane.chains) chain.fits = false;
    Selection here = wanted;
    here.queues = {lane.queueId};
    // A chain that reaches into the range began before it.
    const Ns begin = lane.near && !lane.chains.empty()
                         ? std::min_element(lane.chains.begin(), lane.chains.end(),
                                            [](const auto& a, const auto& b) { return a.begin < b.begin; })
                               ->begin
                     : lane.buckets.empty() ? tile.range.begin
                                            : lane.buckets.front().begin;
    here.time = TimeRange{std::min(begin, tile.range.begin), tile.range.end};
    std::map<std::int64_t, TileBucket> buckets;
    scanChains(database, all, here, [&](const ChainFact& fact) {
      if (lane.near) {
        const auto chain = std::lower_bound(lane.chains.begin(), lane.chains.end(), fact.key,
                                            [](const TileChain& a, const ChainId& b) { return a.key < b; });
        if (chain != lane.chains.end() && chain->key == fact.key) chain->fits = true;
        return true;
      }
      if (!seen(fact.total)) return true;
      const std::int64_t number = all.axis.fromAxis(queue->captureId, fact.begin) >> lane.level;
      TileBucket& bucket = buckets[number];
      ++bucket.chains;
      for (std::size_t cause = 0; cause < kCauses; ++cause) bucket.causes[cause] += fact.causes[cause];
      if (fact.total > bucket.worst || !bucket.worstChain.valid()) {
        bucket.worst = fact.total;
        bucket.worstChain = fact.key;
      }
      return true;
    });
    for (auto& [number, bucket] : buckets) {
      bucket.begin = all.axis.toAxis(queue->captureId, number << lane.level);
      bucket.end = all.axis.toAxis(queue->captureId, (number + 1) << lane.level);
      lane.fitting.push_back(bucket);
    }
  }
}

}  // namespace descry::gui
