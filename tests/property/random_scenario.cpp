// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/property/random_scenario.hpp"

#include <cstdlib>
#include <string>

namespace descry::property {

using namespace simulate;

namespace {

/// One in `n`.
bool rarely(const Choose& choose, std::int64_t n) {
  return choose(0, n - 1) == n - 1;
}
bool often(const Choose& choose) {
  return choose(0, 1) == 1;
}

Duration anyDuration(const Choose& choose, Ns least, Ns mean) {
  switch (choose(0, 2)) {
    case 0:
      return Duration::fixed(least + mean);
    case 1:
      return Duration::exponential(least, mean);
    default:
      return Duration::exponential(least, mean * 3);
  }
}

void chooseHost(DeviceSpec& device, const Choose& choose) {
  const bool net = rarely(choose, 2);
  device.kind = net ? DeviceKind::Net : DeviceKind::Block;
  device.host = net && often(choose) ? HostKind::Vhost : HostKind::Qemu;
  device.packed = device.host == HostKind::Qemu && rarely(choose, 4);
  device.transport = static_cast<Transport>(choose(0, 2));
  // More pairs of queues on vhost: multiqueue_test.cpp.
  device.queues = device.host == HostKind::Vhost || often(choose) ? 1 : choose(2, 3);
  device.eventIdx = !rarely(choose, 4);
  device.sharedThread = often(choose);
  device.outOfOrder = often(choose);
  device.usedBatch = rarely(choose, 3) ? choose(2, 8) : 1;
  device.weight = rarely(choose, 4) ? choose(2, 10) : 256;
  device.poll = device.host == HostKind::Qemu && rarely(choose, 4) ? choose(5000, 60000) : 0;
  device.reapInTransmit = net && rarely(choose, 3);
}

void chooseTraffic(DeviceSpec& device, const Choose& choose) {
  device.chains = choose(20, 120);
  device.ringSize = std::int64_t{1} << choose(3, 8);
  device.depth = std::min<std::int64_t>(device.ringSize, choose(1, 16));
  device.burst = rarely(choose, 3) ? choose(2, 8) : 1;
  device.openLoop = rarely(choose, 3);
  device.gap = Duration::exponential(choose(500, 3000), choose(1000, 40000));
  device.service = anyDuration(choose, choose(500, 3000), choose(1000, 30000));
  device.exit = anyDuration(choose, choose(300, 1500), choose(100, 2000));
  device.wakeup = anyDuration(choose, choose(500, 2000), choose(100, 6000));
  device.inject = anyDuration(choose, choose(500, 2000), choose(100, 6000));
  device.outSegments = choose(1, 3);
  device.inSegments = choose(1, 3);
  // A kernel's vhost counts from what the ring says, a QEMU device from its reset.
  if (device.host == HostKind::Vhost && rarely(choose, 3))
    device.startPosition = choose(0, 1) == 0 ? choose(65500, 65535) : choose(1, 30000);
}

void chooseAddresses(DeviceSpec& device, const Choose& choose) {
  device.dma = static_cast<DmaKind>(choose(0, 3));
  device.translate = device.dma == DmaKind::Iommu || (device.dma == DmaKind::Direct && rarely(choose, 2));
  if (device.packed) device.translate = device.translate && device.dma == DmaKind::Iommu;
  device.invalidate = device.dma == DmaKind::Iommu && often(choose);
  device.workingSet = choose(4, 200);
  device.iotlbEntries = rarely(choose, 2) ? choose(24, 64) : 2048;
  device.answer = anyDuration(choose, choose(1000, 10000), choose(1000, 60000));
  device.echoOneIn = rarely(choose, 3) ? choose(2, 6) : 0;
}

void chooseProbes(DeviceSpec& device, const Choose& choose) {
  device.returnFields = often(choose);
  device.nestedGet = rarely(choose, 3);
  device.duplicateNotify = device.host == HostKind::Qemu && rarely(choose, 3);
  device.spuriousKick = rarely(choose, 3);
  device.spuriousInterruptOneIn = rarely(choose, 3) ? choose(2, 8) : 0;
  device.firmwareChains = device.host == HostKind::Qemu && rarely(choose, 3) ? choose(1, 30) : 0;
}

}  // namespace

Choose chooseFrom(Random& random) {
  return [&random](std::int64_t low, std::int64_t high) { return random.between(low, high); };
}

Scenario anyScenario(const Choose& choose) {
  Scenario scenario;
  scenario.name = "any";
  scenario.seed = static_cast<std::uint64_t>(choose(1, 1'000'000'000));
  scenario.vcpus = choose(1, 4);
  scenario.devices.resize(rarely(choose, 4) ? 2 : 1);
  // One host kind per machine: a trace of vhost is not a trace of QEMU.
  for (DeviceSpec& device : scenario.devices) {
    chooseHost(device, choose);
    if (&device != &scenario.devices.front()) {
      device.host = scenario.devices.front().host;
      if (device.host == HostKind::Vhost)
        device.kind = DeviceKind::Net, device.packed = false, device.queues = 1, device.poll = 0;
      device.transport = scenario.devices.front().transport;
    }
    chooseTraffic(device, choose);
    chooseAddresses(device, choose);
    chooseProbes(device, choose);
    if (device.host == HostKind::Vhost) device.duplicateNotify = false, device.firmwareChains = 0;
  }
  scenario.guest.clockStart = choose(0, 4'000'000'000'000);
  scenario.host.clockStart = choose(0, 4'000'000'000'000);
  scenario.guest.driftPpb = choose(-50'000, 50'000);
  scenario.host.driftPpb = choose(-50'000, 50'000);
  return scenario;
}

void damage(Scenario& scenario, const Choose& choose) {
  for (SideSpec* const side : {&scenario.guest, &scenario.host}) {
    if (rarely(choose, 2)) side->recordFrom = choose(100'000, 3'000'000);
    if (rarely(choose, 3)) side->recordUntil = side->recordFrom + choose(200'000, 5'000'000);
    if (rarely(choose, 4)) side->truncated = true;
    // Kernel probes that nest are skipped without a word; LTTng counts what it drops.
    const bool silent = side == &scenario.guest || scenario.devices.front().host == HostKind::Vhost;
    if (silent && rarely(choose, 2)) side->dropOneIn = choose(20, 500);
    for (std::int64_t count = rarely(choose, 2) ? choose(1, 3) : 0; count > 0; --count) {
      const Ns begin = choose(0, 4'000'000);
      side->losses.push_back({begin, begin + choose(1000, 800'000)});
    }
  }
}

void addStep(Scenario& scenario, const Choose& choose, Ns at) {
  const Ns ahead = choose(20'000'000, 2'000'000'000);
  (choose(0, 1) == 0 ? scenario.guest : scenario.host).steps.push_back({at, ahead});
}

void forEachSeed(std::uint64_t normal, const std::function<void(std::uint64_t seed)>& play) {
  if (const char* const only = std::getenv("DESCRY_PROPERTY_SEED"); only != nullptr)
    return play(std::strtoull(only, nullptr, 10));
  const char* const from = std::getenv("DESCRY_PROPERTY_FROM");
  const std::uint64_t first = from == nullptr ? 1 : std::strtoull(from, nullptr, 10);
  for (std::uint64_t seed = first; seed < first + worlds(normal); ++seed) play(seed);
}

std::uint64_t worlds(std::uint64_t normal) {
  const char* const factor = std::getenv("DESCRY_PROPERTY_WORLDS");
  if (factor == nullptr) return normal;
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(static_cast<double>(normal) * std::strtod(factor, nullptr)));
}

}  // namespace descry::property
