// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/timeline_pyramid.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "analyzer/aggregate/chain_sums.hpp"
#include "analyzer/aggregate/histogram.hpp"
#include "schemas/model/points.hpp"
#include "schemas/model/slowest.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

constexpr int kFirstLevel = 10;          // 1 us: nothing on a ring is seen apart below that
constexpr std::size_t kFewBuckets = 64;  // a small capture keeps that many, however few its chains
constexpr int kBands = 4 * 48;           // the last one holds everything above three days

void join(TimelineBucketRow& into, const TimelineBucketRow& from) {
  if (from.worst > into.worst || into.chains == 0) {
    into.worst = from.worst;
    into.worstEpoch = from.worstEpoch;
    into.worstPosition = from.worstPosition;
  }
  for (const auto member : {&TimelineBucketRow::chains, &TimelineBucketRow::incomplete, &TimelineBucketRow::suspect})
    into.*member += from.*member;
  for (std::size_t cause = 0; cause < kCauses; ++cause) into.causes[cause] += from.causes[cause];
  if (std::tie(from.firstEpoch, from.firstPosition) < std::tie(into.firstEpoch, into.firstPosition)) {
    into.firstEpoch = from.firstEpoch;
    into.firstPosition = from.firstPosition;
  }
  if (std::tie(from.lastEpoch, from.lastPosition) > std::tie(into.lastEpoch, into.lastPosition)) {
    into.lastEpoch = from.lastEpoch;
    into.lastPosition = from.lastPosition;
  }
}

/// Adds one chain to a bucket that may still be empty.
void count(TimelineBucketRow& bucket, const TimelineBucketRow& chain) {
  if (bucket.chains + bucket.incomplete > 0) return join(bucket, chain);
  const std::int64_t index = bucket.bucket;
  bucket = chain;
  bucket.bucket = index;
}

struct Bands {
  std::int64_t bucket = 0;
  std::array<std::uint32_t, kBands> counts{};
};

void join(Bands& into, const Bands& from) {
  for (std::size_t band = 0; band < into.counts.size(); ++band) into.counts[band] += from.counts[band];
}

/// Buckets in the order of time that join by four when they get more than one per `share` chains.
template <typename Bucket>
class Level {
 public:
  explicit Level(std::size_t share) : m_share(share) {}

  /// Lets `count` add a chain to the bucket of its begin.
  template <typename Count>
  void add(Ns at, const Count& count) {
    ++m_added;
    count(bucketOf(at >> m_level));
    while (m_buckets.size() > std::max(kFewBuckets, m_added / m_share)) coarsen();
  }

  void coarsen() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < m_buckets.size(); ++i) {
      m_buckets[i].bucket >>= 2;
      if (kept > 0 && m_buckets[kept - 1].bucket == m_buckets[i].bucket)
        join(m_buckets[kept - 1], m_buckets[i]);
      else
        m_buckets[kept++] = m_buckets[i];
    }
    m_buckets.resize(kept);
    m_level += 2;
  }

  int level() const { return m_level; }
  const std::vector<Bucket>& buckets() const { return m_buckets; }

 private:
  Bucket& bucketOf(std::int64_t index) {
    const auto before = [](const Bucket& a, std::int64_t b) { return a.bucket < b; };
    auto place = m_buckets.end();
    if (!m_buckets.empty() && m_buckets.back().bucket >= index) {
      place = m_buckets.back().bucket == index ? m_buckets.end() - 1
                                               : std::lower_bound(m_buckets.begin(), m_buckets.end(), index, before);
      if (place->bucket == index) return *place;
    }
    Bucket bucket;
    bucket.bucket = index;
    return *m_buckets.insert(place, bucket);
  }

  std::size_t m_share, m_added = 0;
  int m_level = kFirstLevel;
  std::vector<Bucket> m_buckets;
};

struct Slow {
  Ns ns = 0;
  std::int64_t epoch = 0, position = 0;
  // The heap's top is the quickest of those kept; the key decides between equals.
  bool operator<(const Slow& other) const {
    return std::tuple(-ns, epoch, position) < std::tuple(-other.ns, other.epoch, other.position);
  }
};

