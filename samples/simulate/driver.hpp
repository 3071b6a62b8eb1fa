// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "samples/simulate/world.hpp"

namespace descry::simulate {

/// The guest's driver of one queue: publishes chains, rings the doorbell, takes interrupts and reaps.
class Driver final : public InterruptHandler {
 public:
  Driver(World& world, Ring& ring);

  Task run();
  void interruptPending();
  Task interrupt() override;
  Task softInterrupt() override;
  const Ring& ring() const { return m_ring; }

 private:
  Task waitForTurn(std::uint64_t wanted);
  Task submit(std::int64_t wanted);
  Task post(std::int64_t wanted, std::int64_t& published);
  Task add(bool& published);
  Task doorbell(std::uint64_t before, bool taskContext);
  Task get(bool& got);
  Task reapAll();
  Task spuriousInterrupts();

  // DMA and bounce buffers (driver_dma.cpp)
  Task mapSegments(std::size_t index);
  Task mapSegment(std::size_t index, std::uint64_t physical, bool toDevice);
  Task unmapSegments(std::size_t index);
  Task unmapSegment(std::size_t index, std::uint64_t iova, bool toDevice);
  std::uint64_t takeIova();
  void mark(std::size_t index, Point point, EventId event);

  const DeviceSpec& spec() const { return *m_ring.spec; }
  std::uint64_t inFlight() const { return m_ring.published() - m_ring.reaped; }
  std::int64_t descriptorsPerChain() const {
    if (spec().indirect) return 1;
    return (m_ring.receive ? 0 : spec().outSegments) + (m_ring.transmit ? 0 : spec().inSegments);
  }
  Ns sample(const Duration& duration) { return duration.sample(m_world.random); }
  EventId event(EventKind kind, std::initializer_list<FieldValue> values, std::uint8_t variant = 0) {
    return m_world.guestEvent(m_cpu, kind, values, variant);
  }

  World& m_world;
  Ring& m_ring;
  Vcpu& m_cpu;
  Condition m_reaped;
  std::int32_t m_tid;
  std::vector<std::int64_t> m_freeHeads;
  std::int64_t m_freeDescriptors;
  std::vector<std::uint64_t> m_freeTokens, m_freeIovas;
  std::uint64_t m_nextIova, m_nextPage = 0, m_tokens = 0;
  std::vector<std::size_t> m_undecided;  ///< chains added since the last doorbell decision
  Ns m_interruptAt = kUnseen;            ///< interrupt that the running handler serves
  EventId m_interruptEvent = kNoEvent;
  bool m_pollScheduled = false;
};

}  // namespace descry::simulate
