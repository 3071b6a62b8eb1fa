// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/run/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/clock/clock_doubts.hpp"
#include "analyzer/clock/stored_clock.hpp"
#include "analyzer/finding/finding.hpp"
#include "analyzer/pair/half_join.hpp"
#include "analyzer/predict/removal.hpp"
#include "analyzer/run/chain_pass.hpp"
#include "analyzer/run/kvm_clock.hpp"
#include "analyzer/run/tsc_clock.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

/// What the time stamps of a capture cut off at most.
Ns cutOff(const CaptureRow& capture) {
  return seen(capture.resolution) ? capture.resolution - 1 : 0;
}

/// What bounds the clock of two captures besides their chains, as clock_segment says it.
using ClockSources = std::map<std::pair<std::int64_t, std::int64_t>, std::string>;

/// Adds bounds that must not contradict those which the clock has; false: they do, and are left out.
bool tighten(std::unique_ptr<ClockModel>& clock, std::vector<ClockConstraint>& list,
             const std::vector<ClockConstraint>& more) {
  if (more.empty()) return false;
  list.insert(list.end(), more.begin(), more.end());
  auto tighter = std::make_unique<ClockModel>(list);
  if (tighter->failed() || tighter->contradictions() != clock->contradictions() ||
      tighter->segments().size() != clock->segments().size()) {
    list.resize(list.size() - more.size());
    return false;
  }
  clock = std::move(tighter);
  return true;
}

/// Both inequalities that every paired chain gives: publication precedes the fetch, and the used entry precedes its
/// reaping. The guest's moments are the last before its store and the first after its load. Both give way by what the
/// time stamps cut off, so the +- of the clock includes it.
Clocks fitClocks(const Database& database, const Model& model, Pairing& pairing, ClockSources& sources) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<ClockConstraint>> constraints;
  HalfJoin join(database, model, pairing);
  join.run(
      [&](const GuestHalfRow& guest, const HostHalfRow* host, PairSegmentRow* segment) {
        if (segment == nullptr) return;
        const CaptureRow& ofGuest = model.captureOf(guest.queueId);
        const CaptureRow& ofHost = model.captureOf(host->queueId);
        auto& list = constraints[{ofGuest.captureId, ofHost.captureId}];
        const Ns blur = cutOff(ofGuest) + cutOff(ofHost);
        list.push_back({host->f, model.publishedAfter(guest) - blur, ClockConstraint::Bound::Low});
        const Ns reaped = model.reapedBefore(guest);
        // Where events were lost the used entry may be that of a later chain with the same buffer.
        if (seen(host->u) && seen(reaped) && !model.lossyOnHost(*host))
          list.push_back({host->f + host->u, reaped + blur, ClockConstraint::Bound::High, host->f});
      },
      {});
  const bool hasKvm =
      hasRows<KvmVcpuRow>(database) || hasRows<KvmDoorbellRow>(database) || hasRows<KvmInterruptRow>(database);
  Clocks clocks;
  for (auto& [captures, list] : constraints) {
    auto& clock = clocks[captures];
    if (!hasKvm) {
      clock = std::make_unique<ClockModel>(std::move(list));
      continue;
    }
    clock = std::make_unique<ClockModel>(list);
    std::string& source = sources[captures];
    if (tighten(clock, list, kvmConstraints(database, model, pairing, *clock, captures.first, captures.second)))
      source = "kvm";
    const auto counters = tscConstraints(database, model, pairing, captures.first, captures.second);
    if (counters.empty() || clock->failed()) continue;
    source = leavesRoom(*clock, counters) && tighten(clock, list, counters) ? "tsc" : "contradicted";
  }
  return clocks;
}

void writeClocks(Database& database, const Model& model, const Clocks& clocks, const ClockSources& sources) {
  TableWriter<ClockSegmentRow> segments(database);
  TableWriter<ClockHullRow> hulls(database);
  std::int64_t id = 0;
  for (const auto& [captures, clock] : clocks) {
    const Ns origins = model.capture(captures.first).origin - model.capture(captures.second).origin;
    for (const ClockSegment& segment : clock->segments()) {
      ClockSegmentRow row = storedSegment(segment, clock->failed(), origins);
      row.segmentId = ++id;
      row.guestCaptureId = captures.first;
      row.hostCaptureId = captures.second;
      if (const auto source = sources.find(captures); source != sources.end() && !source->second.empty())
        row.source = source->second;
      segments.add(row);
      for (const ClockConstraint& point : segment.lowHull()) hulls.add({id, "low", point.host, point.guest});
      for (const ClockConstraint& point : segment.highHull()) hulls.add({id, "high", point.host, point.guest});
    }
  }
  segments.flush();
  hulls.flush();
}

constexpr const char *kDamaged = "damaged", *kSound = "sound";

bool factsAreDamaged(const Database& database) {
  return database.queryInteger("SELECT count(*) FROM loss WHERE reason <> 'wrapped'").value_or(0) > 0 ||
         database.queryInteger("SELECT count(*) FROM anomaly WHERE severity <> 'info'").value_or(0) > 0;
}

}  // namespace

bool isDamaged(const Database& database) {
  return database.queryInteger(
                     fmt::format("SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'verdict' AND value = '{}')", kDamaged))
                 .value_or(0) != 0 ||
         factsAreDamaged(database);
}

bool isStuck(const Database& database) {
  return hasAlarm(database);
}

AnalysisOutcome analyze(Database& database, const AnalysisOptions& options) {
  database.recreateResults();
  const Model model(database);
  Pairing pairing = pairHalves(database, model, options.map);
  ClockSources sources;
  const Clocks clocks = fitClocks(database, model, pairing, sources);
  writeClocks(database, model, clocks, sources);
  writeAll(database, pairing.devices);
  ChainPass pass(database, model, pairing, clocks, options.progress);
  pass.run();
  if (pass.chains() == 0 && (hasRows<GuestHalfRow>(database) || hasRows<HostHalfRow>(database)))
    throw Error(
        fmt::format("{}: its halves belong to no epoch of a queue: the file is damaged or was changed; import the "
                    "traces again with descry import",
                    database.path().string()));
  writeAll(database, pairing.segments);
  AnalysisOutcome outcome;
  outcome.chains = pass.chains();
  const bool clockFailed =
      std::any_of(clocks.begin(), clocks.end(), [](const auto& entry) { return entry.second->failed(); });
  const bool contradicted =
      std::ranges::any_of(sources, [](const auto& entry) { return entry.second == "contradicted"; });
  outcome.damaged = factsAreDamaged(database) || pass.refused() > 0 || clockFailed || contradicted ||
                    !readClockDoubts(database).empty();
  database.execute(
      fmt::format("INSERT OR REPLACE INTO meta VALUES ('verdict', '{}')", outcome.damaged ? kDamaged : kSound));
  writePredictions(database);
  writeFindings(database);
  outcome.stuck = isStuck(database);
  return outcome;
}

}  // namespace descry
