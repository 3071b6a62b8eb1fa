// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "samples/simulate/engine.hpp"
#include "samples/simulate/record.hpp"
#include "samples/simulate/ring.hpp"
#include "samples/simulate/scenario.hpp"
#include "samples/simulate/truth.hpp"
#include "samples/simulate/vcpu.hpp"

namespace descry::simulate {

class Driver;

/// What serves a device's rings on the host. Calls come at the current true time.
class HostDevice {
 public:
  virtual ~HostDevice() = default;
  /// The ring setup that a tracer sees before the driver starts; takes no time that matters.
  virtual Task prepare() = 0;
  virtual void start() = 0;
  /// The doorbell of the ring reached the host, rung by a guest processor for these chains.
  virtual void doorbell(Ring& ring, Context exit, const std::vector<std::size_t>& chains) = 0;
  /// A chain was published; for devices that poll.
  virtual void published(Ring& ring) = 0;
  /// A packet for this receive ring arrived.
  virtual void packet(Ring& ring) = 0;
  /// The guest unmapped this page and waits until the host forgot it.
  virtual Task invalidate(Ring& ring, std::uint64_t iova, Context exit) = 0;
};

/// One simulated machine: guest drivers, rings, a host, and what perfect tracers on both sides would write down.
class World {
 public:
  explicit World(const Scenario& scenario);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Runs the scenario to its end. Call once.
  void run();

  const Scenario& scenario() const { return m_scenario; }
  Engine engine;
  Random random;
  Record guest, host;
  Truth truth;

  Vcpu& vcpu(std::size_t index) { return m_vcpus[index % m_vcpus.size()]; }
  RingTruth& ringTruth(const Ring& ring) { return truth.rings[static_cast<std::size_t>(ring.id)]; }
  ChainTruth& chain(std::size_t index) { return truth.chains[index]; }
  HostDevice& deviceOf(const Ring& ring) { return *m_deviceOf[static_cast<std::size_t>(ring.id)]; }
  /// The host thread that stands for the guest processor in exits.
  Context exitContext(const Context& guestContext) const;
  /// The device's interrupt is on its way to the driver.
  void sendInterrupt(Ring& ring);
  EventId guestEvent(const Vcpu& cpu, EventKind kind, std::initializer_list<FieldValue> values,
                     std::uint8_t variant = 0) {
    return guest.add(engine.now(), cpu.context(), kind, values, variant);
  }
  EventId hostEvent(Context context, EventKind kind, std::initializer_list<FieldValue> values,
                    std::uint8_t variant = 0) {
    return host.add(engine.now(), context, kind, values, variant);
  }
  /// Bits of EventVariant that a notification of this device's transport carries.
  std::uint8_t transportVariant(const Ring& ring) const;

 private:
  void makeRings();
  Ring& makeRing(const DeviceSpec& spec, std::int32_t device, std::int32_t queue);
  void serve(const DeviceSpec& spec, const std::vector<Ring*>& rings);
  Task injected(Ring& ring);
  Task packets(Ring& ring);

  const Scenario m_scenario;
  std::deque<DeviceSpec> m_controls;  ///< what differs for the control queue of a device of vhost
  std::deque<Vcpu> m_vcpus;
  std::deque<Ring> m_rings;
  std::vector<std::unique_ptr<Driver>> m_drivers;  ///< by ring id
  std::vector<std::unique_ptr<HostDevice>> m_devices;
  std::vector<HostDevice*> m_deviceOf;  ///< by ring id
};

std::unique_ptr<HostDevice> makeVhostDevice(World& world, const DeviceSpec& spec, std::vector<Ring*> rings);
std::unique_ptr<HostDevice> makeQemuDevice(World& world, const DeviceSpec& spec, const std::vector<Ring*>& rings);

}  // namespace descry::simulate
