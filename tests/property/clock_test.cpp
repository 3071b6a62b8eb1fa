// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "analyzer/clock/clock_model.hpp"
#include "schemas/table_io.hpp"
#include "tests/property/random_scenario.hpp"
#include "tests/property/world_checks.hpp"

namespace descry::property {

using namespace simulate;

namespace {

Scenario oneDevice(std::uint64_t seed) {
  Random random(seed);
  const Choose choose = chooseFrom(random);
  Scenario scenario = anyScenario(choose);
  scenario.devices.resize(1);
  return scenario;
}

/// What causality says about each chain of a world, on clocks that start at 0.
std::vector<ClockConstraint> constraintsOf(const Simulation& simulation) {
  std::vector<ClockConstraint> constraints;
  const Ns guestStart = simulation.guest.clock.at(0), hostStart = simulation.host.clock.at(0);
  for (const ChainTruth& chain : simulation.truth.chains) {
    if (chain.firmware || !seen(chain[Point::f]) || !seen(chain[Point::Q])) continue;
    const auto host = [&](Point point) { return simulation.host.clock.at(chain[point]) - hostStart; };
    const auto guest = [&](Point point) { return simulation.guest.clock.at(chain[point]) - guestStart; };
    constraints.push_back({host(Point::f), guest(Point::Q), ClockConstraint::Bound::Low, kUnseen});
    if (seen(chain[Point::u]) && seen(chain[Point::R])) constraints.push_back({host(Point::u), guest(Point::R), ClockConstraint::Bound::High, kUnseen});
  }
  return constraints;
}

/// Host times, relative to the capture's origin, of the last fetch before the step and the first one after it.
std::pair<Ns, Ns> fetchesAround(const PlayedWorld& world, Ns step) {
  const Simulation& simulation = world.simulation();
  const Ns origin = readAll<CaptureRow>(world.database(), "WHERE side = 'host'").front().originNs;
  Ns before = kUnseen, after = kUnseen;
  for (const ChainTruth& chain : simulation.truth.chains) {
    const Ns fetched = chain[Point::f];
    if (chain.firmware || !seen(fetched) || !seen(chain[Point::R])) continue;
    // A chain that was under way when the clock jumped fits neither segment.
    if (chain[Point::R] < step && (!seen(before) || fetched > before)) before = fetched;
    if (chain[Point::Q] > step && (!seen(after) || fetched < after)) after = fetched;
  }
  return {simulation.host.clock.at(before) - origin, simulation.host.clock.at(after) - origin};
}

}  // namespace

TEST(Clock, ThatJumpsGivesTwoSegmentsCutBetweenTheChainsAroundTheJump) {
  forEachSeed(200, [](std::uint64_t seed) {
    Scenario scenario = oneDevice(seed);
    const Ns length = Simulation(scenario).truth.end;
    Random random(seed);
    const Ns step = addStep(scenario, chooseFrom(random), length);
    const PlayedWorld world(scenario);
    const Failures failures = checkAny(world);
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ":\n" << join(failures);
    const auto segments = readAll<ClockSegmentRow>(world.database(), "ORDER BY begin_ns");
    ASSERT_EQ(segments.size(), 2U) << "seed " << seed;
    const auto [before, after] = fetchesAround(world, step);
    EXPECT_GE(segments[0].end, before) << "seed " << seed;
    EXPECT_LT(segments[0].end, after) << "seed " << seed;
    EXPECT_GT(segments[1].begin, before) << "seed " << seed;
    EXPECT_LE(segments[1].begin, after) << "seed " << seed;
  });
}

TEST(Clock, WithoutJumpIsOneSegmentThatHoldsTheTruthEverywhere) {
  forEachSeed(200, [](std::uint64_t seed) {
    const Simulation simulation(oneDevice(seed));
    const ClockModel model(constraintsOf(simulation));
    EXPECT_FALSE(model.failed()) << "seed " << seed;
    EXPECT_EQ(model.contradictions(), 0) << "seed " << seed;
    ASSERT_EQ(model.segments().size(), 1U) << "seed " << seed;
    const ClockSegment& segment = model.segments().front();
    const Ns guestStart = simulation.guest.clock.at(0), hostStart = simulation.host.clock.at(0);
    for (Ns at = 0; at <= 100; ++at) {
      const Ns now = simulation.truth.end * at / 100;
      const Ns host = simulation.host.clock.at(now) - hostStart, guest = simulation.guest.clock.at(now) - guestStart;
      const ClockReading reading = segment.at(host);
      EXPECT_LE(reading.low, guest - host + 1) << "seed " << seed << " at " << at << " %";
      EXPECT_GE(reading.high, guest - host - 1) << "seed " << seed << " at " << at << " %";
    }
  });
}

TEST(Clock, OfSwappedDirectionsFailsInsteadOfBeingBiased) {
  forEachSeed(200, [](std::uint64_t seed) {
    std::vector<ClockConstraint> constraints = constraintsOf(Simulation(oneDevice(seed)));
    for (ClockConstraint& constraint : constraints)
      constraint.bound = constraint.bound == ClockConstraint::Bound::Low ? ClockConstraint::Bound::High : ClockConstraint::Bound::Low;
    EXPECT_TRUE(ClockModel(constraints).failed()) << "seed " << seed;
  });
}

TEST(Clock, OfAProbeOnTheWrongSideOfTheStoreFailsInsteadOfBeingBiased) {
  forEachSeed(200, [](std::uint64_t seed) {
    const Simulation simulation(oneDevice(seed));
    const Ns guestStart = simulation.guest.clock.at(0), hostStart = simulation.host.clock.at(0);
    std::vector<ClockConstraint> constraints;
    for (const ChainTruth& chain : simulation.truth.chains) {
      if (chain.firmware || !seen(chain[Point::R])) continue;
      // The reaping taken for the publication, and the publication for the reaping.
      constraints.push_back({simulation.host.clock.at(chain[Point::f]) - hostStart, simulation.guest.clock.at(chain[Point::R]) - guestStart, ClockConstraint::Bound::Low, kUnseen});
      constraints.push_back({simulation.host.clock.at(chain[Point::u]) - hostStart, simulation.guest.clock.at(chain[Point::Q]) - guestStart, ClockConstraint::Bound::High, kUnseen});
    }
    EXPECT_TRUE(ClockModel(constraints).failed()) << "seed " << seed;
  });
}

}  // namespace descry::property
