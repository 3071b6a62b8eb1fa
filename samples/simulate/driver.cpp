// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/driver.hpp"

#include <algorithm>

namespace descry::simulate {

namespace {

constexpr std::int32_t kFirstTask = 300;
constexpr std::uint64_t kNoSpace = static_cast<std::uint64_t>(-28);  // ENOSPC as a sign-extended return value

}  // namespace

Driver::Driver(World& world, Ring& ring)
    : m_world(world),
      m_ring(ring),
      m_cpu(world.vcpu(static_cast<std::size_t>(ring.id))),
      m_reaped(world.engine),
      m_tid(kFirstTask + ring.id),
      m_freeDescriptors(spec().ringSize),
      m_nextIova(0xfff00000U - static_cast<std::uint64_t>(ring.id) * 0x2000000U) {
  for (std::int64_t head = spec().ringSize; head-- > 0;) m_freeHeads.push_back(head);
}

Task Driver::run() {
  co_await m_world.engine.sleep(m_world.random.between(1000, 50000));
  if (spec().spuriousInterruptOneIn != 0) m_world.engine.spawn(spuriousInterrupts());
  if (m_ring.receive) {
    // The stock of receive buffers; the poll of the interrupt refills it.
    co_await m_cpu.acquire(m_tid);
    m_cpu.holdSoftInterrupts();
    const std::uint64_t before = m_ring.published();
    std::int64_t published = 0;
    co_await post(std::min(spec().depth, spec().ringSize), published);
    co_await doorbell(before, true);
    m_cpu.allowSoftInterrupts();
    m_cpu.release();
    co_return;
  }
  if (m_ring.transmit && spec().reapInTransmit) {
    m_ring.disableInterrupt();
    m_ring.usedEvent = ~std::uint64_t{0};
  }
  std::int64_t left = spec().chainsOf(m_ring.queue);
  while (left > 0) {
    const std::int64_t wanted = std::min(left, std::min(spec().burst, spec().depth));
    co_await waitForTurn(static_cast<std::uint64_t>(wanted));
    const std::uint64_t before = m_ring.published();
    co_await submit(wanted);
    left -= static_cast<std::int64_t>(m_ring.published() - before);
  }
}

Task Driver::waitForTurn(std::uint64_t wanted) {
  // Without transmit interrupts room would never be made: the next transmission does.
  const bool closedLoop = !spec().openLoop && !(m_ring.transmit && spec().reapInTransmit);
  while (closedLoop && inFlight() + wanted > static_cast<std::uint64_t>(spec().depth)) co_await m_reaped.wait();
  co_await m_world.engine.sleep(sample(spec().gap));
}

/// One visit of the task to its queue: reap if it is that kind of driver, publish, decide on a doorbell.
Task Driver::submit(std::int64_t wanted) {
  co_await m_cpu.acquire(m_tid);
  m_cpu.holdSoftInterrupts();
  if (m_ring.transmit && spec().reapInTransmit) co_await reapAll();
  const std::uint64_t before = m_ring.published();
  std::int64_t published = 0;
  co_await post(wanted, published);
  co_await doorbell(before, true);
  m_cpu.allowSoftInterrupts();
  m_cpu.release();
}

Task Driver::post(std::int64_t wanted, std::int64_t& published) {
  // Block drivers hold the queue's lock with interrupts off; network drivers only hold off their poll.
  const bool locked = spec().kind == DeviceKind::Block;
  if (locked) m_cpu.holdInterrupts();
  published = 0;
  bool space = true;
  while (published < wanted && space) {
    co_await add(space);
    if (space) ++published;
  }
  if (locked) m_cpu.allowInterrupts();
}

void Driver::mark(std::size_t index, Point point, EventId id) {
  m_world.chain(index).set(point, m_world.engine.now(), id);
}

Task Driver::add(bool& published) {
  const std::uint64_t counter = m_ring.published();
  const bool space = m_freeDescriptors >= descriptorsPerChain();
  if (m_freeTokens.empty())
    m_freeTokens.push_back(0xffff888100000000U + static_cast<std::uint64_t>(m_ring.id) * 0x1000000 +
                           0x200 * ++m_tokens);
  const std::uint64_t token = m_freeTokens.back();
  const auto head = static_cast<std::uint64_t>(space ? m_freeHeads.back() : 0);
  const std::uint64_t slot = spec().packed ? counter % static_cast<std::uint64_t>(spec().ringSize) : 0;
  const auto out = static_cast<std::uint64_t>(m_ring.receive ? 0 : spec().outSegments);
  const auto in = static_cast<std::uint64_t>(m_ring.transmit ? 0 : spec().inSegments);
  const std::uint8_t variant = m_ring.receive ? kReceive : m_ring.transmit ? kTransmit : 0;
  const EventId entry = event(EventKind::GuestAdd,
                              {{Field::Device, static_cast<std::uint64_t>(m_ring.device)},
                               {Field::Queue, static_cast<std::uint64_t>(m_ring.queue)},
                               {Field::Vq, m_ring.guestVq},
                               {Field::Avail, spec().packed ? 128 : m_ring.availIndex(counter)},
                               {Field::PackedAvail, slot},
                               {Field::Head, head},
                               {Field::Out, out},
                               {Field::In, in},
                               {Field::Token, token}},
                              variant);
  if (!space) {
    co_await m_cpu.spend(sample(spec().publish));
    event(EventKind::GuestAddReturn, {{Field::Result, kNoSpace}});
    published = false;
    co_return;
  }
  m_freeHeads.pop_back();
  m_freeDescriptors -= descriptorsPerChain();
  m_freeTokens.pop_back();
  const std::size_t index = m_world.truth.chains.size();
  {
    ChainTruth& chain = m_world.truth.chains.emplace_back();
    chain.ring = m_ring.id;
    chain.position = spec().startPosition + static_cast<std::int64_t>(counter);
    chain.head = static_cast<std::int64_t>(head);
    chain.token = token;
    chain.outCount = static_cast<std::int64_t>(out);
    chain.inCount = static_cast<std::int64_t>(in);
  }
  mark(index, Point::Q, entry);
  co_await m_cpu.spend(sample(spec().prepare));
  if (spec().dma != DmaKind::None || spec().translate) co_await mapSegments(index);
  co_await m_cpu.spend(sample(spec().publish));
  m_world.chain(index).published = m_world.engine.now();
  m_ring.available.push_back(index);
  m_undecided.push_back(index);
  m_world.deviceOf(m_ring).published(m_ring);
  co_await m_cpu.spend(sample(spec().addReturn));
  const EventId back = event(EventKind::GuestAddReturn, {{Field::Result, 0}});
  mark(index, Point::A, back);
  published = true;
}

Task Driver::doorbell(std::uint64_t before, bool taskContext) {
  const bool locked = taskContext && spec().kind == DeviceKind::Block;
  if (locked) m_cpu.holdInterrupts();
  const auto device = static_cast<std::uint64_t>(m_ring.device), queue = static_cast<std::uint64_t>(m_ring.queue);
  event(EventKind::GuestKickPrepare, {{Field::Device, device},
                                      {Field::Queue, queue},
                                      {Field::Vq, m_ring.guestVq},
                                      {Field::Count, m_ring.published() - before},
                                      {Field::Packed, spec().packed ? 1U : 0U},
                                      {Field::UsesDma, spec().dma == DmaKind::None ? 0U : 1U},
                                      {Field::Size, static_cast<std::uint64_t>(spec().ringSize)},
                                      {Field::Ring, m_ring.ringAddress}});
  co_await m_cpu.spend(100);
  const bool needed = m_ring.published() != before && m_ring.needsDoorbell(before);
  event(EventKind::GuestKickPrepareReturn, {{Field::Result, needed ? 1U : 0U}});
  const std::vector<std::size_t> batch = std::exchange(m_undecided, {});
  if (!needed)
    for (const std::size_t index : batch) m_world.chain(index).doorbellSuppressed = true;
  co_await m_cpu.spend(80);
  if (locked) m_cpu.allowInterrupts();
  if (!needed) co_return;
  const std::uint8_t variant = m_world.transportVariant(m_ring);
  const EventId rung = event(EventKind::GuestNotify,
                             {{Field::Device, device}, {Field::Queue, queue}, {Field::Vq, m_ring.guestVq}}, variant);
  for (const std::size_t index : batch) mark(index, Point::K, rung);
  ++m_world.ringTruth(m_ring).doorbells;
  // The processor is out of the guest: nothing can interrupt it there.
  m_cpu.holdInterrupts();
  co_await m_world.engine.sleep(sample(spec().exit));
  if (!m_ring.losesDoorbell()) m_world.deviceOf(m_ring).doorbell(m_ring, m_world.exitContext(m_cpu.context()), batch);
  m_cpu.allowInterrupts();
  co_await m_cpu.spend(m_world.random.between(200, 900));
  event(EventKind::GuestNotifyReturn, {{Field::Result, 1}}, variant);
}

void Driver::interruptPending() {
  m_cpu.raise(*this);
}

Task Driver::spuriousInterrupts() {
  for (std::int64_t turn = 0; turn < spec().chains; ++turn) {
    co_await m_world.engine.sleep(m_world.random.between(5000, 100000));
    if (m_world.random.oneIn(static_cast<std::uint64_t>(spec().spuriousInterruptOneIn))) interruptPending();
  }
}

}  // namespace descry::simulate
