// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/vhost_device.hpp"

#include <algorithm>
#include <array>

#include "samples/simulate/vhost_queue.hpp"

namespace descry::simulate {

namespace {

// Distances as in a real kernel: struct vhost_virtqueue to its poll's wait entry, and from there to the work.
constexpr std::uint64_t kWaitInQueue = 0xe0, kWorkAfterWait = 0x28, kSocketWait = 0x94c8, kSocketStride = 0x70;
constexpr std::uint64_t kUserOffset = 0x7fa300000000;  // where guest memory lies in the VMM
constexpr std::uint64_t kRingParts = 3;                // descriptors, avail, used: one page each
constexpr std::int64_t kMostEchoes = 3;                // or the duplicates would multiply without end
constexpr std::int32_t kVmmThread = 2000, kWorkerThread = 3000, kNetworkThread = 4000;
constexpr std::uint64_t kSetVringBase = 0x4008af12, kSetVringNum = 0x4008af10, kSetVringAddr = 0x4028af11,
                        kSetVringKick = 0x4008af20;
constexpr std::uint64_t kAccessPlatform = std::uint64_t{1} << 33U, kVersion1 = std::uint64_t{1} << 32U,
                        kEventIdx = std::uint64_t{1} << 29U;

std::uint64_t waitOf(const Ring& ring, bool socket) {
  if (!socket) return ring.hostVq + kWaitInQueue;
  return ring.hostDevice + kSocketWait + (ring.transmit ? kSocketStride : 0);
}

}  // namespace

VhostDevice::VhostDevice(World& world, const DeviceSpec& spec, std::vector<Ring*> rings)
    : m_world(world),
      m_spec(spec),
      m_first(rings.front()->queue),
      m_iotlb(static_cast<std::size_t>(spec.iotlbEntries), static_cast<std::uint64_t>(spec.pageBytes)),
      m_messages(world.engine) {
  for (Ring* const ring : rings) {
    // One worker per host device; `shared_thread = no` gives each queue its own.
    if (m_workers.empty() || !spec.sharedThread)
      m_workers.emplace_back(world.engine,
                             kWorkerThread + ring->device * 100 + (spec.sharedThread ? m_first / 2 : ring->queue));
    m_queues.push_back(std::make_unique<Queue>(*ring, m_workers.back()));
    if (spec.warm)
      for (const std::uint64_t page : metadata(*ring)) m_iotlb.add(page);
  }
}

std::vector<std::uint64_t> VhostDevice::metadata(const Ring& ring) const {
  std::vector<std::uint64_t> pages;
  for (std::uint64_t part = 0; part < kRingParts; ++part)
    pages.push_back(ring.ringAddress + part * m_iotlb.pageBytes());
  return pages;
}

Task VhostDevice::prepare() {
  const Context vmm{kVmmThread, 0};
  for (const auto& queue : m_queues) {
    const Ring& ring = queue->ring;
    if (ring.queue % 2 == 0) m_world.hostEvent(vmm, EventKind::VhostOwner, {{Field::HostDevice, ring.hostDevice}});
    const auto index = static_cast<std::uint64_t>(ring.queue % 2);
    const auto base = static_cast<std::uint64_t>(m_spec.startPosition) & 0xffffU;
    const auto size = static_cast<std::uint64_t>(m_spec.ringSize);
    const std::array<std::pair<std::uint64_t, std::uint64_t>, 4> setup = {
        {{kSetVringNum, size}, {kSetVringBase, base}, {kSetVringAddr, 0}, {kSetVringKick, 16}}};
    for (std::size_t step = 0; step < setup.size(); ++step) {
      m_world.hostEvent(vmm, EventKind::VhostRingIoctl,
                        {{Field::HostDevice, ring.hostDevice},
                         {Field::Queue, index},
                         {Field::Value, setup[step].first},
                         {Field::Count, setup[step].second},
                         {Field::Vq0, ring.hostVq0},
                         {Field::Vq1, ring.hostVq1}});
      co_await m_world.engine.sleep(500);
    }
  }
}

void VhostDevice::start() {
  for (Worker& worker : m_workers) m_world.engine.spawn(work(worker));
  if (m_spec.translate) m_world.engine.spawn(answerMisses());
  if (m_spec.spuriousKick)
    for (const auto& queue : m_queues) doorbell(queue->ring, {kVmmThread, 0}, {});
}

void VhostDevice::doorbell(Ring& ring, Context exit, const std::vector<std::size_t>& chains) {
  const EventId id = m_world.hostEvent(exit, EventKind::VhostKick, {{Field::Pointer, waitOf(ring, false)}});
  for (const std::size_t index : chains) m_world.chain(index).set(Point::k, m_world.engine.now(), id);
  ++m_world.ringTruth(ring).arrivedDoorbells;
  wake(queueOf(ring), false);
}

void VhostDevice::packet(Ring& ring) {
  Queue& queue = queueOf(ring);
  Packet packet{m_world.engine.now(), kNoEvent, {}};
  if (queue.socketArmed)
    packet.event = m_world.hostEvent({kNetworkThread, 1}, EventKind::VhostKick, {{Field::Pointer, waitOf(ring, true)}});
  queue.packets.push_back(packet);
  if (queue.socketArmed) wake(queue, true);
}

void VhostDevice::wake(Queue& queue, bool socket) {
  bool& queued = socket ? queue.socketQueued : queue.kickQueued;
  if (std::exchange(queued, true)) return;
  queue.worker.items.push_back({&queue, socket});
  queue.worker.wake.notifyAll();
}

Task VhostDevice::work(Worker& worker) {
  while (true) {
    if (worker.items.empty()) {
      while (worker.items.empty()) co_await worker.wake.wait();
      co_await m_world.engine.sleep(m_spec.wakeup.sample(m_world.random));
    }
    if (isOver(m_spec.stopWorker)) co_return;
    const Worker::Item item = worker.items.front();
    worker.items.pop_front();
    (item.socket ? item.queue->socketQueued : item.queue->kickQueued) = false;
    co_await visit(*item.queue, item.socket);
    co_await m_world.engine.sleep(m_world.random.between(50, 200));
  }
}

Task VhostDevice::visit(Queue& queue, bool socket) {
  const Ring& ring = queue.ring;
  const auto variant = static_cast<std::uint8_t>((ring.receive ? kReceive : kTransmit) | (socket ? kSocket : 0));
  const EventId id = m_world.hostEvent(queue.worker.context(), EventKind::VhostHandle,
                                       {{Field::Pointer, waitOf(ring, socket) + kWorkAfterWait}}, variant);
  queue.visit = {m_world.engine.now(), id};
  for (Packet& packet : queue.packets)
    if (packet.visit.event == kNoEvent) packet.visit = queue.visit;
  co_await m_world.engine.sleep(120);
  bool ready = false;
  co_await prefetch(queue, ready);
  if (ready) {
    m_world.hostEvent(queue.worker.context(), EventKind::VhostDisableNotify,
                      {{Field::HostDevice, ring.hostDevice}, {Field::Vq, ring.hostVq}});
    queue.ring.disableNotify();
    if (ring.transmit)
      co_await transmit(queue);
    else
      co_await receive(queue);
  }
  m_world.hostEvent(queue.worker.context(), EventKind::VhostHandleReturn, {}, variant);
}

Task VhostDevice::prefetch(Queue& queue, bool& ready) {
  Ring& ring = queue.ring;
  m_world.hostEvent(queue.worker.context(), EventKind::VhostPrefetch,
                    {{Field::Vq, ring.hostVq}, {Field::Avail, ring.availIndex(ring.fetched)}});
  co_await m_world.engine.sleep(150);
  ready = true;
  queue.tryNext();
  // The O(1) pointers to the ring parts are dropped by every change of the table and looked up again here.
  if (m_spec.translate && !queue.metadataCached) {
    for (const std::uint64_t page : metadata(ring)) {
      if (m_iotlb.has(page)) continue;
      if (!seen(queue.metadataMissed)) queue.metadataMissed = m_world.engine.now();
      miss(queue, page, true);
      ready = false;
      break;
    }
    queue.metadataCached = ready;
  }
  co_await m_world.engine.sleep(80);
  m_world.hostEvent(queue.worker.context(), EventKind::VhostPrefetchReturn,
                    {{Field::Vq, ring.hostVq}, {Field::Result, ready ? 1U : 0U}});
  if (ready && seen(queue.metadataMissed))
    m_world.ringTruth(ring).stalls.push_back(
        {{std::exchange(queue.metadataMissed, kUnseen), m_world.engine.now()}, kUnseen});
}

Task VhostDevice::fetch(Queue& queue, Attempt& outcome, std::size_t& index) {
  Ring& ring = queue.ring;
  const Context context = queue.worker.context();
  std::uint64_t features = kVersion1 | (m_spec.eventIdx ? kEventIdx : 0) | (m_spec.translate ? kAccessPlatform : 0);
  const EventId entry = m_world.hostEvent(context, EventKind::VhostFetch,
                                          {{Field::Vq, ring.hostVq},
                                           {Field::Avail, ring.availIndex(ring.fetched)},
                                           {Field::Used, ring.availIndex(ring.usedCount())},
                                           {Field::HostDevice, ring.hostDevice},
                                           {Field::Vq0, ring.hostVq0},
                                           {Field::Vq1, ring.hostVq1},
                                           {Field::Size, static_cast<std::uint64_t>(m_spec.ringSize)},
                                           {Field::Ring, ring.ringAddress},
                                           {Field::Features, features}});
  const Ns entered = m_world.engine.now();
  const bool empty = ring.isEmpty();
  queue.tryNext();
  co_await m_world.engine.sleep(m_spec.fetch.sample(m_world.random));
  std::uint64_t result = static_cast<std::uint64_t>(m_spec.ringSize), out = 0, in = 0;
  outcome = Attempt::Empty;
  if (!empty) {
    index = ring.available[ring.fetched];
    ChainTruth& chain = m_world.chain(index);
    if (chain[Point::t] == kUnseen) chain.set(Point::t, entered, entry);
    outcome = Attempt::Fetched;
    for (const std::uint64_t iova : chain.iovas) {
      if (!m_spec.translate || m_iotlb.has(iova)) continue;
      if (miss(queue, iova, false)) ++chain.misses;
      ++chain.retries;
      outcome = Attempt::Missed;
      break;
    }
    result = outcome == Attempt::Missed ? static_cast<std::uint64_t>(-11) : static_cast<std::uint64_t>(chain.head);
    out = static_cast<std::uint64_t>(chain.outCount);
    in = static_cast<std::uint64_t>(chain.inCount);
  }
  co_await m_world.engine.sleep(60);
  if (outcome == Attempt::Fetched) ++ring.fetched;
  const EventId back = m_world.hostEvent(context, EventKind::VhostFetchReturn,
                                         {{Field::Vq, ring.hostVq},
                                          {Field::Avail, ring.availIndex(ring.fetched)},
                                          {Field::Result, result},
                                          {Field::Out, out},
                                          {Field::In, in}});
  if (outcome == Attempt::Empty) queue.foundEmpty();
  if (outcome != Attempt::Fetched) co_return;
  m_world.chain(index).set(Point::f, m_world.engine.now(), back);
  m_world.chain(index).set(Point::w, queue.burst.at, queue.burst.event);
  const ChainTruth& chain = m_world.chain(index);
  if (chain.retries > 0) m_world.ringTruth(ring).stalls.push_back({{chain[Point::t], chain[Point::f]}, chain.position});
}

bool VhostDevice::enableNotify(Queue& queue) {
  const bool more = queue.ring.enableNotify();
  m_world.hostEvent(queue.worker.context(), EventKind::VhostEnableNotifyReturn,
                    {{Field::Vq, queue.ring.hostVq}, {Field::Result, more ? 1U : 0U}});
  if (more) queue.ring.disableNotify();
  return more;
}

Task VhostDevice::transmit(Queue& queue) {
  bool requeue = true;
  for (std::int64_t served = 0; served < m_spec.weight;) {
    Attempt outcome{};
    std::size_t index = 0;
    co_await fetch(queue, outcome, index);
    if (outcome == Attempt::Empty && enableNotify(queue)) continue;
    requeue = false;
    if (outcome != Attempt::Fetched) break;
    requeue = true;
    ++served;
    co_await m_world.engine.sleep(m_spec.service.sample(m_world.random));
    if (isOver(m_spec.stopBackend)) continue;
    queue.batch.push_back(index);
    if (static_cast<std::int64_t>(queue.batch.size()) >= m_spec.usedBatch) co_await flush(queue);
  }
  co_await flush(queue);
  if (requeue) wake(queue, false);
}

Task VhostDevice::receive(Queue& queue) {
  queue.socketArmed = false;
  bool requeue = false;
  std::int64_t served = 0;
  while (!queue.packets.empty()) {
    if (served == m_spec.weight) {
      requeue = true;
      break;
    }
    Attempt outcome{};
    std::size_t index = 0;
    co_await fetch(queue, outcome, index);
    if (outcome == Attempt::Empty && enableNotify(queue)) continue;
    if (outcome != Attempt::Fetched) {
      // Out of buffers or stalled: the next doorbell or update brings the worker back, not the next packet.
      co_await flush(queue);
      co_return;
    }
    ++served;
    const Packet packet = queue.packets.front();
    queue.packets.pop_front();
    // Only a packet that wakes the worker has an event; the others are found in the same visit.
    if (packet.event != kNoEvent) {
      m_world.chain(index).set(Point::n, packet.at, packet.event);
      m_world.chain(index).set(Point::w, packet.visit.at, packet.visit.event);
    }
    co_await m_world.engine.sleep(m_spec.service.sample(m_world.random));
    m_world.chain(index).lengthBytes = 64 + static_cast<std::int64_t>(index % 1400);
    queue.batch.push_back(index);
    if (static_cast<std::int64_t>(queue.batch.size()) >= m_spec.usedBatch) co_await flush(queue);
  }
  co_await flush(queue);
  if (requeue) {
    wake(queue, true);
    co_return;
  }
  queue.socketArmed = true;
  if (!queue.packets.empty()) wake(queue, true);
}

Task VhostDevice::flush(Queue& queue) {
  if (queue.batch.empty()) co_return;
  Ring& ring = queue.ring;
  const Context context = queue.worker.context();
  const ChainTruth& first = m_world.chain(queue.batch.front());
  const EventId entry = m_world.hostEvent(context, EventKind::VhostUsed,
                                          {{Field::Vq, ring.hostVq},
                                           {Field::Used, ring.availIndex(ring.usedCount())},
                                           {Field::Count, queue.batch.size()},
                                           {Field::Head, static_cast<std::uint64_t>(first.head)},
                                           {Field::Length, static_cast<std::uint64_t>(first.lengthBytes)},
                                           {Field::Call, ring.callContext}});
  for (const std::size_t index : queue.batch) m_world.chain(index).set(Point::u, m_world.engine.now(), entry);
  co_await m_world.engine.sleep(m_spec.used.sample(m_world.random));
  for (const std::size_t index : queue.batch) {
    m_world.chain(index).visible = m_world.engine.now();
    ring.used.push_back(index);
  }
  const bool interrupt = ring.needsInterrupt();
  co_await m_world.engine.sleep(40);
  m_world.hostEvent(context, EventKind::VhostUsedReturn, {{Field::Vq, ring.hostVq}, {Field::Result, 0}});
  const std::vector<std::size_t> batch = std::exchange(queue.batch, {});
  if (!interrupt) co_return;
  co_await m_world.engine.sleep(m_spec.signal.sample(m_world.random));
  const EventId sent = m_world.hostEvent(context, EventKind::VhostEventfd, {{Field::Pointer, ring.callContext}});
  for (const std::size_t index : batch) m_world.chain(index).set(Point::s, m_world.engine.now(), sent);
  m_world.sendInterrupt(ring);
}

/// True when the miss was raised: a queue has only so many messages under way at a time.
bool VhostDevice::miss(Queue& queue, std::uint64_t iova, bool metadata) {
  Ring& ring = queue.ring;
  RingTruth& facts = m_world.ringTruth(ring);
  if (queue.outstanding >= (m_spec.echoOneIn > 0 ? kMostEchoes : 1)) return false;
  ++queue.outstanding;
  m_world.hostEvent(queue.worker.context(), EventKind::VhostMiss, {{Field::Vq, ring.hostVq}, {Field::Iova, iova}});
  ++facts.misses;
  if (metadata) ++facts.metadataMisses;
  m_readList.push_back({&queue, iova});
  m_messages.notifyAll();
  if (m_world.random.oneIn(static_cast<std::uint64_t>(m_spec.echoOneIn))) m_world.engine.spawn(requeueSoon(queue));
  return true;
}

Task VhostDevice::requeueSoon(Queue& queue) {
  co_await m_world.engine.sleep(m_world.random.between(500, 5000));
  wake(queue, false);
}

/// The VMM's side of the device file: reads one miss, finds out, writes the update.
Task VhostDevice::answerMisses() {
  const Context vmm{kVmmThread, 1};
  while (true) {
    while (m_readList.empty()) co_await m_messages.wait();
    co_await m_world.engine.sleep(m_world.random.between(1000, 4000));
    const Miss question = m_readList.front();
    m_readList.pop_front();
    m_pending.push_back(question);
    m_world.hostEvent(vmm, EventKind::VhostReadReturn,
                      {{Field::HostDevice, question.queue->ring.hostDevice}, {Field::Result, 72}});
    co_await m_world.engine.sleep(m_spec.answer.sample(m_world.random));
    m_world.hostEvent(vmm, EventKind::VhostWrite, {{Field::HostDevice, question.queue->ring.hostDevice}});
    co_await m_world.engine.sleep(300);
    update(question.iova, vmm);
    co_await m_world.engine.sleep(250);
    m_world.hostEvent(vmm, EventKind::VhostWriteReturn, {{Field::HostDevice, question.queue->ring.hostDevice}});
  }
}

void VhostDevice::update(std::uint64_t iova, Context vmm) {
  const std::uint64_t page = m_iotlb.pageOf(iova);
  m_world.hostEvent(
      vmm, EventKind::VhostIotlbAdd,
      {{Field::Iova, page}, {Field::Last, page + m_iotlb.pageBytes() - 1}, {Field::Address, page + kUserOffset}});
  m_iotlb.add(page);
  for (const auto& queue : m_queues) queue->metadataCached = false;
  std::vector<Queue*> waiting;
  std::erase_if(m_pending, [&](const Miss& miss) {
    if (m_iotlb.pageOf(miss.iova) != page) return false;
    --miss.queue->outstanding;
    waiting.push_back(miss.queue);
    return true;
  });
  for (Queue* const queue : waiting) wake(*queue, false);
}

Task VhostDevice::invalidate(Ring& ring, std::uint64_t iova, Context exit) {
  co_await m_world.engine.sleep(400);
  if (!m_spec.translate) co_return;
  m_world.hostEvent(exit, EventKind::VhostWrite, {{Field::HostDevice, ring.hostDevice}});
  co_await m_world.engine.sleep(350);
  const std::uint64_t page = m_iotlb.pageOf(iova);
  m_world.hostEvent(exit, EventKind::VhostIotlbDelete,
                    {{Field::Iova, page}, {Field::Last, page + m_iotlb.pageBytes() - 1}});
  m_iotlb.remove(page);
  for (const auto& queue : m_queues) queue->metadataCached = false;
  co_await m_world.engine.sleep(250);
  m_world.hostEvent(exit, EventKind::VhostWriteReturn, {{Field::HostDevice, ring.hostDevice}});
}

std::unique_ptr<HostDevice> makeVhostDevice(World& world, const DeviceSpec& spec, std::vector<Ring*> rings) {
  return std::make_unique<VhostDevice>(world, spec, std::move(rings));
}

}  // namespace descry::simulate
