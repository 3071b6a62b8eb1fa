// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/distribution.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "analyzer/aggregate/statistic.hpp"
#include "analyzer/aggregate/timeline_pyramid.hpp"

namespace descry::gui {

namespace {

constexpr std::int64_t kScanned = 400'000;  // chains that are read one by one before the pyramid is good enough

bool onlyQueues(const Selection& selection) {
  Selection rest = selection;
  rest.queues.clear();
  return !rest.narrows();
}

std::string sumName(int cause) {
  return cause == kWholeLatency ? "latency" : std::string(kCauseNames[static_cast<std::size_t>(cause)]);
}

Ns valueOf(const ChainFact& fact, int cause) {
  return cause == kWholeLatency ? fact.total : fact.causes[static_cast<std::size_t>(cause)];
}

/// The analysis' own numbers of a queue.
Spread prepared(const Database& database, const Case& all, const QueueInfo& queue, int cause) {
  Spread spread;
  Statement rows = database.prepare("SELECT bucket, count FROM cause_histogram WHERE queue_id = ? AND cause = ?");
  rows.bind(0, queue.queueId);
  rows.bind(1, std::string_view(sumName(cause)));
  while (rows.step())
    spread.histogram.restore(static_cast<int>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1)));
  for (const LevelRow& level : all.levels) {
    if (level.queueId != queue.queueId) continue;
    const CauseSum& numbers = cause == kWholeLatency ? level.latency : level.causes[static_cast<std::size_t>(cause)];
    spread.histogram.restoreSums(numbers.total, numbers.max);
    spread.p50 = numbers.p50;
    spread.p99 = numbers.p99;
    spread.p999 = numbers.p999;
    spread.exact = level.exact;
  }
  return spread;
}

/// A transport or device that is just these chains has its own percentiles, which may be exact.
void takePercentiles(const Case& all, Distribution& result) {
  for (const LevelRow& level : all.levels) {
    const CauseSum& numbers =
        result.cause == kWholeLatency ? level.latency : level.causes[static_cast<std::size_t>(result.cause)];
    if (level.kind == LevelRow::Kind::Queue || level.chains != result.all.count() ||
        numbers.total != result.all.histogram.total())
      continue;
    std::tie(result.all.p50, result.all.p99, result.all.p999, result.all.exact) =
        std::tuple(numbers.p50, numbers.p99, numbers.p999, level.exact);
  }
}

void finish(Distribution& result) {
  for (const Spread& spread : result.queues) result.all.histogram.merge(spread.histogram);
  if (result.queues.size() == 1) {
    const Spread& only = result.queues.front();
    std::tie(result.all.p50, result.all.p99, result.all.p999, result.all.exact) =
        std::tuple(only.p50, only.p99, only.p999, only.exact);
  } else {
    result.all.estimate();
  }
  std::stable_sort(result.queues.begin(), result.queues.end(),
                   [](const Spread& a, const Spread& b) { return a.count() > b.count(); });
}

double bandValue(Ns ns) {
  return std::log2(static_cast<double>(std::max<Ns>(ns, 1))) * 4;
}

/// The counts of whole queues at one level of timeline_latency.
void readBands(const Database& database, const Case& all, const QueueInfo& queue, Heatmap& map) {
  int level = queue.baseLatencyLevel;
  while (level + 2 <= queue.topLatencyLevel && (Ns{1} << (level + 2)) <= map.step) level += 2;
  Statement rows = database.prepare(
      "SELECT bucket, band, chains FROM timeline_latency WHERE queue_id = ? AND level = ? AND bucket BETWEEN ? AND ?");
  rows.bind(0, queue.queueId);
  rows.bind(1, std::int64_t{level});
  rows.bind(2, all.axis.fromAxis(queue.captureId, map.range.begin) >> level);
  rows.bind(3, all.axis.fromAxis(queue.captureId, map.range.end) >> level);
  while (rows.step()) {
    const Ns begin = all.axis.toAxis(queue.captureId, rows.integer(0) << level);
    const Ns end = all.axis.toAxis(queue.captureId, (rows.integer(0) + 1) << level);
    const auto first = std::clamp<Ns>((begin - map.range.begin) / map.step, 0, map.columns - 1);
    const auto last = std::clamp<Ns>((end - 1 - map.range.begin) / map.step, first, map.columns - 1);
    const auto band = std::clamp<std::int64_t>(rows.integer(1) - map.firstBand, 0, map.bands - 1);
    for (Ns column = first; column <= last; ++column)
      map.counts[static_cast<std::size_t>(column * map.bands + band)] +=
          static_cast<double>(rows.integer(2)) / static_cast<double>(last - first + 1);
    map.chains += rows.integer(2);
  }
}

