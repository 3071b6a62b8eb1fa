// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <utility>

#include "samples/simulate/driver.hpp"

namespace descry::simulate {

Task Driver::get(bool& got) {
  const auto device = static_cast<std::uint64_t>(m_ring.device), queue = static_cast<std::uint64_t>(m_ring.queue);
  const int calls = spec().nestedGet ? 2 : 1;
  // An interrupt that comes while this call runs announces something else.
  const Ns interruptAt = m_interruptAt;
  const EventId interruptEvent = m_interruptEvent;
  for (int call = 0; call < calls; ++call) {
    event(EventKind::GuestGet, {{Field::Device, device},
                                {Field::Queue, queue},
                                {Field::Vq, m_ring.guestVq},
                                {Field::Used, m_ring.usedIndex(m_ring.reaped)}});
    co_await m_cpu.spend(40);
  }
  co_await m_cpu.spend(sample(spec().reap));
  got = m_ring.reaped != m_ring.usedCount();
  std::uint64_t token = 0, length = 0;
  std::size_t index = 0;
  if (got) {
    index = m_ring.used[m_ring.reaped];
    token = m_world.chain(index).token;
    length = static_cast<std::uint64_t>(m_world.chain(index).lengthBytes);
    if (spec().dma != DmaKind::None) co_await unmapSegments(index);
    co_await m_cpu.spend(sample(spec().finish));
    ++m_ring.reaped;
  }
  EventId back = kNoEvent;
  for (int call = 0; call < calls; ++call) {
    if (call > 0) co_await m_cpu.spend(30);
    back = spec().returnFields
               ? event(EventKind::GuestGetReturn,
                       {{Field::Token, token}, {Field::Used, m_ring.usedIndex(m_ring.reaped)}, {Field::Length, length}})
               : event(EventKind::GuestGetReturn, {{Field::Token, token}});
  }
  if (!got) co_return;
  mark(index, Point::R, back);
  mark(index, Point::C, back);
  ChainTruth& chain = m_world.chain(index);
  if (interruptAt != kUnseen) {
    chain.set(Point::I, interruptAt, interruptEvent);
    chain.reapedByInterrupt = true;
  }
  m_freeHeads.push_back(chain.head);
  m_freeDescriptors += descriptorsPerChain();
  m_freeTokens.push_back(token);
  m_reaped.notifyAll();
}

Task Driver::reapAll() {
  bool got = true;
  while (got) co_await get(got);
}

Task Driver::interrupt() {
  const EventId entry = event(EventKind::GuestInterrupt, {{Field::Device, static_cast<std::uint64_t>(m_ring.device)},
                                                          {Field::Queue, static_cast<std::uint64_t>(m_ring.queue)},
                                                          {Field::Vq, m_ring.guestVq}});
  ++m_world.ringTruth(m_ring).interrupts;
  const Ns at = m_world.engine.now();
  co_await m_cpu.spend(90);
  const bool meant = m_ring.reaped != m_ring.usedCount();
  if (meant) {
    m_interruptAt = at;
    m_interruptEvent = entry;
    m_ring.disableInterrupt();
    if (spec().kind == DeviceKind::Net) {
      if (!std::exchange(m_pollScheduled, true)) m_cpu.raiseSoft(*this);
    } else {
      bool more = true;
      while (more) {
        m_ring.disableInterrupt();
        co_await reapAll();
        m_interruptAt = kUnseen;  // what comes now was not announced by this interrupt
        more = m_ring.enableInterrupt();
      }
    }
  }
  co_await m_cpu.spend(60);
  event(EventKind::GuestInterruptReturn, {{Field::Result, meant ? 1U : 0U}});
}

/// NAPI: reap everything, refill receive buffers, then let interrupts come again.
Task Driver::softInterrupt() {
  co_await m_cpu.spend(sample(spec().softirq));
  bool more = true;
  while (more) {
    co_await reapAll();
    m_interruptAt = kUnseen;
    if (m_ring.receive) {
      const std::int64_t missing = std::min(spec().depth, spec().ringSize) - static_cast<std::int64_t>(inFlight());
      if (missing > 0) {
        const std::uint64_t before = m_ring.published();
        std::int64_t published = 0;
        co_await post(missing, published);
        co_await doorbell(before, false);
      }
    }
    more = m_ring.enableInterrupt();
    if (more) m_ring.disableInterrupt();
  }
  m_pollScheduled = false;
}

}  // namespace descry::simulate
