// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/qemu_fold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "schemas/model/words.hpp"

namespace descry {

namespace {

constexpr std::int64_t kPageBytes = 4096;  // granularity of QEMU's intel-iommu entries

}  // namespace

QemuFold::Queue& QemuFold::queueAt(std::uint64_t address) {
  auto [found, isNew] = m_queueByAddress.try_emplace(address, nullptr);
  if (isNew) {
    QueueRow row;
    row.name = fmt::format("vq@0x{:x}", address);
    row.address = fmt::format("0x{:x}", address);
    m_queues.emplace_back(m_store, m_store.addQueue(std::move(row)));
    found->second = &m_queues.back();
    found->second->address = address;
    found->second->firstSeen = m_now;
  }
  return *found->second;
}

DeviceId QemuFold::deviceAt(std::uint64_t address) {
  auto [found, isNew] = m_devices.try_emplace(address, kNoDevice);
  if (isNew) {
    DeviceRow row;
    row.captureId = m_captureId;
    row.vm = m_vm;
    row.name = fmt::format("0x{:x}", address);
    row.address = row.name;
    row.vhost = 0;
    row.active = 1;
    if (m_process != 0) row.vmmPid = m_process;
    found->second = m_store.addDevice(std::move(row));
  }
  return found->second;
}

void QemuFold::nameQueue(Queue& queue, std::uint64_t deviceAddress, std::uint64_t index) {
  if (queue.deviceId != kNoDevice) return;
  queue.deviceId = deviceAt(deviceAddress);
  // A reset before the queue's first event means that its pops were counted from the ring's start.
  if (const auto reset = m_deviceReset.find(deviceAddress);
      reset != m_deviceReset.end() && reset->second <= queue.firstSeen)
    queue.startSeen = true;
  QueueRow& row = queue.host.row();
  row.deviceId = queue.deviceId;
  row.queueIndex = static_cast<std::int64_t>(index);
  row.name = fmt::format("q{}", index);
}

/// QEMU keeps the queues of a device in one array: two of them tell how long an entry is, and what lies below the entry
/// 1 is the entry 0.
std::optional<std::uint64_t> QemuFold::indexByAddress(const Queue& queue, DeviceId deviceId) const {
  const Queue *first = nullptr, *last = nullptr;
  const auto indexOf = [this](const Queue& named) {
    return static_cast<std::uint64_t>(m_store.queues[placeOf(named.host.queueId())].queueIndex);
  };
  for (const Queue& named : m_queues) {
    if (named.deviceId != deviceId) continue;
    if (first == nullptr || named.address < first->address) first = &named;
    if (last == nullptr || named.address > last->address) last = &named;
  }
  if (first == nullptr) return std::nullopt;
  if (queue.address < first->address && indexOf(*first) == 1) return 0;
  const std::uint64_t entries = indexOf(*last) - indexOf(*first), bytes = last->address - first->address;
  if (indexOf(*last) <= indexOf(*first) || bytes % entries != 0 || bytes == 0) return std::nullopt;
  const std::uint64_t start = first->address - indexOf(*first) * (bytes / entries);
  if (queue.address < start || (queue.address - start) % (bytes / entries) != 0) return std::nullopt;
  constexpr std::uint64_t kMostQueues = 1024;
  const std::uint64_t index = (queue.address - start) / (bytes / entries);
  return index < kMostQueues ? std::optional(index) : std::nullopt;
}

/// Only a doorbell says the index of a queue. Receive buffers that were posted before the capture ring none.
void QemuFold::nameByNeighbours(Queue& queue) {
  const auto device = m_devices.find(queue.signalledBy);
  if (queue.deviceId != kNoDevice || queue.signalledBy == 0 || device == m_devices.end()) return;
  if (const auto index = indexByAddress(queue, device->second)) nameQueue(queue, queue.signalledBy, *index);
}

void QemuFold::handle(const Event& event, Ns now) {
  m_now = now;
  switch (event.kind) {
    case EventKind::QemuNotify:
      return doorbell(event);
    case EventKind::QemuQueue:
      return announced(event);
    case EventKind::QemuPop:
      return pop(event);
    case EventKind::QemuUnpop:
      return handedBack(event);
    case EventKind::QemuFill:
      return fill(event);
    case EventKind::QemuFlush: {
      Queue& queue = queueAt(event.get(Field::Vq, 0));
      settleTranslation(queue, event.tid);
      ++queue.host.epoch.flushes;
      return publish(queue, true);
    }
    case EventKind::QemuInterrupt:
      return interrupt(event);
    case EventKind::QemuStatus:
      return status(event);
    case EventKind::QemuBackendDone:
    case EventKind::QemuBlockRequest:
      if (event.has(Field::Device)) {
        DeviceRow& row = device(deviceAt(event[Field::Device]));
        row.kind = "blk";
        row.kindSource = "inferred";
      }
      if (event.kind == EventKind::QemuBackendDone)
        if (const auto found = m_open.find(event.get(Field::Element, 0)); found != m_open.end())
          found->second.half.p = m_now - found->second.half.f;
      return;
    case EventKind::QemuIommuHit:
    case EventKind::QemuIommuMiss:
      return translated(event);
    case EventKind::QemuIommuInvalidate:
      m_store.iotlbEvents.add({.captureId = m_captureId,
                               .ns = m_now,
                               .seq = m_store.nextSequence(),
                               .kind = "invalidate",
                               .iova = static_cast<std::int64_t>(event.get(Field::Iova, 0)),
                               .bytes = kPageBytes << (event.get(Field::Count, 0) & 0x3fU)});
      return;
    default:
      return inferTransport(event);
  }
}

void QemuFold::inferTransport(const Event& event) {
  const char* transport = (event.variant & kTransportCcw) != 0    ? "ccw"
                          : (event.variant & kTransportMmio) != 0 ? "mmio"
                          : (event.variant & kTransportPci) != 0  ? "pci"
                                                                  : nullptr;
  if (transport == nullptr) return;
  if (m_transport.empty())
    m_transport = transport;
  else if (m_transport != transport)
    m_transport = "mixed";
}

void QemuFold::doorbell(const Event& event) {
  Queue& queue = queueAt(event.get(Field::Vq, 0));
  nameQueue(queue, event.get(Field::Device, 0), event.get(Field::Queue, 0));
  settleTranslation(queue, event.tid);
  ++queue.host.epoch.doorbellsSeen;
  // What an emulated CPU writes into an eventfd is what KVM would do in the kernel: no exit to QEMU.
  if (event.get(Field::Value, 0) == 0)
    ++queue.doorbellsByThread[event.tid];
  else
    m_kvm.rang(queue.host.queueId(), event.tid, m_now);
  queue.doorbells.push_back({m_now, event.tid});
  if (queue.doorbells.size() > 64) {
    queue.host.writeUnserved(queue.doorbells.front().ns);
    queue.doorbells.erase(queue.doorbells.begin());
  }
}

void QemuFold::chooseDoorbell(Queue& queue, std::int32_t tid, HostHalfRow& half) {
  if (queue.doorbells.empty()) return;
  // A doorbell that arrives during a visit calls for the next one.
  const bool calledAgain = std::any_of(queue.doorbells.begin(), queue.doorbells.end(),
                                       [&](const Doorbell& doorbell) { return doorbell.tid == tid; });
  if (seen(queue.entered) && !calledAgain) return;
  queue.doorbell = queue.entered = kUnseen;
  // The handler runs right before it pops, so its own notification is the last one of this thread; one of another
  // thread before it is the doorbell's arrival. Everything else found the queue empty.
  for (const Doorbell& doorbell : queue.doorbells)
    if (doorbell.tid == tid) queue.entered = doorbell.ns;
  for (const Doorbell& doorbell : queue.doorbells)
    if (doorbell.tid != tid && (!seen(queue.entered) || doorbell.ns <= queue.entered)) queue.doorbell = doorbell.ns;
  for (const Doorbell& doorbell : queue.doorbells)
    if (doorbell.ns != queue.entered && doorbell.ns != queue.doorbell) queue.host.writeUnserved(doorbell.ns);
  queue.doorbells.clear();
  half.flags |= kOpensBurst;
}

void QemuFold::pop(const Event& event) {
  Queue& queue = queueAt(event.get(Field::Vq, 0));
  m_servingThreads[event.tid] = true;
  queue.worker = event.tid;
  HostHalfRow half;
  half.queueId = queue.host.queueId();
  half.position = positionOf(queue, event);
  half.epoch = queue.host.epoch.epoch;
  half.f = m_now;
  chooseDoorbell(queue, event.tid, half);
  if (seen(queue.doorbell)) half.k = queue.doorbell - m_now;
  if (seen(queue.entered)) half.w = queue.entered - m_now;
  if (event.has(Field::Head)) half.head = static_cast<std::int64_t>(event[Field::Head]);
  if (event.has(Field::In)) half.inCount = static_cast<std::int64_t>(event[Field::In]);
  if (event.has(Field::Out)) half.outCount = static_cast<std::int64_t>(event[Field::Out]);
  queue.host.fetched(half.position);
  if (Translation& translation = m_translations[event.tid]; translation.any()) {
    half.t = translation.first - m_now;
    if (!translation.misses.empty()) half.misses = static_cast<std::int64_t>(translation.misses.size());
    if (queue.deviceId != kNoDevice) {
      device(queue.deviceId).translation = wordOf(descry::Translation::Viommu);
      device(queue.deviceId).translationReason = "the vIOMMU translated its ring addresses";
    }
    queue.host.epoch.misses += static_cast<std::int64_t>(translation.misses.size());
    writeMisses(queue, translation, half.position, m_now);
  }
  const std::uint64_t element = event.get(Field::Element, 0);
  if (const auto old = m_open.find(element); old != m_open.end() && old->second.queue != nullptr) {
    // QEMU hands element addresses out again only after the old one was freed: it went back without a trace event.
    old->second.queue->host.writeOpen(old->second.half, kEndUnseen);
    old->second = Open{&queue, half};
  } else {
    m_open.emplace(element, Open{&queue, half});
  }
}

void QemuFold::fill(const Event& event) {
  Queue& queue = queueAt(event.get(Field::Vq, 0));
  settleTranslation(queue, event.tid);
  // A new batch begins while filled entries still wait: their index write has no event (packed rings) or was lost.
  if (event.get(Field::Value, 0) == 0 && !queue.filled.empty()) publish(queue, false);
  const auto found = m_open.find(event.get(Field::Element, 0));
  if (found == m_open.end() || found->second.queue != &queue) {
    m_store.anomaly("used-without-fetch", Doubt::Warning, m_captureId, queue.host.queueId(), m_now,
                    "an element was given back whose pop was not seen");
    return;
  }
  HostHalfRow half = found->second.half;
  m_open.erase(found);
  if (!seen(half.p)) half.p = m_now - half.f;
  if (event.has(Field::Length)) half.lengthBytes = static_cast<std::int64_t>(event[Field::Length]);
  queue.filled.emplace_back(m_now, half);
}

void QemuFold::publish(Queue& queue, bool flushed) {
  for (auto& [filledAt, half] : queue.filled) {
    half.u = (flushed ? m_now : static_cast<Ns>(filledAt)) - half.f;
    if (!flushed) half.flags |= kUsedWithoutFlush;
    queue.host.used(half);
  }
  queue.filled.clear();
}

void QemuFold::interrupt(const Event& event) {
  Queue& queue = queueAt(event.get(Field::Vq, 0));
  settleTranslation(queue, event.tid);
  if (!queue.filled.empty()) publish(queue, false);
  queue.host.interrupted(m_now);
  m_kvm.signalled(queue.host.queueId(), event.tid, m_now);
  queue.signalledBy = event.get(Field::Device, 0);
  // The handler has come to an end: what is popped next without a new notification was found by polling.
  queue.doorbell = queue.entered = kUnseen;
}

void QemuFold::status(const Event& event) {
  const std::uint64_t address = event.get(Field::Device, 0);
  const DeviceId deviceId = deviceAt(address);
  const std::uint64_t value = event.get(Field::Value, 0);
  const auto before = m_status.find(address);
  const bool reset = value == 0 && (before == m_status.end() || before->second != 0);
  m_status[address] = value;
  if (!reset) return;
  m_deviceReset[address] = m_now;
  for (Queue& queue : m_queues)
    if (queue.deviceId == deviceId || queue.deviceId == kNoDevice) startEpoch(queue, queue.deviceId == deviceId);
}

void QemuFold::startEpoch(Queue& queue, bool certain) {
  if (!queue.host.idle()) {
    closeEpoch(queue, kEndUnseen);
    const std::int64_t next = queue.host.epoch.epoch + 1;
    queue.host.epoch = QueueEpochRow{.queueId = queue.host.queueId(), .epoch = next};
  }
  queue.host.epoch.start = m_now;
  // Whether this device owns a queue that has no name yet is unknown: then its pops count from nowhere.
  queue.startSeen = certain;
  if (!certain) queue.firstSeen = -1;
  queue.pops = 0;
  queue.index.restart();
  queue.unfetched = 0;
  queue.again.clear();
}

void QemuFold::translated(const Event& event) {
  Translation& translation = m_translations[event.tid];
  if (!translation.any()) translation.first = m_now;
  if (event.kind == EventKind::QemuIommuMiss) translation.misses.emplace_back(m_now, event.get(Field::Iova, 0));
}

void QemuFold::settleTranslation(Queue& queue, std::int32_t tid) {
  const auto found = m_translations.find(tid);
  if (found == m_translations.end() || !found->second.any()) return;
  queue.host.epoch.misses += static_cast<std::int64_t>(found->second.misses.size());
  queue.host.epoch.metadataMisses += static_cast<std::int64_t>(found->second.misses.size());
  writeMisses(queue, found->second, kUnseen, kUnseen);
}

void QemuFold::writeMisses(Queue& queue, Translation& translation, std::int64_t position, Ns retried) {
  for (const auto& [ns, iova] : translation.misses)
    m_store.misses.add({.queueId = queue.host.queueId(),
                        .raised = ns,
                        .seq = m_store.nextSequence(),
                        .epoch = queue.host.epoch.epoch,
                        .position = position,
                        .iova = static_cast<std::int64_t>(iova),
                        .updated = ns,
                        .grantedBytes = kPageBytes,
                        .retried = retried});
  translation.clear();
}

void QemuFold::closeEpoch(Queue& queue, std::int64_t openFlag) {
  publish(queue, false);
  queue.host.writeUnannounced();
  for (auto open = m_open.begin(); open != m_open.end();) {
    if (open->second.queue != &queue) {
      ++open;
      continue;
    }
    queue.host.writeOpen(open->second.half, openFlag);
    open = m_open.erase(open);
  }
  for (const Doorbell& doorbell : queue.doorbells) queue.host.writeUnserved(doorbell.ns);
  queue.doorbells.clear();
  queue.doorbell = queue.entered = kUnseen;
  queue.host.epoch.anchor = queue.index.started() ? "ring" : queue.startSeen ? "start" : "order";
  queue.host.epoch.end = m_now;
  if (m_process != 0 && queue.worker != 0) queue.host.epoch.workerTid = queue.worker;
  m_epochKicks.push_back({m_store.epochs.size(), std::exchange(queue.doorbellsByThread, {})});
  m_store.epochs.push_back(queue.host.epoch);
}

void QemuFold::finish(Ns now) {
  m_now = now;
  for (Queue& queue : m_queues) nameByNeighbours(queue);
  for (Queue& queue : m_queues) {
    closeEpoch(queue, kInFlightAtEnd);
    m_store.epochs.back().end = kUnseen;
    if (queue.deviceId == kNoDevice) {
      // Pops without any notification: the device is unknown, but its chains are real.
      queue.deviceId = deviceAt(queue.address);
      device(queue.deviceId).name = fmt::format("owner of vq 0x{:x}", queue.address);
      queue.host.row().deviceId = queue.deviceId;
    }
  }
  for (const EpochDoorbells& counted : m_epochKicks)
    for (const auto& [tid, count] : counted.byThread)
      if (!m_servingThreads.contains(tid)) m_store.epochs[counted.epochIndex].doorbellsOtherThread += count;
  if (m_transport.empty() || m_transport == "mixed") return;
  for (const auto& [address, deviceId] : m_devices) {
    DeviceRow& row = device(deviceId);
    row.transport = m_transport;
    row.transportSource = "inferred";
  }
}

}  // namespace descry
