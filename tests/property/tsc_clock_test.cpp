// SPDX-License-Identifier: GPL-2.0-or-later
// Clocks that time stamp counters tell: as if both sides had been recorded on a host with KVM.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "analyzer/run/analysis.hpp"
#include "schemas/store/table_io.hpp"
#include "tests/property/random_scenario.hpp"
#include "tests/property/world_checks.hpp"

namespace descry::property {

using namespace simulate;

namespace {

constexpr std::int64_t kTicksPerNs = 3, kOffset = -123456789;
constexpr Ns kReadError = 20;

Scenario oneDevice(std::uint64_t seed) {
  Random random(seed);
  const Choose choose = chooseFrom(random);
  Scenario scenario = anyScenario(choose);
  scenario.devices.resize(1);
  return scenario;
}

bool hasBothSides(PlayedWorld& world) {
  return world.database().queryInteger("SELECT count(*) FROM clock_segment WHERE quality <> 'absent'").value_or(0) > 0;
}

/// What the recorders of both sides would have read, the guest's `wrong` ns off, and what KVM would have said.
void addCounters(PlayedWorld& world, Ns wrong) {
  const Simulation& simulation = world.simulation();
  const std::pair<const char*, const Capture*> sides[] = {{"guest", &simulation.guest}, {"host", &simulation.host}};
  TableWriter<TscReadingRow> readings(world.database());
  for (const auto& [side, recorded] : sides) {
    const bool isGuest = recorded == &simulation.guest;
    const auto capture = readAll<CaptureRow>(world.database(), fmt::format("WHERE side = '{}'", side)).front();
    for (int at = 0; at <= 20; ++at) {
      const Ns now = simulation.truth.end * at / 20 + (isGuest ? 37 : 0);
      TscReadingRow row;
      row.captureId = capture.captureId;
      row.ns = recorded->clock.at(now) - capture.origin;
      row.tsc = kTicksPerNs * (now + (isGuest ? wrong : 0)) + (isGuest ? kOffset : 0);
      row.error = kReadError;
      readings.add(row);
    }
    if (isGuest) continue;
    KvmVcpuRow vcpu;
    vcpu.captureId = capture.captureId;
    vcpu.tid = 9;
    vcpu.vmmPid = 7;
    vcpu.tscOffset = kOffset;
    vcpu.tscSince = -capture.origin;
    TableWriter<KvmVcpuRow> vcpus(world.database());
    vcpus.add(vcpu);
    vcpus.flush();
    world.database().execute(fmt::format("UPDATE device SET vmm_pid = 7 WHERE capture_id = {}", capture.captureId));
  }
  readings.flush();
  analyze(world.database(), {});
}

}  // namespace

TEST(TscClock, IsNeverWrongAndKnowsTheTimeToWhatReadingTakes) {
  int told = 0;
  forEachSeed(30, [&told](std::uint64_t seed) {
    PlayedWorld world(oneDevice(seed));
    if (!hasBothSides(world)) return;
    addCounters(world, 0);
    const Failures failures = checkClock(world);
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ":\n" << join(failures);
    for (const ClockSegmentRow& segment : readAll<ClockSegmentRow>(world.database())) {
      EXPECT_EQ(segment.source, "tsc") << "seed " << seed;
      EXPECT_LE(segment.error, 3 * kReadError) << "seed " << seed;
      ++told;
    }
  });
  EXPECT_GT(told, 15);
}

TEST(TscClock, ThatTheChainsContradictIsNotUsed) {
  int refused = 0;
  forEachSeed(30, [&refused](std::uint64_t seed) {
    PlayedWorld world(oneDevice(seed));
    if (!hasBothSides(world)) return;
    const auto before = readAll<ClockSegmentRow>(world.database());
    addCounters(world, world.simulation().truth.end / 2);
    const auto after = readAll<ClockSegmentRow>(world.database());
    if (after.front().source != "contradicted") return;  // the chains leave as much open
    ++refused;
    ASSERT_EQ(after.size(), before.size()) << "seed " << seed;
    for (std::size_t at = 0; at < after.size(); ++at) EXPECT_EQ(after[at].error, before[at].error) << "seed " << seed;
    EXPECT_EQ(world.database().queryInteger("SELECT count(*) FROM anomaly_view WHERE kind = 'tsc-contradicts'"), 1)
        << "seed " << seed;
  });
  EXPECT_GT(refused, 15);
}

}  // namespace descry::property
