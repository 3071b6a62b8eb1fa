// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/qemu_device.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace descry::simulate {

namespace {

constexpr std::int32_t kLoopThread = 5000;
constexpr std::uint64_t kHeap = 0x55d000000000, kHeapPart = 0x10000000;
constexpr std::array<std::uint64_t, 4> kBringUp = {1, 3, 11, 15};  // status bits as a driver adds them
constexpr std::uint64_t kFirstSourceId = 0x10;                     // requester id of the first device on the bus

}  // namespace

QemuDevice::QemuDevice(World& world, const DeviceSpec& spec, const std::vector<Ring*>& rings)
    : m_world(world),
      m_spec(spec),
      m_first(rings.front()->queue),
      m_iotlb(static_cast<std::size_t>(spec.iotlbEntries), static_cast<std::uint64_t>(spec.pageBytes)) {
  for (Ring* const ring : rings) {
    if (m_loops.empty() || !spec.sharedThread)
      m_loops.emplace_back(world.engine, kLoopThread + ring->device * 100 + static_cast<std::int32_t>(m_loops.size()));
    m_queues.push_back(std::make_unique<Queue>(*ring, m_loops.back()));
  }
}

Task QemuDevice::setStatus(std::uint64_t value) {
  m_world.hostEvent(m_loops.front().context(), EventKind::QemuStatus,
                    {{Field::Device, m_queues.front()->ring.hostDevice}, {Field::Value, value}});
  co_await m_world.engine.sleep(m_world.random.between(300, 3000));
}

Task QemuDevice::prepare() {
  co_await setStatus(0);
  if (m_spec.firmwareChains > 0) {
    for (const std::uint64_t value : kBringUp) co_await setStatus(value);
    co_await firmware();
    co_await setStatus(0);
  }
  for (const std::uint64_t value : kBringUp) co_await setStatus(value);
}

/// The firmware polls: its chains have a host half only, and the reset after them starts the positions anew.
Task QemuDevice::firmware() {
  const Ring& ring = m_queues.front()->ring;
  const Context context = m_loops.front().context();
  for (std::int64_t turn = 0; turn < m_spec.firmwareChains; ++turn) {
    ChainTruth chain;
    chain.ring = ring.id;
    chain.firmware = true;
    chain.position = turn;
    chain.element = newElement();
    m_world.hostEvent(context, EventKind::QemuNotify,
                      {{Field::Device, ring.hostDevice},
                       {Field::Queue, static_cast<std::uint64_t>(ring.queue)},
                       {Field::Vq, ring.hostVq}});
    co_await m_world.engine.sleep(800);
    const EventId popped =
        m_world.hostEvent(context, EventKind::QemuPop,
                          {{Field::Vq, ring.hostVq}, {Field::Element, chain.element}, {Field::In, 2}, {Field::Out, 1}});
    chain.set(Point::f, m_world.engine.now(), popped);
    co_await m_world.engine.sleep(m_spec.service.sample(m_world.random));
    const EventId fill = m_world.hostEvent(
        context, EventKind::QemuFill,
        {{Field::Vq, ring.hostVq}, {Field::Element, chain.element}, {Field::Length, 513}, {Field::Value, 0}});
    chain.set(Point::p, m_world.engine.now(), fill);
    chain.set(Point::u, m_world.engine.now(), fill);
    co_await m_world.engine.sleep(200);
    if (!m_spec.packed) {
      const EventId flush =
          m_world.hostEvent(context, EventKind::QemuFlush, {{Field::Vq, ring.hostVq}, {Field::Count, 1}});
      chain.set(Point::u, m_world.engine.now(), flush);
    }
    m_freeElements.push_back(chain.element);
    m_world.truth.chains.push_back(chain);
    co_await m_world.engine.sleep(3000);
  }
}

void QemuDevice::start() {
  for (Loop& loop : m_loops) m_world.engine.spawn(run(loop));
  if (m_spec.spuriousKick)
    for (const auto& queue : m_queues) push(queue->loop, {Work::Doorbell, queue.get(), 0});
}