/// Takes the empty bands below the quickest chain away, but for one.
void trimBelow(Heatmap& map) {
  const auto bands = static_cast<std::size_t>(map.bands);
  std::size_t lowest = bands;
  for (std::size_t i = 0; i < map.counts.size(); ++i)
    if (map.counts[i] > 0) lowest = std::min(lowest, i % bands);
  if (lowest == bands || lowest < 2) return;
  const std::size_t gone = lowest - 1;
  std::vector<double> kept;
  kept.reserve(map.counts.size());
  for (std::size_t i = 0; i < map.counts.size(); ++i)
    if (i % bands >= gone) kept.push_back(map.counts[i]);
  map.counts = std::move(kept);
  map.firstBand += static_cast<int>(gone);
  map.bands -= static_cast<int>(gone);
}

}  // namespace

void Spread::estimate() {
  exact = false;
  for (const auto& [perMille, value] : {std::pair{500U, &p50}, {990U, &p99}, {999U, &p999}})
    *value = histogram.count() == 0 ? 0 : histogram.valueAt(rankOf(histogram.count(), perMille));
}

Distribution readDistribution(const Database& database, const Case& all, const Selection& selection, int cause) {
  Distribution result;
  result.cause = cause;
  const bool whole = onlyQueues(selection);
  for (const QueueInfo& queue : all.queues) {
    if (!queue.summed || !selection.hasQueue(queue.queueId)) continue;
    Spread spread;
    if (whole) {
      spread = prepared(database, all, queue, cause);
    } else {
      Selection only = selection;
      only.queues = {queue.queueId};
      std::vector<Ns> values;
      constexpr std::size_t kKept = 1'000'000;
      scanChains(database, all, only, [&](const ChainFact& fact) {
        if (!seen(fact.total)) return true;
        spread.histogram.add(valueOf(fact, cause));
        if (values.size() < kKept) values.push_back(valueOf(fact, cause));
        return true;
      });
      spread.estimate();
      if (!values.empty() && values.size() == spread.histogram.count()) {
        for (const auto& [perMille, value] : {std::pair{500U, &spread.p50}, {990U, &spread.p99}, {999U, &spread.p999}})
          *value = quantileOf(values, perMille);
        spread.exact = true;
      }
    }
    spread.name = queue.title();
    spread.queueId = queue.queueId;
    if (spread.count() > 0) result.queues.push_back(std::move(spread));
  }
  finish(result);
  if (whole && result.queues.size() > 1) takePercentiles(all, result);
  return result;
}

TimeRange heatmapRange(const Case& all, const Selection& selection) {
  std::optional<TimeRange> range;
  for (const QueueInfo& queue : all.queues) {
    if (!queue.summed || !selection.hasQueue(queue.queueId)) continue;
    if (!range) range = queue.range;
    range->begin = std::min(range->begin, queue.range.begin);
    range->end = std::max(range->end, queue.range.end);
  }
  return range.value_or(all.range);
}

Heatmap readHeatmap(const Database& database, const Case& all, const Selection& selection, const TimeRange& range,
                    int columns) {
  Heatmap map;
  map.range = range;
  map.columns = std::max(1, columns);
  map.step = std::max<Ns>(1, range.length() / map.columns + 1);
  Ns slowest = 1000;
  std::int64_t chains = 0;
  for (const QueueInfo& queue : all.queues)
    if (selection.hasQueue(queue.queueId)) chains += queue.complete;
  for (const LevelRow& level : all.levels) slowest = std::max(slowest, level.latency.max);
  map.firstBand = static_cast<int>(std::floor(bandValue(500)));
  map.bands = static_cast<int>(std::ceil(bandValue(slowest))) - map.firstBand + 1;
  map.counts.assign(static_cast<std::size_t>(map.columns) * static_cast<std::size_t>(map.bands), 0.0);
  Selection wanted = selection;
  wanted.time = range;
  wanted.latency.reset();
  Selection rest = selection;
  rest.time.reset();
  rest.latency.reset();
  if (onlyQueues(rest) && chains > kScanned) {
    for (const QueueInfo& queue : all.queues)
      if (queue.summed && selection.hasQueue(queue.queueId) && queue.baseLatencyLevel >= 0)
        readBands(database, all, queue, map);
  } else {
    scanChains(database, all, wanted, [&](const ChainFact& fact) {
      const QueueInfo* queue = all.queue(fact.key.queueId);
      if (!seen(fact.total) || !queue->summed) return true;
      const auto column = std::clamp<Ns>((fact.begin - range.begin) / map.step, 0, map.columns - 1);
      const auto band = std::clamp(TimelinePyramid::bandOf(fact.total) - map.firstBand, 0, map.bands - 1);
      map.counts[static_cast<std::size_t>(column * map.bands + band)] += 1;
      ++map.chains;
      return true;
    });
  }
  for (const double count : map.counts) map.most = std::max(map.most, count);
  trimBelow(map);
  return map;
}

