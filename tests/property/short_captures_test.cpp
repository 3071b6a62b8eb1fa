// SPDX-License-Identifier: GPL-2.0-or-later
// Captures of few chains whose host began to record late: what QEMU popped before is not known, so that only the way
// back tells which receive buffer a packet took.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/property/world_checks.hpp"

namespace descry::property {

namespace {

struct Late {
  const char* name;
  simulate::Transport transport;
  bool packed;
};

/// A network device with a packet every 300 ms, whose ring of 256 buffers is filled before the host records, and a disk
/// with uneven traffic, which tells the clocks apart.
simulate::Scenario lateHost(const Late& late, std::uint64_t seed) {
  simulate::Scenario scenario;
  scenario.seed = seed;
  scenario.devices.resize(2);
  for (simulate::DeviceSpec& device : scenario.devices) {
    device.transport = late.transport;
    device.packed = late.packed;
  }
  simulate::DeviceSpec& net = scenario.devices.front();
  net.kind = simulate::DeviceKind::Net;
  net.chains = 40;
  net.depth = net.ringSize;
  net.outSegments = net.inSegments = 1;
  net.gap = simulate::Duration::exponential(300'000'000, 20'000'000);
  simulate::DeviceSpec& disk = scenario.devices.back();
  disk.chains = 400;
  disk.gap = simulate::Duration::exponential(1'000'000, 40'000'000);
  scenario.guest.clockStart = 5'000'000'000;
  scenario.host.clockStart = 5'250'000'000;
  scenario.host.driftPpb = 20'000;
  scenario.host.recordFrom = 2'000'000'000;
  return scenario;
}

class ShortCaptures : public testing::TestWithParam<Late> {};

}  // namespace

TEST_P(ShortCaptures, OfReceiveQueuesArePairedByTheirWayBack) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const PlayedWorld world(lateHost(GetParam(), seed));
    const Failures failures = checkAny(world);
    EXPECT_TRUE(failures.empty()) << "seed " << seed << ":\n" << join(failures);
    const auto number = [&](const char* sql) { return world.database().queryInteger(sql).value_or(0); };
    const auto fetched = number("SELECT sum(fetches) FROM queue_view WHERE side = 'host' AND queue_name = 'rx0'");
    EXPECT_GE(fetched, 20) << "seed " << seed;
    EXPECT_EQ(number("SELECT count(*) FROM chain_view WHERE scope = 'full' AND queue_name = 'rx0'"), fetched)
        << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Rings, ShortCaptures,
                         testing::Values(Late{"pci", simulate::Transport::Pci, false},
                                         Late{"ccw", simulate::Transport::Ccw, false},
                                         Late{"mmio", simulate::Transport::Mmio, false},
                                         Late{"packed", simulate::Transport::Pci, true}),
                         [](const auto& ring) { return std::string(ring.param.name); });

}  // namespace descry::property