std::uint64_t QemuDevice::newElement() {
  // malloc gives the block that was freed last: addresses come again soon.
  if (m_freeElements.empty())
    m_freeElements.push_back(kHeap + static_cast<std::uint64_t>(m_queues.front()->ring.device) * kHeapPart +
                             0x200 * ++m_elements);
  const std::uint64_t element = m_freeElements.back();
  m_freeElements.pop_back();
  return element;
}

void QemuDevice::push(Loop& loop, Item item) {
  loop.items.push_back(item);
  loop.wake.notifyAll();
}

void QemuDevice::doorbell(Ring& ring, Context exit, const std::vector<std::size_t>& chains) {
  Queue& queue = queueOf(ring);
  ++m_world.ringTruth(ring).arrivedDoorbells;
  if (m_spec.duplicateNotify) {
    // ccw without ioeventfd: the processor's thread reports the doorbell, then the device's thread does so again.
    const EventId id = m_world.hostEvent(exit, EventKind::QemuNotify,
                                         {{Field::Device, ring.hostDevice},
                                          {Field::Queue, static_cast<std::uint64_t>(ring.queue)},
                                          {Field::Vq, ring.hostVq}});
    for (const std::size_t index : chains) m_world.chain(index).set(Point::k, m_world.engine.now(), id);
  }
  if (!std::exchange(queue.doorbellQueued, true)) push(queue.loop, {Work::Doorbell, &queue, 0});
}

void QemuDevice::published(Ring& ring) {
  Queue& queue = queueOf(ring);
  if (queue.loop.polling && !ring.receive) push(queue.loop, {Work::Poll, &queue, 0});
}

void QemuDevice::packet(Ring& ring) {
  Queue& queue = queueOf(ring);
  push(queue.loop, {Work::Packet, &queue, 0});
}

Task QemuDevice::endPolling(Loop& loop, std::uint64_t turn) {
  co_await m_world.engine.sleep(m_spec.poll);
  if (loop.polling && loop.pollTurn == turn) {
    loop.polling = false;
    loop.wake.notifyAll();
  }
}

Task QemuDevice::waitForWork(Loop& loop) {
  bool found = false;
  if (m_spec.poll > 0) {
    for (const auto& queue : m_queues)
      if (&queue->loop == &loop) queue->ring.disableNotify();
    loop.polling = true;
    m_world.engine.spawn(endPolling(loop, ++loop.pollTurn));
    while (loop.polling && loop.items.empty()) co_await loop.wake.wait();
    loop.polling = false;
    found = !loop.items.empty();
    for (const auto& queue : m_queues)
      if (&queue->loop == &loop && queue->ring.enableNotify() && !queue->ring.receive && !found)
        push(loop, {Work::Poll, queue.get(), 0});
  }
  while (loop.items.empty()) co_await loop.wake.wait();
  co_await m_world.engine.sleep(found ? 300 : m_spec.wakeup.sample(m_world.random));
}

Task QemuDevice::run(Loop& loop) {
  while (true) {
    if (loop.items.empty()) co_await waitForWork(loop);
    if (isOver(m_spec.stopWorker)) co_return;
    const Item item = loop.items.front();
    loop.items.pop_front();
    co_await handle(loop, item);
  }
}

Task QemuDevice::handle(Loop&, Item item) {
  Queue& queue = *item.queue;
  switch (item.work) {
    case Work::Doorbell:
      co_await handleDoorbell(queue);
      break;
    case Work::Poll:
      co_await popAll(queue);
      break;
    case Work::Complete:
      co_await complete(queue, item.chain);
      break;
    case Work::Packet:
      ++queue.waitingPackets;
      co_await deliver(queue);
      break;
  }
}

Task QemuDevice::handleDoorbell(Queue& queue) {
  Ring& ring = queue.ring;
  queue.doorbellQueued = false;
  const EventId id = m_world.hostEvent(queue.loop.context(), EventKind::QemuNotify,
                                       {{Field::Device, ring.hostDevice},
                                        {Field::Queue, static_cast<std::uint64_t>(ring.queue)},
                                        {Field::Vq, ring.hostVq}});
  queue.entered = m_world.engine.now();
  queue.enteredBy = id;
  co_await m_world.engine.sleep(200);
  if (ring.receive)
    co_await deliver(queue);
  else
    co_await popAll(queue);
  queue.entered = kUnseen;
}

