// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "analyzer/cli/cli.hpp"
#include "analyzer/cli/options.hpp"
#include "samples/simulate/case_writer.hpp"

namespace {

int simulate(const std::string& scenarioPath, std::optional<std::uint64_t> seed, const std::string& output,
             const std::string& truthPath, const std::string& tracesFolder) {
  using namespace descry::simulate;
  Scenario scenario = readScenario(scenarioPath);
  if (seed) scenario.seed = *seed;
  const Simulation simulation(scenario);
  fmt::print("{}: {} chains, {} guest events, {} host events\n", scenario.name, simulation.truth.chains.size(),
             simulation.guest.events.size(), simulation.host.events.size());
  if (!truthPath.empty()) writeTruth(truthPath, simulation);
  if (!tracesFolder.empty()) writeTraces(tracesFolder, simulation);
  if (output.empty()) return 0;
  return writeCase(output, simulation).damaged ? descry::cli::kDamaged : 0;
}

}  // namespace

int main(int argc, char** argv) {
  descry::cli::Program program(
      "descry-simulate", "Play a scenario of virtio chains; write what tracers would record, and the exact truth");
  descry::cli::Options options = program.options();
  std::string scenario, output, truth, traces;
  std::optional<std::uint64_t> seed;
  options.argument("SCENARIO", scenario, "Scenario file (key = value)").required();
  options.option("--seed", "N", seed, "Seed of the random numbers, instead of the scenario's");
  options.option("-o,--output", "FILE", output, "Case database to write");
  options.option("--truth", "FILE", truth, "JSON file for the truth of every chain");
  options.option("--traces", "FOLDER", traces, "The same events as plain ftrace text, for descry import");
  return program.run(argc, argv, [&] { return simulate(scenario, seed, output, truth, traces); });
}