void keep(std::vector<Slow>& heap, const Slow& slow) {
  if (slow.ns <= 0 || (heap.size() == kSlowestKept && !(slow < heap.front()))) return;
  if (heap.size() == kSlowestKept) {
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
  }
  heap.push_back(slow);
  std::push_heap(heap.begin(), heap.end());
}

}  // namespace

struct TimelinePyramid::Queue {
  Level<TimelineBucketRow> sums{64};
  Level<Bands> latencies{512};
  std::array<std::vector<Slow>, kSums> slowest;
};

TimelinePyramid::TimelinePyramid() = default;
TimelinePyramid::~TimelinePyramid() = default;

int TimelinePyramid::bandOf(Ns ns) {
  if (ns <= 1) return -1;
  // 32 buckets of the histogram per octave make 4 bands; their edges are among its edges.
  const int bucket = Histogram::bucketOf(ns);
  return std::min(bucket / 8, kBands - 2);
}

void TimelinePyramid::add(const ChainRow& chain) {
  if (m_last == nullptr || m_lastId != chain.queueId) {
    auto& queue = m_queues[chain.queueId];
    if (!queue) queue = std::make_unique<Queue>();
    m_last = queue.get();
    m_lastId = chain.queueId;
  }
  const Ns begin = chain.start + orZero(chain.stock);
  TimelineBucketRow row;
  row.firstEpoch = row.lastEpoch = row.worstEpoch = chain.epoch;
  row.firstPosition = row.lastPosition = row.worstPosition = chain.position;
  if ((chain.flags & kIncomplete) != 0) {
    row.incomplete = 1;
    m_last->sums.add(begin, [&](TimelineBucketRow& bucket) { count(bucket, row); });
    return;
  }
  row.chains = 1;
  row.suspect = (chain.flags & kSuspect) != 0 ? 1 : 0;
  const std::array<Ns, kSums> values = sumsOf(chain);
  row.worst = values[0];
  for (const CauseInfo& info : kCauseTable) row.causes[info.cause] = values[sumOf(info.cause)];
  m_last->sums.add(begin, [&](TimelineBucketRow& bucket) { count(bucket, row); });
  const int slot = bandOf(row.worst) + 1;
  m_last->latencies.add(begin, [&](Bands& bands) { ++bands.counts[static_cast<std::size_t>(slot)]; });

  for (std::size_t sum = 0; sum < kSums; ++sum) keep(m_last->slowest[sum], {values[sum], chain.epoch, chain.position});
}

void TimelinePyramid::write(Database& database) {
  constexpr std::size_t kTop = 8;  // no picture is so small that it needs fewer buckets
  TableWriter<TimelineBucketRow> lods(database);
  TableWriter<TimelineLatencyRow> latencies(database);
  TableWriter<SlowestRow> slowest(database);
  for (auto& [queueId, queue] : m_queues) {
    for (;; queue->sums.coarsen()) {
      for (TimelineBucketRow row : queue->sums.buckets()) {
        row.queueId = queueId;
        row.level = queue->sums.level();
        lods.add(row);
      }
      if (queue->sums.buckets().size() <= kTop) break;
    }
    for (;; queue->latencies.coarsen()) {
      for (const Bands& bands : queue->latencies.buckets())
        for (std::size_t band = 0; band < bands.counts.size(); ++band)
          if (bands.counts[band] != 0)
            latencies.add({queueId, queue->latencies.level(), bands.bucket, static_cast<std::int64_t>(band) - 1,
                           bands.counts[band]});
      if (queue->latencies.buckets().size() <= kTop) break;
    }
    for (std::size_t sum = 0; sum < kSums; ++sum) {
      std::sort_heap(queue->slowest[sum].begin(), queue->slowest[sum].end());
      std::int64_t rank = 0;
      for (const Slow& slow : queue->slowest[sum])
        slowest.add({queueId, std::string(kSumNames[sum]), rank++, slow.epoch, slow.position, slow.ns});
    }
  }
  lods.flush();
  latencies.flush();
  slowest.flush();
}

}  // namespace descry
