// SPDX-License-Identifier: GPL-2.0-or-later
// A network device with several pairs of queues: kernel vhost-net has a device for each pair, the VMM the control
// queue.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "tests/property/halves.hpp"
#include "tests/property/random_scenario.hpp"
#include "tests/property/world_checks.hpp"

namespace descry::property {
namespace {

using namespace simulate;

Scenario multiqueue(std::int64_t pairs, std::uint64_t seed) {
  Scenario scenario;
  scenario.name = "multiqueue";
  scenario.seed = seed;
  scenario.guest.clockStart = 7'000'000'000;
  scenario.host.clockStart = 3'000'000'000;
  DeviceSpec& device = scenario.devices.front();
  device.kind = DeviceKind::Net;
  device.host = HostKind::Vhost;
  device.queues = pairs;
  device.chains = 100;
  device.outSegments = device.inSegments = 1;
  return scenario;
}

/// The host queue that serves each guest queue in truth, by the addresses of both.
std::map<std::string, std::string> truthOf(const PlayedWorld& world) {
  std::map<std::string, std::string> serves;
  for (const RingTruth& ring : world.simulation().truth.rings)
    serves[fmt::format("0x{:x}", ring.guestVq)] = fmt::format("0x{:x}", ring.hostVq);
  return serves;
}

/// Of how many guest queues the host queue was found; every one found must be the true one.
std::int64_t expectTruePairs(const PlayedWorld& world) {
  const std::map<std::string, std::string> truth = truthOf(world);
  Statement rows = world.database().prepare(
      "SELECT DISTINCT g.address, h.address FROM pair_segment JOIN queue g ON g.queue_id = guest_queue_id"
      " JOIN queue h ON h.queue_id = host_queue_id");
  std::int64_t found = 0;
  for (; rows.step(); ++found) EXPECT_EQ(truth.at(std::string(rows.text(0))), rows.text(1));
  return found;
}

std::int64_t ask(const PlayedWorld& world, const std::string& sql) {
  return world.database().queryInteger(sql).value_or(-1);
}

TEST(Multiqueue, EveryQueueHasItsHostQueueAndItsWorker) {
  for (const std::int64_t pairs : {2, 4, 8}) {
    Scenario scenario = multiqueue(pairs, 5);
    scenario.devices.front().controlChains = 24;
    const PlayedWorld world(scenario);
    const Failures failures = checkClean(world);
    EXPECT_TRUE(failures.empty()) << join(failures);
    EXPECT_EQ(expectTruePairs(world), 2 * pairs + 1);
    EXPECT_EQ(ask(world, "SELECT count(*) FROM device_view"), 1);
    EXPECT_EQ(ask(world, "SELECT count(*) FROM device_pair"), pairs + 1) << "the devices of vhost, and QEMU's";
    for (std::int64_t pair = 0; pair < pairs; ++pair)
      for (const char* const kind : {"rx", "tx"}) {
        const std::string queue = fmt::format("device = 'virtio0' AND queue_name = '{}{}'", kind, pair);
        EXPECT_EQ(ask(world, fmt::format("SELECT paired FROM queue_total_view WHERE {}", queue)), 100) << queue;
        // The simulator numbers the threads of the devices that it starts.
        EXPECT_EQ(ask(world, fmt::format("SELECT worker_tid FROM queue_view WHERE side = 'host' AND {}", queue)),
                  3000 + pair)
            << queue;
      }
    EXPECT_EQ(ask(world, "SELECT paired FROM queue_total_view WHERE queue_name = 'ctrl'"), 24);
  }
}

TEST(Multiqueue, WorkersPerQueueAreKept) {
  Scenario scenario = multiqueue(2, 9);
  scenario.devices.front().sharedThread = false;
  const PlayedWorld world(scenario);
  EXPECT_EQ(expectTruePairs(world), 4);
  for (std::int64_t queue = 0; queue < 4; ++queue)
    EXPECT_EQ(
        ask(world, fmt::format("SELECT worker_tid FROM queue_view WHERE side = 'host' AND queue_index = {}", queue)),
        3000 + queue);
}

TEST(Multiqueue, AnIdlePairIsToldByTheOrderInWhichTheDevicesWereStarted) {
  // Two chains prove nothing; the others leave one place, and the VMM starts the devices in their order.
  Scenario scenario = multiqueue(4, 3);
  scenario.devices.front().idleQueueChains = 2;
  const PlayedWorld world(scenario);
  EXPECT_EQ(expectTruePairs(world), 8);
  EXPECT_EQ(ask(world, "SELECT count(*) FROM device_pair"), 4);
  EXPECT_EQ(ask(world, "SELECT count(DISTINCT device) FROM queue_view"), 1) << "no device of vhost is left over";
}

TEST(Multiqueue, WithoutTheStartTheChainsDecideAndNothingIsGuessed) {
  std::int64_t found = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Scenario scenario = multiqueue(3, seed);
    scenario.devices.front().chains = 60;
    scenario.host.recordFrom = 400'000;
    const PlayedWorld world(scenario);
    ASSERT_EQ(ask(world, "SELECT count(start_ns) FROM queue_epoch"), 0) << "the start must not be seen";
    found += expectTruePairs(world);
    const Failures failures = checkPairs(world);
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ": " << join(failures);
  }
  EXPECT_GT(found, 60 * 6 / 2);
}

TEST(Multiqueue, DamagedWorldsMayLeaveQueuesUnpairedButNeverPairThemWrongly) {
  std::int64_t found = 0;
  forEachSeed(120, [&found](std::uint64_t seed) {
    Random random(seed);
    const Choose choose = chooseFrom(random);
    Scenario scenario = anyScenario(choose);
    if (scenario.devices.front().host != HostKind::Vhost) return;
    for (DeviceSpec& device : scenario.devices) {
      device.queues = choose(2, 4);
      device.controlChains = choose(0, 40);
      device.reapInTransmit = device.openLoop = false;
    }
    if (seed % 2 == 0) damage(scenario, choose);
    const PlayedWorld world(scenario);
    found += expectTruePairs(world);
    const Failures failures = checkPairs(world);
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ": " << join(failures);
  });
  EXPECT_GT(found, 0);
}

TEST(Multiqueue, DevicesOfTwoCardsStayApart) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Scenario scenario = multiqueue(2, seed);
    scenario.devices.push_back(scenario.devices.front());
    const PlayedWorld world(scenario);
    expectTruePairs(world);
    Statement rows = world.database().prepare(
        "SELECT guest_device_id, count(*), count(DISTINCT first_queue) FROM device_pair GROUP BY 1");
    while (rows.step()) {
      EXPECT_EQ(rows.integer(1), rows.integer(2)) << "seed " << seed;
      EXPECT_LE(rows.integer(1), 2) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace descry::property
