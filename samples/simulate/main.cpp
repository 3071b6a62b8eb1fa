// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "samples/simulate/case_writer.hpp"
#include "schemas/model/error.hpp"

namespace {

constexpr int kFailed = 1, kUsage = 2, kDamaged = 3;

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
  return writeCase(output, simulation).damaged ? kDamaged : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Plays a scenario of virtio chains and writes what tracers would have, together with the exact truth.");
  std::string scenario, output, truth, traces;
  std::optional<std::uint64_t> seed;
  app.add_option("scenario", scenario, "Scenario file (key = value)")->required();
  app.add_option("--seed", seed, "Seed of the random numbers, instead of the scenario's");
  app.add_option("-o,--output", output, "Case database to write");
  app.add_option("--truth", truth, "JSON file for the truth of every chain");
  app.add_option("--traces", traces, "Folder for the same events as plain ftrace text, to be read by descry import");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  try {
    return simulate(scenario, seed, output, truth, traces);
  } catch (const std::exception& error) {
    fmt::print(stderr, "descry-simulate: {}\n", error.what());
    return kFailed;
  }
}
