// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/property/random_scenario.hpp"
#include "tests/property/world_checks.hpp"

namespace descry::property {

namespace {

simulate::Scenario scenarioOf(std::uint64_t seed) {
  simulate::Random random(seed);
  return anyScenario(chooseFrom(random));
}

}  // namespace

TEST(CleanWorlds, AreRebuiltExactlyAsTheyWere) {
  forEachSeed(700, [](std::uint64_t seed) {
    const PlayedWorld world(scenarioOf(seed));
    const Failures failures = checkClean(world);
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ":\n" << join(failures);
  });
}

RC_GTEST_PROP(CleanWorlds, KeepEveryNanosecondAndEveryPair, ()) {
  const PlayedWorld world(
      anyScenario([](std::int64_t low, std::int64_t high) { return *rc::gen::inRange(low, high + 1); }));
  const Failures failures = checkClean(world);
  if (!failures.empty()) RC_FAIL(join(failures));
}

TEST(CleanWorlds, AreTheSameForTheSameSeed) {
  const simulate::Simulation first(scenarioOf(11)), second(scenarioOf(11));
  ASSERT_EQ(first.guest.events.size(), second.guest.events.size());
  ASSERT_EQ(first.host.events.size(), second.host.events.size());
  for (std::size_t index = 0; index < first.host.events.size(); ++index)
    ASSERT_EQ(first.host.events[index].ns, second.host.events[index].ns) << "host event " << index;
}

}  // namespace descry::property
