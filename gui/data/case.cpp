// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "analyzer/case/outline.hpp"
#include "schemas/model/error.hpp"
#include "schemas/store/table_io.hpp"

namespace descry::gui {

namespace {

/// The chains of all queues, and the time in which they began.
void readExtent(Case& result) {
  bool any = false;
  for (const QueueInfo& queue : result.queues) {
    result.chains += queue.chains;
    result.range.begin = any ? std::min(result.range.begin, queue.range.begin) : queue.range.begin;
    result.range.end = any ? std::max(result.range.end, queue.range.end) : queue.range.end;
    any = true;
  }
}

LevelRow levelOf(const Summary& outline, const LevelSummary& row, LevelRow::Kind kind) {
  LevelRow level;
  level.kind = kind;
  level.transport = level.name = row.transport;
  level.deviceId = row.deviceId;
  level.queueId = row.queueId;
  if (row.device != nullptr) {
    level.vm = row.device->vm;
    level.name = row.device->name;
    level.deviceKind = row.device->kind;
    level.translation = row.device->translation ? wordOf(*row.device->translation) : "";
    level.translationReason = row.device->translationReason.value_or("");
  }
  if (kind == LevelRow::Kind::Queue) level.name = row.queueName;
  level.chains = row.complete;
  level.scope = row.scope;
  level.exact = row.exact;
  level.ticks = outline.countsTicks(row.scope);
  level.latency = row.latency;
  level.induced = row.induced;
  level.causes = row.causes;
  return level;
}

/// The rows of the report as a tree, the costliest first.
void takeLevels(const Summary& outline, Case& result) {
  using Key = std::tuple<LevelRow::Kind, std::string, DeviceId, QueueId>;
  std::map<Key, std::size_t> places;
  for (const auto& [rows, kind] : {std::pair{&outline.transports, LevelRow::Kind::Transport},
                                   {&outline.byDevice, LevelRow::Kind::Device},
                                   {&outline.queues, LevelRow::Kind::Queue}})
    for (const LevelSummary& row : *rows) {
      places[{kind, row.transport, row.deviceId, row.queueId}] = result.levels.size();
      result.levels.push_back(levelOf(outline, row, kind));
    }
  const auto byTime = [&](std::size_t a, std::size_t b) {
    return result.levels[a].latency.total > result.levels[b].latency.total;
  };
  for (const auto& [key, place] : places) {
    const auto& [kind, transport, device, queue] = key;
    if (kind == LevelRow::Kind::Transport) result.transports.push_back(place);
    if (kind == LevelRow::Kind::Device)
      result.levels[places[{LevelRow::Kind::Transport, transport, kNoDevice, kNoQueue}]].below.push_back(place);
    if (kind == LevelRow::Kind::Queue)
      result.levels[places[{LevelRow::Kind::Device, transport, device, kNoQueue}]].below.push_back(place);
  }
  std::sort(result.transports.begin(), result.transports.end(), byTime);
  for (LevelRow& level : result.levels) std::sort(level.below.begin(), level.below.end(), byTime);
}

/// Chains per second of the time in which the level's chains began. A few chains have no rate.
void readRates(Case& result) {
  constexpr std::int64_t kFew = 10;
  for (LevelRow& level : result.levels) {
    TimeRange range;
    bool any = false;
    for (const QueueInfo& queue : result.queues) {
      const bool belongs = level.kind == LevelRow::Kind::Queue    ? queue.queueId == level.queueId
                           : level.kind == LevelRow::Kind::Device ? queue.summed && queue.deviceId == level.deviceId
                                                                  : queue.summed && queue.transport == level.transport;
      if (!belongs) continue;
      range.begin = any ? std::min(range.begin, queue.range.begin) : queue.range.begin;
      range.end = any ? std::max(range.end, queue.range.end) : queue.range.end;
      any = true;
    }
    if (range.length() > 0 && level.chains >= kFew)
      level.perSecond = static_cast<double>(level.chains) * 1e9 / static_cast<double>(range.length());
  }
}

void readStuck(const Database& database, Case& result) {
  Statement rows = database.prepare(
      "SELECT s.queue_id, count(*), max(s.age_ns), c.capture_id, c.last_ns FROM stuck_chain s"
      " JOIN queue q USING (queue_id) JOIN device d USING (device_id) JOIN capture c USING (capture_id)"
      " WHERE s.back = 0 GROUP BY s.queue_id");
  while (rows.step()) {
    const auto onAxis = [&](Ns ns) { return result.axis.toAxis(rows.integer(3), ns); };
    const Ns end = rows.integer(4);
    result.stuck.push_back({rows.queueId(0), rows.integer(1), {onAxis(end - rows.integer(2)), onAxis(end)}});
  }
}

void readHealth(const Database& database, const Summary& outline, Case& result) {
  for (const LossRow& row : readAll<LossRow>(database)) {
    LossSpan loss;
    loss.captureId = row.captureId;
    loss.queueId = seen(row.queueId) ? row.queueId : kNoQueue;
    loss.range = {result.axis.toAxis(row.captureId, row.begin), result.axis.toAxis(row.captureId, row.end)};
    loss.count = row.count;
    loss.reason = row.reason;
    if (seen(row.count)) result.lostEvents += row.count;
    ++result.lossRanges;
    result.losses.push_back(loss);
  }
  for (const AnomalySummary& row : outline.anomalies)
    (row.severity == Doubt::Error  ? result.errors
     : row.severity == Doubt::Info ? result.infos
                                   : result.warnings) += row.count;
  for (const UnpairedSummary& row : outline.unpaired) result.unpaired += row.chains;
}

}  // namespace

double LevelRow::share(std::size_t cause) const {
  return latency.total > 0 ? static_cast<double>(causes[cause].total) / static_cast<double>(latency.total) : 0.0;
}

std::size_t LevelRow::worstCause() const {
  const auto less = [](const CauseSum& a, const CauseSum& b) { return a.total < b.total; };
  return static_cast<std::size_t>(std::max_element(causes.begin(), causes.end(), less) - causes.begin());
}

const QueueInfo* Case::queue(QueueId queueId) const {
  for (const QueueInfo& each : queues)
    if (each.queueId == queueId) return &each;
  return nullptr;
}

const CaptureRow* Case::capture(std::int64_t captureId) const {
  for (const CaptureRow& each : captures)
    if (each.captureId == captureId) return &each;
  return nullptr;
}

const LevelRow* Case::worst(std::size_t& cause) const {
  const LevelRow* worst = nullptr;
  for (const LevelRow& level : levels) {
    if (level.kind != LevelRow::Kind::Queue || level.latency.total == 0) continue;
    const std::size_t own = level.worstCause();
    if (worst == nullptr || level.causes[own].total > worst->causes[cause].total) {
      worst = &level;
      cause = own;
    }
  }
  return worst;
}

bool Case::hasSide(std::string_view side) const {
  return std::any_of(captures.begin(), captures.end(), [&](const CaptureRow& row) { return row.side == side; });
}

Ns Case::clockError() const {
  Ns worst = kUnseen;
  for (const CaptureRow& row : captures)
    if (row.captureId != axis.capture())
      if (const Ns error = axis.error(row.captureId); seen(error)) worst = std::max(worst, error);
  return worst;
}

Case readCase(const Database& database) {
  const std::string path = database.path().string();
  if (!database.queryInteger("SELECT 1 FROM sqlite_schema WHERE name = 'timeline_bucket'"))
    throw Error(
        fmt::format("{}: analysed by an older descry that kept nothing to draw a timeline from; run descry "
                    "analyze {}",
                    path, path));
  Case result;
  result.path = database.path();
  result.file = FileState::of(result.path);
  const Summary outline = readOutline(database);
  result.toolVersion = outline.toolVersion;
  result.captures = outline.captures;
  result.clock = outline.clock;
  result.stored = std::make_shared<const StoredChains>(database);
  result.axis = TimeAxis(result.captures, result.clock, axisCaptureOf(result.captures));
  result.queues = queuesWithChains(database, result.axis);
  readExtent(result);
  takeLevels(outline, result);
  readRates(result);
  readHealth(database, outline, result);
  readStuck(database, result);
  result.findings = outline.findings;
  result.manyMachines = outline.manyMachines();
  result.ticks = !outline.tickCaptures.empty();
  return result;
}

}  // namespace descry::gui