CauseShares readCauseShares(const Database& database, const Case& all, const Selection& selection) {
  CauseShares result;
  if (onlyQueues(selection)) {
    result.touched.fill(0);
    for (const LevelRow& level : all.levels) {
      if (level.kind != LevelRow::Kind::Queue || !selection.hasQueue(level.queueId)) continue;
      result.chains += level.chains;
      result.total += level.latency.total;
      result.induced += level.induced.total;
      for (std::size_t cause = 0; cause < kCauses; ++cause) result.causes[cause] += level.causes[cause].total;
      Statement zeros = database.prepare(
          "SELECT cause, sum(count) FROM cause_histogram WHERE queue_id = ? AND bucket <> ? GROUP BY cause");
      zeros.bind(0, level.queueId);
      zeros.bind(1, std::int64_t{Histogram::kZeroBucket});
      while (zeros.step())
        for (std::size_t cause = 0; cause < kCauses; ++cause)
          if (zeros.text(0) == kCauseNames[cause]) result.touched[cause] += zeros.integer(1);
    }
    return result;
  }
  scanChains(database, all, selection, [&](const ChainFact& fact) {
    if (!seen(fact.total) || !all.queue(fact.key.queueId)->summed) return true;
    ++result.chains;
    result.total += fact.total;
    result.induced += fact.induced;
    for (std::size_t cause = 0; cause < kCauses; ++cause) {
      result.causes[cause] += fact.causes[cause];
      result.touched[cause] += fact.causes[cause] > 0 ? 1 : 0;
    }
    return true;
  });
  return result;
}

std::string selectionSql(const Case& all, const Selection& selection) {
  std::vector<std::string> parts = {"complete"};
  if (!selection.queues.empty()) parts.push_back(fmt::format("queue_id IN ({})", fmt::join(selection.queues, ", ")));
  if (selection.time) {
    std::vector<std::string> times;
    for (const QueueInfo& queue : all.queues) {
      if (!selection.hasQueue(queue.queueId)) continue;
      const Ns origin = all.capture(queue.captureId)->origin;
      const std::string range = fmt::format("start_ns + coalesce(stock_ns, 0) BETWEEN {} AND {}",
                                            all.axis.fromAxis(queue.captureId, selection.time->begin) + origin,
                                            all.axis.fromAxis(queue.captureId, selection.time->end) + origin - 1);
      times.push_back(fmt::format("queue_id = {} AND {}", queue.queueId, range));
    }
    parts.push_back("(" + fmt::format("{}", fmt::join(times, " OR ")) + ")");
  }
  if (selection.latency)
    parts.push_back(fmt::format("total_ns >= {} AND total_ns < {}", selection.latency->begin, selection.latency->end));
  if (selection.causes != 0) {
    std::vector<std::string> any;
    for (std::size_t cause = 0; cause < kCauses; ++cause)
      if ((selection.causes >> cause & 1) != 0) any.push_back(fmt::format("{}_ns > 0", kCauseNames[cause]));
    parts.push_back("(" + fmt::format("{}", fmt::join(any, " OR ")) + ")");
  }
  if (selection.side != SideFilter::Both)
    parts.push_back(selection.side == SideFilter::Guest ? "scope <> 'host'" : "scope <> 'guest'");
  if (!selection.expression.empty()) {
    const Condition condition = parseCondition(selection.expression);
    std::string sql;
    std::size_t next = 0;
    for (const char c : condition.sql) {
      if (c != '?') {
        sql += c;
        continue;
      }
      std::visit(
          [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
              sql += "'";
              for (const char each : value) sql += each == '\'' ? std::string("''") : std::string(1, each);
              sql += "'";
            } else {
              sql += fmt::format("{}", value);
            }
          },
          condition.values[next++]);
    }
    parts.push_back("(" + sql + ")");
  }
  return fmt::format("{}", fmt::join(parts, " AND "));
}

}  // namespace descry::gui