Task QemuDevice::popAll(Queue& queue) {
  bool more = true;
  while (more) {
    queue.ring.disableNotify();
    bool popped = true;
    while (popped) {
      std::size_t index = 0;
      co_await pop(queue, popped, index);
      if (popped) submit(queue, index);
    }
    more = queue.loop.polling ? !queue.ring.isEmpty() : queue.ring.enableNotify();
  }
}

Task QemuDevice::pop(Queue& queue, bool& popped, std::size_t& index) {
  Ring& ring = queue.ring;
  popped = !ring.isEmpty();
  if (!popped) {
    co_await m_world.engine.sleep(50);
    co_return;
  }
  index = ring.available[ring.fetched];
  if (m_spec.translate) co_await translate(queue, index);
  co_await m_world.engine.sleep(m_spec.fetch.sample(m_world.random));
  ++ring.fetched;
  const std::uint64_t element = newElement();
  ChainTruth& chain = m_world.chain(index);
  chain.element = element;
  const EventId id = m_world.hostEvent(queue.loop.context(), EventKind::QemuPop,
                                       {{Field::Vq, ring.hostVq},
                                        {Field::Element, element},
                                        {Field::In, static_cast<std::uint64_t>(chain.inCount)},
                                        {Field::Out, static_cast<std::uint64_t>(chain.outCount)}});
  chain.set(Point::f, m_world.engine.now(), id);
  if (seen(queue.entered)) chain.set(Point::w, queue.entered, queue.enteredBy);
  if (chain.misses > 0) m_world.ringTruth(ring).stalls.push_back({{chain[Point::t], chain[Point::f]}, chain.position});
}

/// The vIOMMU looks up every segment in the thread that pops; a miss is a walk of the guest's tables.
Task QemuDevice::translate(Queue& queue, std::size_t index) {
  const Ring& ring = queue.ring;
  const std::uint64_t source = kFirstSourceId + static_cast<std::uint64_t>(ring.device) * 8;
  const std::vector<std::uint64_t> iovas = m_world.chain(index).iovas;
  for (const std::uint64_t iova : iovas) {
    const bool hit = m_iotlb.has(iova);
    const EventId id = m_world.hostEvent(queue.loop.context(), hit ? EventKind::QemuIommuHit : EventKind::QemuIommuMiss,
                                         {{Field::Value, source}, {Field::Iova, m_iotlb.pageOf(iova)}});
    ChainTruth& chain = m_world.chain(index);
    if (chain[Point::t] == kUnseen) chain.set(Point::t, m_world.engine.now(), id);
    if (!hit) {
      ++chain.misses;
      ++m_world.ringTruth(ring).misses;
      m_iotlb.add(iova);
      co_await m_world.engine.sleep(m_spec.answer.sample(m_world.random));
    }
    co_await m_world.engine.sleep(60);
  }
}

void QemuDevice::submit(Queue& queue, std::size_t index) {
  if (isOver(m_spec.stopBackend)) return;
  const Ns duration = m_spec.service.sample(m_world.random);
  const Ns now = m_world.engine.now();
  const Ns begin = m_spec.outOfOrder ? now : std::max(now, queue.busyUntil);
  queue.busyUntil = begin + duration;
  m_world.engine.spawn(finishLater(queue, index, begin + duration - now));
}

Task QemuDevice::finishLater(Queue& queue, std::size_t index, Ns duration) {
  co_await m_world.engine.sleep(duration);
  push(queue.loop, {Work::Complete, &queue, index});
}

