// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/case_writer.hpp"

#include <algorithm>
#include <string>

#include "collector/decode/decoders.hpp"
#include "collector/facts/apply_facts.hpp"
#include "collector/facts/heard_times.hpp"
#include "collector/fold/fold.hpp"
#include "samples/simulate/simulated_source.hpp"
#include "schemas/store/database_file.hpp"

namespace descry::simulate {

namespace {

constexpr const char* kMachine = "vm";

void addLosses(FactStore& store, const TraceSurvey& survey, std::int64_t captureId) {
  CaptureRow& capture = store.captures[static_cast<std::size_t>(captureId - 1)];
  for (const LossRange& loss : survey.losses()) {
    LossRow row;
    row.captureId = captureId;
    row.begin = std::clamp<Ns>(loss.begin - capture.origin, 0, capture.last);
    row.end = std::clamp<Ns>(loss.end - capture.origin, row.begin, capture.last);
    if (loss.count >= 0) row.count = loss.count;
    row.reason = loss.reason;
    if (loss.count > 0) capture.discarded += loss.count;
    store.addLoss(std::move(row));
  }
}

void describe(FactStore& store, const TraceInfo& info, std::int64_t captureId) {
  CaptureRow& capture = store.captures[static_cast<std::size_t>(captureId - 1)];
  capture.source = info.source;
  capture.tool = info.tool;
  capture.clock = info.clock;
  for (const auto& [name, count] : info.counts) {
    capture.events += count.count;
    capture.decoded += count.count;
    CaptureEventRow row{.captureId = captureId, .event = name, .point = {}, .count = count.count};
    if (count.kind) row.point = std::string(ruleOf(*count.kind).name);
    store.captureEvents.push_back(std::move(row));
  }
}

SurveyedCapture importCapture(FactStore& store, const Capture& capture) {
  SurveyedCapture result;
  result.captureId = static_cast<std::int64_t>(store.captures.size()) + 1;
  result.side = capture.side;
  CaptureRow row;
  row.captureId = result.captureId;
  row.side = wordOf(capture.side);
  row.path = "simulated " + row.side;
  store.captures.push_back(std::move(row));
  const auto fold = capture.side == Side::Guest ? makeGuestFold(store, result.captureId, kMachine)
                                                : makeHostFold(store, result.captureId, kMachine);
  SimulatedSource source(capture);
  Batch batch;
  while (source.read(batch)) {
    result.survey.observe(batch);
    fold->consume(batch);
  }
  fold->finish();
  describe(store, source.info(), result.captureId);
  if (const auto origin = result.survey.first()) noteHeard(store, result.captureId, *origin, source.info());
  addLosses(store, result.survey, result.captureId);
  return result;
}

}  // namespace

void importSimulation(FactStore& store, const Simulation& simulation) {
  std::vector<SurveyedCapture> captures;
  if (simulation.scenario.guest.recorded) captures.push_back(importCapture(store, simulation.guest));
  if (simulation.scenario.host.recorded) captures.push_back(importCapture(store, simulation.host));
  applyFacts(store, kMachine, machineFacts(simulation.scenario), captures);
  store.meta.push_back({"tool_version", "simulate"});
  store.finish();
}

AnalysisOutcome writeCase(const std::filesystem::path& path, const Simulation& simulation) {
  DatabaseFile file(path, OutputRules::replacingAny());
  {
    FactStore store(file.database());
    importSimulation(store, simulation);
  }
  file.database().commit();
  file.database().begin();
  const AnalysisOutcome outcome = analyze(file.database(), {});
  file.commit();
  return outcome;
}

}  // namespace descry::simulate
