// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>

#include "tests/property/random_scenario.hpp"
#include "tests/property/world_checks.hpp"

namespace descry::property {

namespace {

simulate::Scenario damagedScenario(std::uint64_t seed) {
  simulate::Random random(seed);
  const Choose choose = chooseFrom(random);
  simulate::Scenario scenario = anyScenario(choose);
  damage(scenario, choose);
  return scenario;
}

}  // namespace

TEST(DamagedWorlds, MayLeaveChainsUnpairedButNeverPairThemWrongly) {
  std::int64_t pairs = 0, chains = 0;
  forEachSeed(700, [&](std::uint64_t seed) {
    const PlayedWorld world(damagedScenario(seed));
    std::int64_t right = 0;
    const Failures wrong = checkPairs(world, &right);
    const Failures failures = checkAny(world);
    EXPECT_TRUE(wrong.empty() && failures.empty()) << "seed " << seed << ":\n" << join(failures);
    pairs += right;
    chains += static_cast<std::int64_t>(world.simulation().truth.chains.size());
  });
  // Refusing everything would be right too, and of no use. A few worlds say nothing about the rest.
  if (std::getenv("DESCRY_PROPERTY_SEED") == nullptr && std::getenv("DESCRY_PROPERTY_WORLDS") == nullptr) {
    EXPECT_GT(pairs * 6, chains) << pairs << " of " << chains << " chains paired";
  }
}

TEST(DamagedWorlds, ThatWerePairedWronglyOnceAreNotAnyMore) {
  // Entry and return of two fetches taken for one (2732, 5383) or of two adds (1000827), another device's chains (3144,
  // 4738, 18912, 1000568, 3000639), the firmware's (5511, 102686, 202036, 3000320, 3001565), a clock that steps with
  // each wrong pair (1000850), chains that came back late (12923, 13791, 205108) or never (7843, 10449, 15665, 109081),
  // adds of a packed ring that no probe saw (11906).
  for (const std::uint64_t seed :
       {2732U,  3144U,   4738U,   5383U,   5511U,   7843U,    10449U,   11906U,   12923U,   13791U,   15665U,
        18912U, 102686U, 109081U, 202036U, 205108U, 1000568U, 1000827U, 1000850U, 3000320U, 3000639U, 3001565U}) {
    const PlayedWorld world(damagedScenario(seed));
    Failures failures = checkPairs(world);
    for (std::string& failure : checkAny(world)) failures.push_back(std::move(failure));
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ":\n" << join(failures);
  }
}

RC_GTEST_PROP(DamagedWorlds, KeepEveryNanosecondThatWasSeen, ()) {
  const Choose choose = [](std::int64_t low, std::int64_t high) { return *rc::gen::inRange(low, high + 1); };
  simulate::Scenario scenario = anyScenario(choose);
  damage(scenario, choose);
  const Failures failures = checkAny(PlayedWorld(scenario));
  if (!failures.empty()) RC_FAIL(join(failures));
}

TEST(DamagedWorlds, SayThatTheyAreDamaged) {
  forEachSeed(60, [](std::uint64_t seed) {
    simulate::Random random(seed);
    simulate::Scenario scenario = anyScenario(chooseFrom(random));
    scenario.host.losses.push_back({300'000, 900'000});
    const PlayedWorld world(scenario);
    if (world.simulation().host.losses.empty()) return;  // nothing happened in that time
    EXPECT_TRUE(world.outcome().damaged) << "seed " << seed;
  });
}

TEST(DamagedWorlds, OfOneSideGiveTheSpansOfThatSide) {
  forEachSeed(100, [](std::uint64_t seed) {
    simulate::Random random(seed);
    simulate::Scenario scenario = anyScenario(chooseFrom(random));
    (seed % 2 == 0 ? scenario.guest : scenario.host).recorded = false;
    const PlayedWorld world(scenario);
    const Failures failures = checkRows(world);
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ":\n" << join(failures);
    EXPECT_EQ(world.database().queryInteger("SELECT count(*) FROM chain_view WHERE scope = 'full'"), 0)
        << "seed " << seed;
    EXPECT_GT(world.database().queryInteger("SELECT count(*) FROM chain_view WHERE complete"), 0) << "seed " << seed;
  });
}

}  // namespace descry::property