Task QemuDevice::complete(Queue& queue, std::size_t first) {
  std::vector<std::size_t> batch{first};
  auto& items = queue.loop.items;
  for (auto item = items.begin(); item != items.end() && static_cast<std::int64_t>(batch.size()) < m_spec.usedBatch;) {
    if (item->work == Work::Complete && item->queue == &queue) {
      batch.push_back(item->chain);
      item = items.erase(item);
    } else {
      ++item;
    }
  }
  if (m_spec.kind == DeviceKind::Block) {
    for (const std::size_t index : batch) {
      const EventId id = m_world.hostEvent(queue.loop.context(), EventKind::QemuBackendDone,
                                           {{Field::Element, m_world.chain(index).element}});
      m_world.chain(index).set(Point::p, m_world.engine.now(), id);
      co_await m_world.engine.sleep(120);
    }
  }
  co_await giveBack(queue, batch);
}

Task QemuDevice::giveBack(Queue& queue, std::vector<std::size_t> batch) {
  Ring& ring = queue.ring;
  std::uint64_t filled = 0;
  for (const std::size_t index : batch) {
    ChainTruth& chain = m_world.chain(index);
    chain.lengthBytes = chain.inCount > 0 ? chain.inCount * m_spec.segmentBytes : 0;
    const EventId fill = m_world.hostEvent(queue.loop.context(), EventKind::QemuFill,
                                           {{Field::Vq, ring.hostVq},
                                            {Field::Element, chain.element},
                                            {Field::Length, static_cast<std::uint64_t>(chain.lengthBytes)},
                                            {Field::Value, filled++}});
    // Without an event of the backend, the fill is the first that shows that it is done.
    if (!seen(chain[Point::p])) chain.set(Point::p, m_world.engine.now(), fill);
    // QEMU has no event for the index write of a packed ring: the fill is the last that a tracer sees before it.
    chain.set(Point::u, m_world.engine.now(), fill);
    co_await m_world.engine.sleep(90);
  }
  if (!m_spec.packed) {
    const EventId flush = m_world.hostEvent(queue.loop.context(), EventKind::QemuFlush,
                                            {{Field::Vq, ring.hostVq}, {Field::Count, batch.size()}});
    for (const std::size_t index : batch) m_world.chain(index).set(Point::u, m_world.engine.now(), flush);
  }
  co_await m_world.engine.sleep(m_spec.used.sample(m_world.random));
  for (const std::size_t index : batch) {
    m_world.chain(index).visible = m_world.engine.now();
    ring.used.push_back(index);
    m_freeElements.push_back(m_world.chain(index).element);
  }
  if (!ring.needsInterrupt()) co_return;
  co_await m_world.engine.sleep(m_spec.signal.sample(m_world.random));
  const EventId sent = m_world.hostEvent(queue.loop.context(), EventKind::QemuInterrupt,
                                         {{Field::Device, ring.hostDevice}, {Field::Vq, ring.hostVq}});
  for (const std::size_t index : batch) m_world.chain(index).set(Point::s, m_world.engine.now(), sent);
  m_world.sendInterrupt(ring);
}

/// Receive: as many waiting packets as there are buffers; the rest waits for the driver's next doorbell.
Task QemuDevice::deliver(Queue& queue) {
  while (queue.waitingPackets > 0) {
    bool popped = false;
    std::size_t index = 0;
    co_await pop(queue, popped, index);
    if (!popped) {
      if (!queue.ring.enableNotify()) co_return;
      queue.ring.disableNotify();
      continue;
    }
    --queue.waitingPackets;
    co_await m_world.engine.sleep(m_spec.service.sample(m_world.random));
    std::vector<std::size_t> batch{index};
    co_await giveBack(queue, batch);
  }
}

Task QemuDevice::invalidate(Ring& ring, std::uint64_t iova, Context exit) {
  co_await m_world.engine.sleep(600);
  m_world.hostEvent(exit, EventKind::QemuIommuInvalidate, {{Field::Iova, m_iotlb.pageOf(iova)}});
  m_iotlb.remove(iova);
  co_await m_world.engine.sleep(200);
  (void)ring;
}

std::unique_ptr<HostDevice> makeQemuDevice(World& world, const DeviceSpec& spec, const std::vector<Ring*>& rings) {
  return std::make_unique<QemuDevice>(world, spec, rings);
}

}  // namespace descry::simulate
