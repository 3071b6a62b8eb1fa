// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "collector/import/import.hpp"
#include "samples/simulate/case_writer.hpp"
#include "schemas/model/error.hpp"
#include "tests/property/random_scenario.hpp"

namespace descry::property {

using namespace simulate;

namespace {

const std::filesystem::path kScenarios =
    std::filesystem::path(DESCRY_SOURCE_DIR) / "samples" / "simulate" / "scenarios";

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() : path(std::filesystem::temp_directory_path() / ("descry-simulator-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  const std::filesystem::path path;
};

std::string errorOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// Every chain of every queue with its latency and causes, as text.
std::string chainsOf(const std::filesystem::path& path) {
  const Database database = Database::openReadOnly(path);
  return database
      .queryText(
          "SELECT group_concat(line, char(10)) FROM (SELECT queue_name || ' ' || position || ' ' || scope || ' ' || "
          "coalesce(total_ns, -1) || ' ' || coalesce(iotlb_ns, -1) || ' ' || coalesce(notification_ns, -1) || ' ' || "
          "coalesce(backend_ns, -1) AS line FROM chain_view ORDER BY queue_name, position, scope)")
      .value_or("");
}

}  // namespace

TEST(Simulator, LetsCausesComeBeforeEffectsInEveryWorld) {
  forEachSeed(200, [](std::uint64_t seed) {
    Random random(seed);
    const Simulation simulation(anyScenario(chooseFrom(random)));
    std::vector<std::int64_t> next(simulation.truth.rings.size(), kUnseen);
    for (const ChainTruth& chain : simulation.truth.chains) {
      if (chain.firmware) continue;
      std::int64_t& position = next[static_cast<std::size_t>(chain.ring)];
      if (seen(position)) {
        EXPECT_EQ(chain.position, position) << "seed " << seed;
      }
      position = chain.position + 1;
      if (!seen(chain[Point::R])) continue;
      EXPECT_LE(chain[Point::Q], chain.published) << "seed " << seed;
      EXPECT_LE(chain.published, chain[Point::f]) << "seed " << seed;
      EXPECT_LE(chain[Point::f], chain[Point::u]) << "seed " << seed;
      EXPECT_LE(chain[Point::u], chain.visible) << "seed " << seed;
      EXPECT_LE(chain.visible, chain[Point::R]) << "seed " << seed;
      const CauseTruth causes = causesOf(simulation.truth, chain);
      EXPECT_EQ(causes.before + causes.total() + causes.after, chain[Point::C] - chain[Point::Q]) << "seed " << seed;
      for (const Ns cause : causes.causes) EXPECT_GE(cause, 0) << "seed " << seed;
    }
  });
}

TEST(Simulator, RandomNumbersAreTheSameOnEveryMachine) {
  // The generator's values are fixed by the C++ standard: the 10000th of a default-seeded mt19937_64.
  Random random(5489);
  std::uint64_t last = 0;
  for (int i = 0; i < 10000; ++i) last = random.next();
  EXPECT_EQ(last, 9981545732273789042U);
}

TEST(Simulator, ExponentialDurationsHaveTheMeanThatWasAskedFor) {
  Random random(7);
  const Duration duration = Duration::parse("exponential 1us 10us", "test");
  Ns sum = 0;
  constexpr int kCount = 20000;
  for (int i = 0; i < kCount; ++i) sum += duration.sample(random);
  EXPECT_NEAR(static_cast<double>(sum) / kCount, 11000.0, 400.0);  // five standard errors
}

TEST(Simulator, SaysWhichLineOfAScenarioIsWrong) {
  const Folder folder;
  const auto write = [&](const std::string& text) {
    std::ofstream(folder.path / "bad.txt") << text;
    return errorOf([&] { readScenario(folder.path / "bad.txt"); });
  };
  EXPECT_NE(write("chains = 10\ncolour = red\n").find("bad.txt:2: unknown key 'colour'"), std::string::npos);
  EXPECT_NE(write("service = quickly\n").find("'quickly' is not a duration"), std::string::npos);
  EXPECT_NE(write("chains = ten\n").find("'ten' is not a whole number"), std::string::npos);
  EXPECT_NE(write("chains\n").find("expected 'key = value'"), std::string::npos);
  EXPECT_NE(write("kind = net\nhost = vhost\npacked = yes\n").find("no packed ring"), std::string::npos);
  EXPECT_NE(errorOf([&] { readScenario(folder.path / "none.txt"); }).find("cannot be read"), std::string::npos);
}

TEST(Simulator, WritesTracesThatImportToTheSameChains) {
  const Folder folder;
  const Simulation simulation(readScenario(kScenarios / "late-attach.txt"));
  writeCase(folder.path / "direct.db", simulation);
  writeTraces(folder.path / "traces", simulation);
  ImportOptions options;
  options.paths = {{folder.path / "traces", {}}};
  options.output = folder.path / "imported.db";
  importTraces(options);
  const std::string chains = chainsOf(folder.path / "direct.db");
  EXPECT_GT(chains.size(), 1000U);
  EXPECT_EQ(chainsOf(folder.path / "imported.db"), chains);
}

TEST(Simulator, WritesTheTruthOfEveryChain) {
  const Folder folder;
  const Simulation simulation(readScenario(kScenarios / "swiotlb-forced.txt"));
  writeTruth(folder.path / "truth.json", simulation);
  std::ifstream file(folder.path / "truth.json");
  const auto truth = nlohmann::json::parse(file);
  ASSERT_EQ(truth["chains"].size(), simulation.truth.chains.size());
  const auto& chain = truth["chains"].back();
  EXPECT_EQ(chain["points"]["Q"]["true_ns"], simulation.truth.chains.back()[Point::Q]);
  EXPECT_EQ(chain["bounces"], 5);
  EXPECT_EQ(chain["causes"]["iotlb_ns"], 0);
  EXPECT_GT(chain["causes"]["swiotlb_ns"], chain["causes"]["backend_ns"]);
}

}  // namespace descry::property
