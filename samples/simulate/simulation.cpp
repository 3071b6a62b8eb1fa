// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/simulation.hpp"

#include <fmt/format.h>

#include <utility>

#include "samples/simulate/world.hpp"

namespace descry::simulate {

struct Simulation::Played {
  explicit Played(const Scenario& scenario) {
    World world(scenario);
    world.run();
    truth = std::move(world.truth);
    guest = std::move(world.guest);
    host = std::move(world.host);
  }
  Truth truth;
  Record guest, host;
};

Simulation::Simulation(const Scenario& itsScenario) : Simulation(itsScenario, Played(itsScenario)) {}

Simulation::Simulation(const Scenario& itsScenario, Played played)
    : scenario(itsScenario),
      truth(std::move(played.truth)),
      guest(Side::Guest, played.guest, scenario.guest, scenario.seed),
      host(Side::Host, played.host, scenario.host, scenario.seed) {}

bool Simulation::fullyRecorded(const ChainTruth& chain) const {
  return guest.complete() && host.complete() && scenario.guest.recorded && scenario.host.recorded &&
         seen(chain[Point::R]) && !chain.firmware;
}

CauseTruth Simulation::measuredCauses(const ChainTruth& chain) const {
  const Ns fetched = chain[Point::f];
  const Ns shift = seen(fetched) ? guest.clock.at(fetched) - host.clock.at(fetched) : 0;
  const auto onHost = [&](Ns ns) { return host.clock.at(ns) + shift; };
  ChainTruth measured = chain;
  measured.ring = 0;
  for (std::size_t index = 0; index < kPoints; ++index)
    if (seen(chain.at[index]))
      measured.at[index] =
          onGuestClock(static_cast<Point>(index)) ? guest.clock.at(chain.at[index]) : onHost(chain.at[index]);
  Truth around;
  around.rings.push_back(truth.rings[static_cast<std::size_t>(chain.ring)]);
  for (StallTruth& stall : around.rings.front().stalls) stall.span = {onHost(stall.span.begin), onHost(stall.span.end)};
  return causesOf(around, measured);
}

MachineFacts machineFacts(const Scenario& scenario) {
  constexpr std::uint64_t kEventIdx = std::uint64_t{1} << 29U, kIndirect = std::uint64_t{1} << 28U,
                          kVersion1 = std::uint64_t{1} << 32U, kAccessPlatform = std::uint64_t{1} << 33U,
                          kPacked = std::uint64_t{1} << 34U, kControlQueue = std::uint64_t{1} << 17U;
  MachineFacts facts;
  for (const DeviceSpec& spec : scenario.devices) {
    const std::size_t number = facts.devices.size();
    DeviceFacts device;
    device.name = fmt::format("virtio{}", number);
    device.type = spec.kind == DeviceKind::Net ? 1 : 2;
    device.parent = spec.transport == Transport::Pci   ? fmt::format("0000:00:{:02x}.0", number + 1)
                    : spec.transport == Transport::Ccw ? fmt::format("0.0.{:04x}", number)
                                                       : fmt::format("LNRO0005:{:02}", number);
    device.iommuGroupType = spec.dma == DmaKind::Iommu ? "DMA" : "none";
    const bool platform = spec.dma != DmaKind::None;
    device.features = kVersion1 | (spec.indirect ? kIndirect : 0) | (spec.eventIdx ? kEventIdx : 0) |
                      (platform ? kAccessPlatform : 0) | (spec.packed ? kPacked : 0) |
                      (spec.controlChains > 0 ? kControlQueue : 0);
    device.accessPlatform = platform;
    device.packed = spec.packed;
    device.eventIdx = spec.eventIdx;
    device.indirect = spec.indirect;
    device.active = true;
    facts.devices.push_back(std::move(device));
  }
  facts.transport = scenario.devices.front().transport == Transport::Pci   ? "pci"
                    : scenario.devices.front().transport == Transport::Ccw ? "ccw"
                                                                           : "mmio";
  return facts;
}

}  // namespace descry::simulate
