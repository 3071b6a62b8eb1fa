// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/cause_aggregator.hpp"

#include <algorithm>
#include <tuple>

#include "analyzer/aggregate/chain_sums.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

constexpr std::array<std::uint64_t, 3> kPerMille = {500, 990, 999};

}  // namespace

void ValueColumns::add(const std::array<Ns, kSums>& values) {
  const std::size_t index = m_count % kBlock;
  if (index == 0) m_blocks.push_back(std::make_unique_for_overwrite<Block>());
  Block& block = *m_blocks.back();
  for (std::size_t sum = 0; sum < kSums; ++sum) {
    const bool large = values[sum] < 0 || values[sum] >= Ns{kLarge};
    block.columns[sum][index] = large ? kLarge : static_cast<std::uint32_t>(values[sum]);
    if (large) m_large[sum].push_back(values[sum]);
  }
  ++m_count;
}

void ValueColumns::clear() {
  *this = ValueColumns{};
}

struct CauseAggregator::Queue {
  std::string transport;
  DeviceId deviceId = kNoDevice;
  QueueId queueId = kNoQueue;
  Scope scope = Scope::Host;
  bool exact = true;
  std::array<Histogram, kSums> histograms;
  ValueColumns values;
  std::vector<Ns> stuck;  ///< ages of chains that did not come back
};

/// The queues that one transport, device or queue consists of, put together.
struct CauseAggregator::Level {
  CauseTotalRow key;
  Scope scope = Scope::Host;
  bool exact = true;
  std::array<Histogram, kSums> histograms;
  std::vector<const Queue*> queues;
  std::vector<Ns> stuck;

  void include(const Queue& queue) {
    scope = std::max(scope, queue.scope);
    exact = exact && queue.exact;
    for (std::size_t sum = 0; sum < kSums; ++sum) histograms[sum].merge(queue.histograms[sum]);
    queues.push_back(&queue);
    stuck.insert(stuck.end(), queue.stuck.begin(), queue.stuck.end());
  }

  CauseTotalRow row(std::size_t sum, std::size_t exactLimit) const {
    CauseTotalRow row = key;
    row.cause = kSumNames[sum];
    row.scope = wordOf(scope);
    row.chains = static_cast<std::int64_t>(histograms[sum].count());
    row.total = histograms[sum].total();
    row.exact = exact && histograms[sum].count() <= exactLimit;
    // Of a chain that is stuck only the latency is known, and only that it is longer than its age.
    const std::vector<Ns>& more = sum == 0 ? stuck : kNone;
    row.stuck = static_cast<std::int64_t>(more.size());
    Histogram histogram = histograms[sum];
    for (const Ns age : more) histogram.add(age);
    row.max = histogram.max();
    const auto percentiles = row.exact ? orderStatistics(sum, histogram, more) : estimates(histogram);
    row.p50 = percentiles[0];
    row.p99 = percentiles[1];
    row.p999 = percentiles[2];
    return row;
  }

 private:
  using Percentiles = std::array<Ns, kPerMille.size()>;
  static inline const std::vector<Ns> kNone;

  static Percentiles estimates(const Histogram& histogram) {
    Percentiles result{};
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = histogram.valueAt(rankOf(histogram.count(), kPerMille[i]));
    return result;
  }

  // The histogram says in which bucket each rank lies; only that bucket's few values need to be put in order.
  Percentiles orderStatistics(std::size_t sum, const Histogram& histogram, const std::vector<Ns>& more) const {
    struct Search {
      Ns above = 0, upTo = 0;
      std::uint64_t rank = 0;
      std::vector<Ns> found;
    };
    std::array<Search, kPerMille.size()> searches;
    for (std::size_t i = 0; i < searches.size(); ++i) {
      const std::uint64_t rank = rankOf(histogram.count(), kPerMille[i]);
      const Histogram::Place place = histogram.placeOf(rank);
      if (place.bucket == Histogram::kZeroBucket) continue;  // upTo = 0 finds nothing: the result stays 0
      searches[i] = {Histogram::floorOf(place.bucket), Histogram::floorOf(place.bucket + 1), rank - place.below, {}};
    }
    const auto look = [&](Ns value) {
      for (Search& search : searches)
        if (value > search.above && value <= search.upTo) search.found.push_back(value);
    };
    for (const Queue* queue : queues) queue->values.forEach(sum, look);
    for (const Ns value : more) look(value);
    Percentiles result{};
    for (std::size_t i = 0; i < searches.size(); ++i) {
      if (searches[i].upTo == 0) continue;
      const auto nth = searches[i].found.begin() + static_cast<std::ptrdiff_t>(searches[i].rank);
      std::nth_element(searches[i].found.begin(), nth, searches[i].found.end());
      result[i] = *nth;
    }
    return result;
  }
};

