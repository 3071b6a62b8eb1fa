// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>

#include "analyzer/clock/clock_model.hpp"
#include "schemas/store/table_io.hpp"
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

/// Chains one after the other, or nearly: a jump concerns few of them, and each one bounds the clock from both sides.
Scenario quietDevice(std::uint64_t seed) {
  Scenario scenario = oneDevice(seed);
  DeviceSpec& device = scenario.devices.front();
  device.queues = 1;
  device.openLoop = false;
  device.depth = device.burst = device.usedBatch = 1;
  device.chains = 60;
  device.service = Duration::exponential(1000, 5000);
  device.answer = Duration::exponential(1000, 5000);
  device.reapInTransmit = false;
  device.packed = false;  // its positions are only found by order, which refuses across a jump
  return scenario;
}

/// True time in the middle of the traffic: half of the chains are back by then.
Ns middleOf(const Simulation& simulation) {
  std::vector<Ns> reaped;
  for (const ChainTruth& chain : simulation.truth.chains)
    if (seen(chain[Point::R])) reaped.push_back(chain[Point::R]);
  std::sort(reaped.begin(), reaped.end());
  return reaped[reaped.size() / 2];
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
    if (seen(chain[Point::u]) && seen(chain[Point::R]))
      constraints.push_back({host(Point::u), guest(Point::R), ClockConstraint::Bound::High, kUnseen});
  }
  return constraints;
}

/// Host times, relative to the capture's origin, between which the cut has to lie: the last fetch of a chain that was
/// back before the step, and the used entry of the first one that was published after it.
std::pair<Ns, Ns> matchesAround(const PlayedWorld& world, Ns step) {
  const Simulation& simulation = world.simulation();
  const Ns origin = readAll<CaptureRow>(world.database(), "WHERE side = 'host'").front().origin;
  Ns before = kUnseen, after = kUnseen;
  for (const ChainTruth& chain : simulation.truth.chains) {
    if (chain.firmware || !seen(chain[Point::f]) || !seen(chain[Point::R])) continue;
    if (chain[Point::R] < step && (!seen(before) || chain[Point::f] > before)) before = chain[Point::f];
    if (chain[Point::Q] > step && (!seen(after) || chain[Point::u] < after)) after = chain[Point::u];
  }
  return {simulation.host.clock.at(before) - origin, simulation.host.clock.at(after) - origin};
}

}  // namespace

TEST(Clock, ThatJumpsIsNeverWrongAboutTheTime) {
  forEachSeed(150, [](std::uint64_t seed) {
    Scenario scenario = oneDevice(seed);
    const Ns step = middleOf(Simulation(scenario));
    Random random(seed);
    addStep(scenario, chooseFrom(random), step);
    const Failures failures = checkAny(PlayedWorld(scenario));
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ":\n" << join(failures);
  });
}

TEST(Clock, ThatJumpsGivesTwoSegmentsCutBetweenTheChainsAroundTheJump) {
  forEachSeed(150, [](std::uint64_t seed) {
    Scenario scenario = quietDevice(seed);
    const Ns step = middleOf(Simulation(scenario));
    Random random(seed);
    addStep(scenario, chooseFrom(random), step);
    const PlayedWorld world(scenario);
    const Failures failures = checkAny(world);
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ":\n" << join(failures);
    const auto segments = readAll<ClockSegmentRow>(world.database(), "ORDER BY begin_ns");
    ASSERT_EQ(segments.size(), 2U) << "seed " << seed;
    const auto [before, after] = matchesAround(world, step);
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
    std::vector<ClockConstraint> constraints = constraintsOf(Simulation(quietDevice(seed)));
    for (ClockConstraint& constraint : constraints)
      constraint.bound =
          constraint.bound == ClockConstraint::Bound::Low ? ClockConstraint::Bound::High : ClockConstraint::Bound::Low;
    EXPECT_TRUE(ClockModel(constraints).failed()) << "seed " << seed;
  });
}

TEST(Clock, OfAProbeOnTheWrongSideOfTheStoreFailsInsteadOfBeingBiased) {
  forEachSeed(200, [](std::uint64_t seed) {
    const Simulation simulation(quietDevice(seed));
    const Ns guestStart = simulation.guest.clock.at(0), hostStart = simulation.host.clock.at(0);
    std::vector<ClockConstraint> constraints;
    for (const ChainTruth& chain : simulation.truth.chains) {
      if (chain.firmware || !seen(chain[Point::R])) continue;
      // The reaping taken for the publication, and the publication for the reaping.
      constraints.push_back({simulation.host.clock.at(chain[Point::f]) - hostStart,
                             simulation.guest.clock.at(chain[Point::R]) - guestStart, ClockConstraint::Bound::Low,
                             kUnseen});
      constraints.push_back({simulation.host.clock.at(chain[Point::u]) - hostStart,
                             simulation.guest.clock.at(chain[Point::Q]) - guestStart, ClockConstraint::Bound::High,
                             kUnseen});
    }
    EXPECT_TRUE(ClockModel(constraints).failed()) << "seed " << seed;
  });
}

}  // namespace descry::property
