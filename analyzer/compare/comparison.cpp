// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/compare/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include "analyzer/compare/sample.hpp"
#include "analyzer/compare/sentences.hpp"
#include "analyzer/run/analysis.hpp"

namespace descry {

namespace {

// Enough for every quantile that is compared, and quickly resampled.
constexpr std::size_t kChainsToResample = std::size_t{1} << 15;

/// A row of both cases, to be compared.
struct Pair {
  const LevelSummary* base;
  const LevelSummary* now;
  ReportLevel kind;
};

/// The queues that a row is summed up from.
std::set<QueueId> queuesOf(const Summary& summary, const LevelSummary& level, ReportLevel kind) {
  std::set<QueueId> queues;
  for (const LevelSummary& queue : summary.queues)
    if (kind == ReportLevel::Queue    ? queue.queueId == level.queueId
        : kind == ReportLevel::Device ? queue.deviceId == level.deviceId
                                      : queue.transport == level.transport)
      queues.insert(queue.queueId);
  return queues;
}

std::vector<Sample> samplesOf(const Database& database, const Summary& summary, const std::vector<Pair>& pairs,
                              const LevelSummary* Pair::*side) {
  std::vector<std::set<QueueId>> queues;
  for (const Pair& pair : pairs) queues.push_back(queuesOf(summary, *(pair.*side), pair.kind));
  return readSamples(database, queues, kChainsToResample);
}

/// The numbers of the whole case in place of those of the sample.
void take(Change& change, double base, double now) {
  const double before = change.difference();
  change.base = base;
  change.now = now;
  change.low += change.difference() - before;
  change.high += change.difference() - before;
}

double meanOf(const CauseSum& sum, std::int64_t chains) {
  return chains > 0 ? static_cast<double>(sum.total) / static_cast<double>(chains) : 0;
}

const CauseSum& sumOf(const LevelSummary& level, std::size_t sum) {
  if (sum == 0) return level.latency;
  if (sum == 2) return level.induced;
  return level.causes[sum == 1 ? 0 : sum - 2];
}

ComparedLevel compareLevel(const Pair& pair, const Sample& before, const Sample& after, const Checkpoint& checkpoint) {
  const auto& [basePointer, nowPointer, kind] = pair;
  const LevelSummary &base = *basePointer, &now = *nowPointer;
  ComparedLevel level;
  level.level = kind;
  level.transport = now.transport;
  level.baseTransport = base.transport;
  if (now.device != nullptr) level.device = now.device->name;
  if (kind != ReportLevel::Transport) level.baseDeviceId = base.deviceId, level.nowDeviceId = now.deviceId;
  level.queue = now.queueName;
  if (kind == ReportLevel::Queue) level.baseQueueId = base.queueId, level.nowQueueId = now.queueId;
  level.baseChains = base.complete;
  level.nowChains = now.complete;
  const Stretches ofBase(before.size(), before.calm), ofNow(after.size(), after.calm);
  const auto of = [&](Statistic statistic) {
    checkpoint();
    return compare({before.values[0], ofBase}, {after.values[0], ofNow}, statistic);
  };
  level.mean = of(Statistic::Mean);
  level.p50 = of(Statistic::P50);
  level.p99 = of(Statistic::P99);
  level.p999 = of(Statistic::P999);
  level.gap = compare({before.gaps, ofBase}, {after.gaps, ofNow}, Statistic::Mean);
  take(level.mean, meanOf(base.latency, base.complete), meanOf(now.latency, now.complete));
  for (const auto& [change, value] : {std::pair{&level.p50, &CauseSum::p50}, std::pair{&level.p99, &CauseSum::p99},
                                      std::pair{&level.p999, &CauseSum::p999}})
    take(*change, static_cast<double>(base.latency.*value), static_cast<double>(now.latency.*value));
  for (std::size_t sum = 1; sum < kSums; ++sum) {
    checkpoint();
    const Series from{before.values[sum], ofBase}, to{after.values[sum], ofNow};
    ComparedCause cause{kSumNames[sum], compare(from, to, Statistic::Mean),
                        compareShares(from, before.values[0], to, after.values[0])};
    take(cause.mean, meanOf(sumOf(base, sum), base.complete), meanOf(sumOf(now, sum), now.complete));
    take(cause.share, base.share(sumOf(base, sum).total), now.share(sumOf(now, sum).total));
    level.causes.push_back(cause);
  }
  return level;
}

/// All that is tested in one comparison counts for its chance of a false alarm.
void decide(Comparison& comparison) {
  std::vector<Change*> changes;
  for (ComparedLevel& level : comparison.levels) {
    for (Change* change : {&level.mean, &level.p50, &level.p99})
      if (change->tested) changes.push_back(change);
    for (ComparedCause& cause : level.causes)
      if (cause.mean.tested) changes.push_back(&cause.mean);
  }
  holm(changes, comparison.options.level);
}

const LevelSummary* find(const std::vector<LevelSummary>& rows, DeviceId deviceId, std::string_view queue) {
  for (const LevelSummary& row : rows)
    if (row.device != nullptr && row.device->deviceId == deviceId && row.queueName == queue) return &row;
  return nullptr;
}

void pairDevices(const Summary& before, const Summary& after, std::vector<Pair>& levels, Comparison& comparison) {
  const auto pairs = matchDevices(before, after);
  for (const auto& [baseId, nowId] : pairs) {
    const LevelSummary *from = find(before.byDevice, baseId, ""), *to = find(after.byDevice, nowId, "");
    if (from != nullptr && to != nullptr) levels.push_back({from, to, ReportLevel::Device});
  }
  for (const auto& [baseId, nowId] : pairs)
    for (const LevelSummary& to : after.queues) {
      if (to.device == nullptr || to.device->deviceId != nowId) continue;
      if (const LevelSummary* from = find(before.queues, baseId, to.queueName); from != nullptr)
        levels.push_back({from, &to, ReportLevel::Queue});
      else
        comparison.unmatched.push_back(fmt::format("{} {}: {} chains in the new case, none in the base",
                                                   to.device->name, to.queueName, to.complete));
    }
}

void nameUnmatched(const Summary& before, const Summary& after, Comparison& comparison) {
  std::set<DeviceId> baseIds, nowIds;
  for (const auto& [baseId, nowId] : matchDevices(before, after)) baseIds.insert(baseId), nowIds.insert(nowId);
  for (const auto& [id, device] : before.devices)
    if (device.active != 0 && !baseIds.contains(id))
      comparison.unmatched.push_back(fmt::format("{} ({}): only in the base", device.name, device.kind));
  for (const auto& [id, device] : after.devices)
    if (device.active != 0 && !nowIds.contains(id))
      comparison.unmatched.push_back(fmt::format("{} ({}): only in the new case", device.name, device.kind));
}

}  // namespace

const ComparedCause& ComparedLevel::cause(std::string_view name) const {
  for (const ComparedCause& each : causes)
    if (each.cause == name) return each;
  throw std::out_of_range("no such cause: " + std::string(name));
}

bool ComparedLevel::matters(const Change& change, const ComparisonOptions& options) {
  return change.significant && (change.base == 0 || std::abs(change.relative()) >= options.threshold);
}

std::vector<std::pair<DeviceId, DeviceId>> matchDevices(const Summary& base, const Summary& now) {
  std::vector<std::pair<DeviceId, DeviceId>> pairs;
  const auto alone = [](const Summary& summary, const std::string& kind) {
    return std::count_if(summary.devices.begin(), summary.devices.end(),
                         [&](const auto& each) { return each.second.kind == kind && each.second.active != 0; }) == 1;
  };
  for (const auto& [nowId, device] : now.devices) {
    DeviceId found = kNoDevice, ofKind = kNoDevice;
    for (const auto& [baseId, candidate] : base.devices) {
      if (candidate.kind != device.kind) continue;
      if (candidate.active != 0) ofKind = baseId;
      if (candidate.name == device.name && (found == kNoDevice || candidate.transport == device.transport))
        found = baseId;
    }
    if (found == kNoDevice && alone(base, device.kind) && alone(now, device.kind)) found = ofKind;
    if (found != kNoDevice) pairs.emplace_back(found, nowId);
  }
  return pairs;
}

Comparison compareCases(const Database& base, const Database& now, const ComparisonOptions& options,
                        const Checkpoint& checkpoint) {
  const Summary before = readSummary(base, 0), after = readSummary(now, 0);
  Comparison comparison;
  comparison.options = options;
  comparison.basePath = base.path();
  comparison.nowPath = now.path();
  comparison.baseDamaged = isDamaged(base);
  comparison.nowDamaged = isDamaged(now);
  std::vector<Pair> levels;
  for (const LevelSummary& to : after.transports)
    for (const LevelSummary& from : before.transports)
      if (from.transport == to.transport) levels.push_back({&from, &to, ReportLevel::Transport});
  pairDevices(before, after, levels, comparison);
  const auto ofBase = samplesOf(base, before, levels, &Pair::base), ofNow = samplesOf(now, after, levels, &Pair::now);
  for (std::size_t i = 0; i < levels.size(); ++i)
    comparison.levels.push_back(compareLevel(levels[i], ofBase[i], ofNow[i], checkpoint));
  nameUnmatched(before, after, comparison);
  decide(comparison);
  comparison.changed = configurationChanges(base, before, now, after);
  describeVerdict(comparison);
  return comparison;
}

}  // namespace descry