CauseAggregator::CauseAggregator(std::size_t exactLimit) : m_exactLimit(exactLimit) {}
CauseAggregator::~CauseAggregator() = default;

CauseAggregator::Queue& CauseAggregator::queueOf(const Group& group) {
  if (m_last != nullptr && m_last->queueId == group.queueId) return *m_last;
  auto& queue = m_queues[group.queueId];
  if (!queue) {
    queue = std::make_unique<Queue>();
    queue->transport = group.transport;
    queue->deviceId = group.deviceId;
    queue->queueId = group.queueId;
  }
  m_last = queue.get();
  return *queue;
}

void CauseAggregator::add(const Group& group, const ChainRow& chain) {
  Queue& queue = queueOf(group);
  // One chain seen from both sides makes the level's latency span both.
  queue.scope = std::max(queue.scope, group.scope);

  const std::array<Ns, kSums> values = sumsOf(chain);
  for (std::size_t sum = 0; sum < kSums; ++sum) queue.histograms[sum].add(values[sum]);

  if (!queue.exact) return;
  if (queue.values.count() >= m_exactLimit) {
    m_kept -= queue.values.count();
    queue.values.clear();
    queue.exact = false;
    return;
  }
  queue.values.add(values);
  if (++m_kept > 4 * m_exactLimit) limitMemory();
}

const Histogram* CauseAggregator::latenciesOf(QueueId queueId) const {
  const auto found = m_queues.find(queueId);
  return found == m_queues.end() ? nullptr : &found->second->histograms.front();
}

void CauseAggregator::addStuck(QueueId queueId, Ns age) {
  if (const auto found = m_queues.find(queueId); found != m_queues.end()) found->second->stuck.push_back(age);
}

void CauseAggregator::limitMemory() {
  const auto kept = [](const auto& entry) { return entry.second->values.count(); };
  const auto largest = std::max_element(m_queues.begin(), m_queues.end(),
                                        [&](const auto& a, const auto& b) { return kept(a) < kept(b); });
  Queue& queue = *largest->second;
  m_kept -= queue.values.count();
  queue.values.clear();
  queue.exact = false;
}

void CauseAggregator::write(Database& database) {
  std::map<std::tuple<std::string, std::string, DeviceId, QueueId>, Level> levels;
  const auto include = [&](const char* name, const Queue& queue, DeviceId deviceId, QueueId queueId) {
    Level& level = levels[{name, queue.transport, deviceId, queueId}];
    level.key.level = name;
    level.key.transport = queue.transport;
    level.key.deviceId = deviceId;
    level.key.queueId = queueId;
    level.include(queue);
  };

  // What only the host saw spans less of a life: beside whole ones it would blur a transport's percentiles.
  std::map<std::string, Scope> widest;
  for (const auto& [queueId, queue] : m_queues)
    widest[queue->transport] = std::max(widest[queue->transport], queue->scope);

  TableWriter<CauseHistogramRow> histograms(database);
  for (const auto& [queueId, queue] : m_queues) {
    const bool hostOnlyBesideMore = queue->scope == Scope::Host && widest[queue->transport] > queue->scope;
    if (!hostOnlyBesideMore) include("transport", *queue, kNoDevice, kNoQueue);
    include("device", *queue, queue->deviceId, kNoQueue);
    include("queue", *queue, queue->deviceId, queueId);
    for (std::size_t sum = 0; sum < kSums; ++sum) {
      queue->histograms[sum].forEach([&, id = queueId](int bucket, std::uint64_t count) {
        histograms.add({id, std::string(kSumNames[sum]), bucket, static_cast<std::int64_t>(count)});
      });
    }
  }
  histograms.flush();

  TableWriter<CauseTotalRow> totals(database);
  for (const auto& [key, level] : levels)
    for (std::size_t sum = 0; sum < kSums; ++sum) totals.add(level.row(sum, m_exactLimit));
  totals.flush();
}

}  // namespace descry
