// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/vhost_fold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "collector/fold/vhost_facts.hpp"

namespace descry {

namespace {

constexpr std::uint64_t kQueueSpan = 0x200;  // a queue's poll and work lie this close above its start
constexpr std::size_t kMostUnknownDoorbells = 64;
/// Packets that wait in a socket: tap devices queue 1000 unless told otherwise, and wake no reader for what they drop.
constexpr std::size_t kMostArrivals = 65536;
constexpr std::int64_t kTryAgain = -11;  // -EAGAIN: an IOTLB miss stopped the fetch

std::int64_t signedResult(const Event& event) {
  return static_cast<std::int32_t>(event.get(Field::Result, 0));
}

/// The worker is past a fetch whose return no probe saw: the next return is that of another chain.
bool endsFetch(EventKind kind) {
  return kind == EventKind::VhostHandle || kind == EventKind::VhostHandleReturn || kind == EventKind::VhostPrefetch ||
         kind == EventKind::VhostUsed || kind == EventKind::VhostDiscard;
}

}  // namespace

DeviceRow& VhostFold::device(std::uint64_t hostDevice) {
  auto [found, isNew] = m_devices.try_emplace(hostDevice, kNoDevice);
  if (isNew) {
    DeviceRow row = newVhostDevice(m_captureId, m_vm, m_opened++, hostDevice);
    if (const auto owner = m_owners.find(hostDevice); owner != m_owners.end()) row.vmmPid = owner->second;
    found->second = m_store.addDevice(std::move(row));
  }
  return m_store.devices[placeOf(found->second)];
}

VhostFold::Queue& VhostFold::addQueue(std::uint64_t hostDevice, std::uint64_t address, std::int64_t index) {
  m_queues.emplace_back(m_store, m_store.addQueue(newVhostQueue(device(hostDevice).deviceId, index, address)));
  Queue& queue = m_queues.back();
  queue.address = address;
  queue.hostDevice = hostDevice;
  queue.misses = &m_misses.add(queue.host.queueId(), hostDevice);
  m_queueByAddress[address] = &queue;
  for (auto doorbell = m_unknownKicks.begin(); doorbell != m_unknownKicks.end();) {
    if (holding(doorbell->first) != &queue) {
      ++doorbell;
      continue;
    }
    ++queue.host.epoch.doorbellsSeen;
    queue.doorbell = doorbell->second;
    queue.doorbellServed = false;
    doorbell = m_unknownKicks.erase(doorbell);
  }
  return queue;
}

VhostFold::Queue* VhostFold::queueAt(std::uint64_t address) {
  const auto found = m_queueByAddress.find(address);
  return found == m_queueByAddress.end() ? nullptr : found->second;
}

VhostFold::Queue* VhostFold::holding(std::uint64_t pointer) {
  auto after = m_queueByAddress.upper_bound(pointer);
  if (after == m_queueByAddress.begin()) return nullptr;
  --after;
  return pointer - after->first < kQueueSpan ? after->second : nullptr;
}

std::uint64_t VhostFold::deviceOf(const Event& event) const {
  if (event.has(Field::HostDevice)) return event[Field::HostDevice];
  const std::uint64_t pointer = event.get(Field::Pointer, 0);
  // Polls and works of the socket lie in the same allocation as their vhost device, behind it.
  const auto after = m_devices.upper_bound(pointer);
  return after == m_devices.begin() ? 0 : std::prev(after)->first;
}

void VhostFold::learn(const Event& event) {
  if (!event.has(Field::HostDevice) || !event.has(Field::Vq0) || !event.has(Field::Vq1)) return;
  const std::uint64_t hostDevice = event[Field::HostDevice];
  for (const auto& [field, index] : {std::pair{Field::Vq0, 0}, std::pair{Field::Vq1, 1}})
    if (event[field] != 0 && queueAt(event[field]) == nullptr) addQueue(hostDevice, event[field], index);
}

void VhostFold::handle(const Event& event, Ns now) {
  m_now = now;
  Task& task = m_tasks[event.tid];
  if (endsFetch(event.kind)) task.fetching = nullptr;
  switch (event.kind) {
    case EventKind::VhostOwner:
      return opened(event);
    case EventKind::VhostRingIoctl:
      return ringIoctl(event);
    case EventKind::VhostKick:
      return doorbellSeen(event);
    case EventKind::VhostHandle:
      task.worker = true;
      task.handlerEntered = now;
      task.receiving = (event.variant & kReceive) != 0;
      if (task.receiving) {
        std::deque<Arrival>& arrivals = m_arrivals[deviceOf(event)];
        for (auto arrival = arrivals.rbegin(); arrival != arrivals.rend() && !seen(arrival->visit); ++arrival)
          arrival->visit = now;
      }
      return;
    case EventKind::VhostHandleReturn:
      task.handlerEntered = kUnseen;
      return;
    case EventKind::VhostPrefetch:
    case EventKind::VhostPrefetchReturn:
      return prefetched(event, task);
    case EventKind::VhostFetch:
      return fetch(event, task);
    case EventKind::VhostFetchReturn:
      return fetchReturned(event, task);
    case EventKind::VhostDiscard:
      return discarded(event);
    case EventKind::VhostUsed:
      return used(event);
    case EventKind::VhostEventfd:
      if (const auto found = m_queueByCall.find(event.get(Field::Pointer, 0)); found != m_queueByCall.end()) {
        found->second->host.interrupted(now);
        m_kvm.signal(found->second->host.queueId(), event.tid, now);
      }
      return;
    case EventKind::VhostMiss:
      return missed(event, task);
    case EventKind::VhostReadReturn:
      if (static_cast<std::int64_t>(event.get(Field::Result, 0)) > 0)
        m_misses.messageRead(event.has(Field::HostDevice) ? std::optional(event[Field::HostDevice]) : std::nullopt,
                             now);
      return;
    case EventKind::VhostWrite:
      task.inWrite = true;
      task.writeDevice = event.get(Field::HostDevice, 0);
      return;
    case EventKind::VhostWriteReturn:
      task.inWrite = false;
      return;
    case EventKind::VhostIotlbAdd:
    case EventKind::VhostIotlbDelete:
      return tableChanged(event, task);
    default:
      return;
  }
}

void VhostFold::doorbellSeen(const Event& event) {
  const std::uint64_t pointer = event.get(Field::Pointer, 0);
  Queue* queue = holding(pointer);
  if (queue == nullptr) {
    // The socket's poll, or a queue that was not seen yet.
    std::deque<Arrival>& arrivals = m_arrivals[deviceOf(event)];
    if (arrivals.size() == kMostArrivals) arrivals.pop_front();
    arrivals.push_back({m_now, kUnseen});
    if (m_unknownKicks.size() == kMostUnknownDoorbells) m_unknownKicks.pop_front();
    m_unknownKicks.emplace_back(pointer, m_now);
    return;
  }
  ++queue->host.epoch.doorbellsSeen;
  m_kvm.doorbell(queue->host.queueId(), event.tid, m_now);
  if (seen(queue->doorbell)) {
    // The first doorbell since the queue was empty opened the burst; this one finds the worker awake.
    queue->host.writeUnserved(m_now);
    return;
  }
  queue->doorbell = m_now;
  queue->doorbellServed = false;
}

std::int64_t VhostFold::positionOf(Queue& queue, std::uint64_t index) {
  const auto low = static_cast<std::uint16_t>(index);
  if (queue.avail.started()) return queue.avail.nearest(low);
  return queue.next >= 0 ? queue.next + static_cast<std::int16_t>(low - static_cast<std::uint16_t>(queue.next)) : low;
}

VhostFold::Attempt& VhostFold::attemptAt(Queue& queue, std::int64_t position, Task& task) {
  if (queue.attempt.position != position) {
    if (const auto earlier = queue.handedBack.find(position); earlier != queue.handedBack.end()) {
      queue.attempt = earlier->second;
      queue.handedBack.erase(earlier);
    } else {
      // A burst is served in several runs when it misses: later chains wait since the first of them.
      if (!seen(queue.entered)) queue.entered = task.handlerEntered;
      queue.attempt = Attempt{.position = position, .entered = queue.entered, .doorbell = queue.doorbell};
      queue.attempt.opensBurst = !queue.doorbellServed;
    }
    queue.doorbellServed = true;
  }
  return queue.attempt;
}

void VhostFold::prefetched(const Event& event, Task& task) {
  if (event.kind == EventKind::VhostPrefetch) {
    task.prefetching = queueAt(event.get(Field::Vq, 0));
    if (task.prefetching == nullptr) return;
    if (event.has(Field::Avail)) attemptAt(*task.prefetching, positionOf(*task.prefetching, event[Field::Avail]), task);
    task.inPrefetch = true;
    return;
  }
  Queue* queue = std::exchange(task.prefetching, nullptr);
  task.inPrefetch = false;
  if (queue == nullptr) return;
  if (signedResult(event) == 0)
    ++queue->host.epoch.failedPrefetches;
  else
    m_misses.past(*queue->misses, true, -1, m_now);
}

void VhostFold::fetch(const Event& event, Task& task) {
  learn(event);
  Queue* queue = queueAt(event.get(Field::Vq, 0));
  if (queue == nullptr) queue = &addQueue(event.get(Field::HostDevice, 0), event.get(Field::Vq, 0), kUnseen);
  queue->size = event.get(Field::Size, queue->size);
  QueueRow& row = queue->host.row();
  if (!seen(row.size) && queue->size != 0) row.size = static_cast<std::int64_t>(queue->size);
  if (!row.ringAddress && event.has(Field::Ring)) row.ringAddress = fmt::format("0x{:x}", event[Field::Ring]);
  if (event.has(Field::Features)) {
    describeVhostDevice(device(queue->hostDevice), event[Field::Features]);
  }
  task.fetching = queue;
  task.fetchPosition = positionOf(*queue, event.get(Field::Avail, 0));
  task.fetchEntered = m_now;
  Attempt& attempt = attemptAt(*queue, task.fetchPosition, task);
  if (!seen(attempt.tried)) attempt.tried = m_now;
}

void VhostFold::fetchReturned(const Event& event, Task& task) {
  Queue* queue = std::exchange(task.fetching, nullptr);
  if (queue == nullptr) return;
  const std::int64_t result = signedResult(event);
  if (result == kTryAgain) {
    ++queue->host.epoch.eagainFetches;
    ++queue->attempt.retries;
  } else if (result < 0) {
    ++queue->host.epoch.errorFetches;
  } else if (queue->size != 0 && result == static_cast<std::int64_t>(queue->size)) {
    ++queue->host.epoch.emptyFetches;
    // Nothing left: the burst is over, and what comes next needs a new doorbell.
    if (seen(queue->doorbell) && queue->attempt.opensBurst && queue->attempt.position == task.fetchPosition)
      queue->host.writeUnserved(queue->doorbell);
    queue->doorbell = queue->entered = kUnseen;
    queue->doorbellServed = true;
    queue->attempt = Attempt{};
  } else if (!event.has(Field::Avail) ||
             static_cast<std::uint16_t>(event[Field::Avail] - 1) == static_cast<std::uint16_t>(task.fetchPosition)) {
    // After the fetch the ring's index is one further; else entry and return are those of two chains.
    fetchSucceeded(*queue, task.fetchPosition, task.fetchEntered, event, task.receiving);
  }
}

void VhostFold::fetchSucceeded(Queue& queue, std::int64_t position, Ns entered, const Event& event, bool receiving) {
  if (queue.next >= 0 && position > queue.next) {
    ++queue.host.epoch.positionGaps;
    m_store.addLoss({.captureId = m_captureId,
                     .queueId = queue.host.queueId(),
                     .begin = entered,
                     .end = m_now,
                     .count = position - queue.next,
                     .reason = "gap"});
  }
  if (queue.next >= 0 && position < queue.next && !queue.open.contains(position) &&
      !queue.handedBack.contains(position) && position <= queue.avail.position() && queue.avail.started()) {
    m_store.anomaly(
        "position-went-back", Doubt::Warning, m_captureId, queue.host.queueId(), m_now,
        fmt::format("position {} was fetched again after it had been used: the ring was restarted unseen", position));
    const Attempt attempt = queue.attempt;
    startEpoch(queue);
    queue.attempt = attempt;
  }
  queue.avail.set(position);
  queue.next = position + 1;
  queue.host.epoch.workerTid = event.tid;
  const Attempt& attempt = queue.attempt;
  HostHalfRow half;
  half.queueId = queue.host.queueId();
  half.epoch = queue.host.epoch.epoch;
  half.position = position;
  half.f = m_now;
  half.t = (seen(attempt.tried) ? attempt.tried : entered) - m_now;
  if (seen(attempt.entered)) half.w = attempt.entered - m_now;
  if (seen(attempt.doorbell)) half.k = attempt.doorbell - m_now;
  if (std::deque<Arrival>& arrivals = m_arrivals[queue.hostDevice]; receiving && !arrivals.empty()) {
    half.n = arrivals.front().ns - m_now;
    if (seen(arrivals.front().visit)) half.w = arrivals.front().visit - m_now;
    arrivals.pop_front();
  }
  half.head = static_cast<std::int64_t>(event.get(Field::Result, 0));
  if (event.has(Field::Out)) half.outCount = static_cast<std::int64_t>(event[Field::Out]);
  if (event.has(Field::In)) half.inCount = static_cast<std::int64_t>(event[Field::In]);
  if (attempt.misses != 0) half.misses = attempt.misses;
  if (attempt.retries != 0) half.retries = attempt.retries;
  if (attempt.opensBurst) half.flags |= kOpensBurst;
  queue.open[position] = half;
  queue.host.fetched(position);
  m_misses.past(*queue.misses, false, position, m_now);
  queue.attempt = Attempt{};
}

void VhostFold::discarded(const Event& event) {
  Queue* queue = queueAt(event.get(Field::Vq, 0));
  if (queue == nullptr) return;
  const auto count = static_cast<std::int64_t>(event.get(Field::Count, 0));
  queue->host.epoch.discarded += count;
  for (std::int64_t i = 0; i < count && queue->next > 0; ++i) {
    --queue->next;
    const auto found = queue->open.find(queue->next);
    if (found == queue->open.end()) continue;
    const HostHalfRow& half = found->second;
    Attempt& attempt = queue->handedBack[queue->next];
    attempt.position = queue->next;
    attempt.tried = half.f + half.t;
    attempt.entered = seen(half.w) ? half.f + half.w : kUnseen;
    attempt.doorbell = seen(half.k) ? half.f + half.k : kUnseen;
    attempt.retries = seen(half.retries) ? half.retries : 0;
    attempt.misses = seen(half.misses) ? half.misses : 0;
    queue->open.erase(found);
    --queue->host.epoch.fetches;
  }
  if (queue->next > 0) queue->avail.set(queue->next - 1);
}

void VhostFold::used(const Event& event) {
  Queue* queue = queueAt(event.get(Field::Vq, 0));
  if (queue == nullptr) return;
  if (event.has(Field::Call)) {
    queue->call = event[Field::Call];
    m_queueByCall[queue->call] = queue;
  }
  const auto count = static_cast<std::int64_t>(event.get(Field::Count, 1));
  // Kernel backends mostly give chains back in order; the first head proves or refutes it.
  const std::int64_t next =
      queue->avail.started() ? queue->avail.nearest(static_cast<std::uint16_t>(event.get(Field::Used, 0))) : -1;
  auto half = queue->open.find(next);
  if (event.has(Field::Head) &&
      (half == queue->open.end() || half->second.head != static_cast<std::int64_t>(event[Field::Head]))) {
    ++queue->host.epoch.headMismatches;
    // Heads come again: of a backend that keeps the order, an older chain with this head was given back unseen.
    half = std::find_if(queue->open.begin(), queue->open.end(), [&](const auto& entry) {
      return entry.second.head == static_cast<std::int64_t>(event[Field::Head]) &&
             (queue->overtakes || !event.has(Field::Used) || entry.first > next);
    });
    queue->overtakes |= half != queue->open.end();
  }
  for (std::int64_t i = 0; i < count; ++i) {
    if (half == queue->open.end()) {
      m_store.anomaly("used-without-fetch", Doubt::Info, m_captureId, queue->host.queueId(), m_now,
                      "a used entry was published for a chain whose fetch was not seen");
      ++queue->host.epoch.used;
      continue;
    }
    HostHalfRow row = half->second;
    row.u = m_now - row.f;
    if (i == 0 && event.has(Field::Length)) row.lengthBytes = static_cast<std::int64_t>(event[Field::Length]);
    half = queue->open.erase(half);
    queue->host.used(row);
  }
}

void VhostFold::missed(const Event& event, Task& task) {
  Queue* queue = queueAt(event.get(Field::Vq, 0));
  if (queue == nullptr) return;
  ++queue->host.epoch.misses;
  std::int64_t position = kUnseen;
  if (task.inPrefetch) {
    ++queue->host.epoch.metadataMisses;
  } else {
    position = task.fetching == queue ? task.fetchPosition : queue->attempt.position;
    if (position < 0) position = kUnseen;
    ++queue->attempt.misses;
  }
  m_misses.raised(*queue->misses, m_now, queue->host.epoch.epoch, position,
                  static_cast<std::int64_t>(event.get(Field::Iova, 0)));
}

void VhostFold::tableChanged(const Event& event, const Task& task) {
  if (!task.inWrite) return;  // the memory table is kept in the same structure
  IotlbMisses::Change change;
  change.update = event.kind == EventKind::VhostIotlbAdd;
  change.hostDevice = task.writeDevice;
  change.first = event.get(Field::Iova, 0);
  change.last = event.get(Field::Last, change.first);
  if (event.has(Field::Address)) change.address = event[Field::Address];
  m_misses.changed(change, m_now);
}

}  // namespace descry
