// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/world.hpp"

#include <utility>

#include "samples/simulate/driver.hpp"

namespace descry::simulate {

namespace {

constexpr Ns kBootTime = 100'000;
constexpr std::int32_t kFirstExitThread = 9000;

}  // namespace

World::World(const Scenario& scenario) : random(scenario.seed), m_scenario(scenario) {
  m_scenario.check();
  for (std::int64_t cpu = 0; cpu < m_scenario.vcpus; ++cpu)
    m_vcpus.emplace_back(engine, static_cast<std::uint16_t>(cpu));
  makeRings();
}

World::~World() = default;

Ring& World::makeRing(const DeviceSpec& spec, std::int32_t device, std::int32_t queue) {
  const auto number = static_cast<std::uint64_t>(device), index = static_cast<std::uint64_t>(queue);
  const bool net = spec.kind == DeviceKind::Net && queue < spec.queues * 2;
  Ring& ring = m_rings.emplace_back();
  ring.spec = &spec;
  ring.id = static_cast<std::int32_t>(m_rings.size() - 1);
  ring.device = device;
  ring.queue = queue;
  ring.receive = net && queue % 2 == 0;
  ring.transmit = net && queue % 2 == 1;
  ring.guestVq = 0xffff888000000000U + number * 0x100000 + index * 0x300;
  ring.ringAddress = 0x2000000U + number * 0x1000000 + index * 0x10000;
  if (spec.host == HostKind::Vhost) {
    // vhost-net: one host device per pair of queues.
    ring.hostDevice = 0xffff8a5500000000U + number * 0x10000000 + index / 2 * 0x100000;
    ring.hostVq0 = ring.hostDevice + 0xc0;
    ring.hostVq1 = ring.hostDevice + 0x4ab8;
    ring.hostVq = index % 2 == 0 ? ring.hostVq0 : ring.hostVq1;
  } else {
    ring.hostDevice = 0x55c000000000U + number * 0x10000;
    ring.hostVq = 0x7f1000000000U + number * 0x100000 + index * 0x98;
  }
  ring.callContext = 0xffff8a5580000000U + number * 0x10000 + index * 0x40;
  RingTruth& facts = truth.rings.emplace_back();
  facts.device = device;
  facts.queue = ring.queue;
  facts.receive = ring.receive;
  facts.transmit = ring.transmit;
  facts.packed = spec.packed;
  facts.vhost = spec.host == HostKind::Vhost;
  facts.guestVq = ring.guestVq;
  facts.hostVq = ring.hostVq;
  m_drivers.push_back(std::make_unique<Driver>(*this, ring));
  return ring;
}

void World::serve(const DeviceSpec& spec, const std::vector<Ring*>& rings) {
  m_devices.push_back(spec.host == HostKind::Vhost ? makeVhostDevice(*this, spec, rings)
                                                   : makeQemuDevice(*this, spec, rings));
  m_deviceOf.resize(m_rings.size());
  for (const Ring* ring : rings) m_deviceOf[static_cast<std::size_t>(ring->id)] = m_devices.back().get();
}

void World::makeRings() {
  std::int32_t device = 0;
  for (const DeviceSpec& spec : m_scenario.devices) {
    const bool vhost = spec.host == HostKind::Vhost;
    const auto count = static_cast<std::int32_t>(spec.kind == DeviceKind::Net ? spec.queues * 2 : spec.queues);
    std::vector<Ring*> rings;
    for (std::int32_t queue = 0; queue < count; ++queue) {
      rings.push_back(&makeRing(spec, device, queue));
      if (vhost && queue % 2 == 1) serve(spec, std::exchange(rings, {}));
    }
    if (!rings.empty()) serve(spec, rings);
    if (spec.controlChains > 0) {
      m_controls.push_back(spec.control());
      serve(m_controls.back(), {&makeRing(m_controls.back(), device, count)});
    }
    ++device;
  }
}

void World::run() {
  for (const auto& device : m_devices) {
    engine.spawn(device->prepare());
    engine.run(m_scenario.limit);
  }
  engine.spawn([](World& world) -> Task { co_await world.engine.sleep(kBootTime); }(*this));
  engine.run(m_scenario.limit);
  for (const auto& device : m_devices) device->start();
  for (const auto& driver : m_drivers) engine.spawn(driver->run());
  for (Ring& ring : m_rings)
    if (ring.receive) engine.spawn(packets(ring));
  engine.run(m_scenario.limit);
  truth.end = engine.now();
}

Task World::packets(Ring& ring) {
  for (std::int64_t packet = 0; packet < ring.spec->chainsOf(ring.queue); ++packet) {
    co_await engine.sleep(ring.spec->gap.sample(random));
    deviceOf(ring).packet(ring);
  }
}

Context World::exitContext(const Context& guestContext) const {
  return {kFirstExitThread + guestContext.cpu, guestContext.cpu};
}

Task World::injected(Ring& ring) {
  co_await engine.sleep(ring.spec->inject.sample(random));
  // One line serves all queues of an mmio device: each driver looks whether it was meant.
  for (const auto& driver : m_drivers) {
    const bool shared = ring.spec->transport == Transport::Mmio && driver->ring().device == ring.device;
    if (shared || &driver->ring() == &ring) driver->interruptPending();
  }
}

void World::sendInterrupt(Ring& ring) {
  if (!ring.losesInterrupt()) engine.spawn(injected(ring));
}

std::uint8_t World::transportVariant(const Ring& ring) const {
  switch (ring.spec->transport) {
    case Transport::Pci:
      return kTransportPci;
    case Transport::Ccw:
      return kTransportCcw;
    case Transport::Mmio:
      return kTransportMmio;
  }
  return 0;
}

}  // namespace descry::simulate
