// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "samples/simulate/case_writer.hpp"
#include "schemas/system/output_file.hpp"

namespace descry::simulate {

namespace {

using Json = nlohmann::ordered_json;

Json pointsOf(const Simulation& simulation, const ChainTruth& chain) {
  Json points = Json::object();
  for (std::size_t index = 0; index < kPoints; ++index) {
    const auto point = static_cast<Point>(index);
    if (!seen(chain[point])) continue;
    const Capture& side = simulation.sideOf(point);
    points[std::string(kPointTable[index].letter)] = {
        {"true_ns", chain[point]},
        {onGuestClock(point) ? "guest_ns" : "host_ns", side.clock.at(chain[point])},
        {"recorded", side.sees(chain.event[index])}};
  }
  return points;
}

Json causesJson(const Simulation& simulation, const ChainTruth& chain) {
  if (!simulation.fullyRecorded(chain)) return nullptr;
  const CauseTruth truth = simulation.measuredCauses(chain);
  Json causes = Json::object();
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    causes[std::string(kCauseNames[cause]) + "_ns"] = truth.causes[cause];
  causes["iotlb_induced_ns"] = truth.induced;
  causes["total_ns"] = truth.total();
  causes["stock_ns"] = truth.before;
  causes["reap_wait_ns"] = truth.after;
  return causes;
}

Json chainJson(const Simulation& simulation, const ChainTruth& chain) {
  const RingTruth& ring = simulation.truth.rings[static_cast<std::size_t>(chain.ring)];
  return {{"device", ring.device},
          {"queue", ring.queue},
          {"epoch", chain.firmware ? "firmware" : "driver"},
          {"position", chain.position},
          {"head", chain.head},
          {"misses", chain.misses},
          {"retries", chain.retries},
          {"bounces", chain.bounces},
          {"copies_back", chain.copiesBack},
          {"doorbell_suppressed", chain.doorbellSuppressed},
          {"points", pointsOf(simulation, chain)},
          {"causes", causesJson(simulation, chain)}};
}

Json sideJson(const SideSpec& spec, const Capture& capture) {
  Json steps = Json::array();
  for (const Step& step : spec.steps) steps.push_back({{"true_ns", step.at}, {"ahead_ns", step.ahead}});
  return {{"clock_start_ns", spec.clockStart},
          {"drift_ppb", spec.driftPpb},
          {"steps", steps},
          {"events", capture.events.size()},
          {"complete", capture.complete()}};
}

Json queuesJson(const Truth& truth) {
  Json queues = Json::array();
  for (const RingTruth& ring : truth.rings) {
    Json stalls = Json::array();
    for (const StallTruth& stall : ring.stalls)
      stalls.push_back({{"begin_true_ns", stall.span.begin},
                        {"end_true_ns", stall.span.end},
                        {"position", seen(stall.position) ? Json(stall.position) : Json(nullptr)}});
    queues.push_back({{"device", ring.device},
                      {"queue", ring.queue},
                      {"doorbells", ring.doorbells},
                      {"doorbells_arrived", ring.arrivedDoorbells},
                      {"interrupts", ring.interrupts},
                      {"misses", ring.misses},
                      {"metadata_misses", ring.metadataMisses},
                      {"stalls", stalls}});
  }
  return queues;
}

}  // namespace

void writeTruth(const std::filesystem::path& path, const Simulation& simulation) {
  Json chains = Json::array();
  for (const ChainTruth& chain : simulation.truth.chains) chains.push_back(chainJson(simulation, chain));
  const Json truth = {{"scenario", simulation.scenario.name},
                      {"text", simulation.scenario.text},
                      {"seed", simulation.scenario.seed},
                      {"guest", sideJson(simulation.scenario.guest, simulation.guest)},
                      {"host", sideJson(simulation.scenario.host, simulation.host)},
                      {"queues", queuesJson(simulation.truth)},
                      {"chains", chains}};
  writeFile(path, OutputRules::replacingAny(), [&](std::ostream& out) { out << truth.dump(1) << '\n'; });
}

}  // namespace descry::simulate
