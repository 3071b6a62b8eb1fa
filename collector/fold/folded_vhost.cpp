// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/folded_vhost.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "collector/facts/virtio_names.hpp"
#include "collector/fold/epoch_counts.hpp"
#include "collector/fold/vhost_facts.hpp"
#include "collector/probes/records.h"

namespace descry {

FoldedVhost::Queue* FoldedVhost::queueAt(std::uint64_t address) {
  const auto found = m_queueByAddress.find(address);
  return found == m_queueByAddress.end() ? nullptr : found->second;
}

DeviceRow& FoldedVhost::device(std::uint64_t hostDevice) {
  auto [found, isNew] = m_devices.try_emplace(hostDevice, kNoDevice);
  if (isNew) found->second = m_store.addDevice(newVhostDevice(m_captureId, m_vm, m_opened++, hostDevice));
  return m_store.devices[placeOf(found->second)];
}

FoldedVhost::Queue* FoldedVhost::queueAt(std::uint64_t address, std::int64_t epoch) {
  Queue* queue = queueAt(address);
  while (queue != nullptr && epoch < queue->firstEpoch) queue = queue->before;
  return queue;
}

FoldedVhost::Queue& FoldedVhost::addQueue(const descry_host_queue& record, DeviceId deviceId, Queue* before) {
  const QueueId queueId = m_store.addQueue(newVhostQueue(deviceId, record.queue, record.vq));
  Queue& queue = m_queues.emplace_back(m_store, queueId);
  queue.misses = &m_misses.add(queueId, record.hdev);
  queue.hostDevice = record.hdev;
  if (before != nullptr) {
    queue.before = before;
    queue.firstEpoch = before->firstEpoch + before->host.epoch.epoch;
    before->closed = true;
  }
  m_queueByAddress[record.vq] = &queue;
  return queue;
}

template <>
void FoldedVhost::take(const descry_host_queue& record) {
  Queue* queue = queueAt(record.vq);
  // Its first queue begins the new device; the others find it begun.
  if (const auto known = m_devices.find(record.hdev); known != m_devices.end() && queue != nullptr &&
                                                      record.fetching == DESCRY_QUEUE_OPENED &&
                                                      queue->host.row().deviceId == known->second)
    m_devices.erase(known);
  DeviceRow& host = device(record.hdev);
  describeVhostDevice(host, record.features);
  if (record.owner != 0) host.vmmPid = record.owner;
  if (queue == nullptr || queue->host.row().deviceId != host.deviceId) queue = &addQueue(record, host.deviceId, queue);
  // A queue is announced again when its ring has been set up.
  QueueRow& row = queue->host.row();
  if (record.fetching != 1) return;
  queue->worker = record.worker;
  if (record.num != 0) row.size = record.num;
  if ((record.features >> kPackedRing & 1U) != 0) row.layout = "packed";  // not the kernel's: of a vhost-user backend
  row.ringAddress = fmt::format("0x{:x}", record.ring);
}

template <>
void FoldedVhost::take(const descry_host_half& record) {
  Queue* queue = queueAt(record.vq, record.epoch);
  if (queue == nullptr) return;
  const auto after = [&record](std::uint64_t ns) { return ns == 0 ? kUnseen : static_cast<Ns>(ns - record.fetched); };
  const auto unlessZero = [](std::uint32_t count) { return count == 0 ? kUnseen : static_cast<std::int64_t>(count); };
  const auto unlessNegative = [](std::int64_t count) { return count < 0 ? kUnseen : count; };
  HostHalfRow half;
  half.queueId = queue->host.queueId();
  half.epoch = record.epoch - queue->firstEpoch;
  half.position = record.position;
  half.f = relative(record.fetched);
  half.n = after(record.arrived);
  half.k = after(record.kick);
  half.w = after(record.entered);
  half.t = after(record.tried);
  half.u = after(record.used);
  if (record.head != DESCRY_UNKNOWN_HEAD) half.head = record.head;
  half.outCount = unlessNegative(record.out);
  half.inCount = unlessNegative(record.in);
  half.lengthBytes = unlessNegative(record.len);
  half.misses = unlessZero(record.misses);
  half.retries = unlessZero(record.retries);
  half.flags = record.flags;
  if (record.misses != 0) m_misses.past(*queue->misses, false, record.position, half.f);
  queue->host.fetched(record.position);
  if (record.used != 0)
    queue->host.used(half);
  else
    queue->host.writeOpen(half, 0);
}

template <>
void FoldedVhost::take(const descry_host_kick& record) {
  if (Queue* queue = queueAt(record.vq)) queue->host.writeUnserved(m_now);
}

template <>
void FoldedVhost::take(const descry_host_interrupt& record) {
  if (Queue* queue = queueAt(record.vq)) queue->host.interrupted(m_now);
}

template <>
void FoldedVhost::take(const descry_host_gap& record) {
  if (const Queue* queue = queueAt(record.vq))
    m_store.addLoss({.captureId = m_captureId,
                     .queueId = queue->host.queueId(),
                     .begin = relative(record.begin),
                     .end = m_now,
                     .count = static_cast<std::int64_t>(record.count),
                     .reason = "gap"});
}

template <>
void FoldedVhost::take(const descry_host_epoch& record) {
  Queue* queue = queueAt(record.vq, record.epoch);
  if (queue == nullptr) return;
  m_misses.flush(*queue->misses);
  queue->host.writeUnannounced();
  QueueEpochRow& epoch = queue->host.epoch;
  epoch = QueueEpochRow{.queueId = queue->host.queueId(), .epoch = record.epoch - queue->firstEpoch};
  if (record.start != 0) epoch.start = relative(record.start);
  if (record.last == 0) epoch.end = m_now;
  epoch.anchor = record.from_start == DESCRY_POSITIONS_COUNTED ? "order" : record.from_start != 0 ? "start" : "ring";
  if (record.first_position >= 0) {
    epoch.firstPosition = record.first_position;
    epoch.lastPosition = record.last_position;
  }
  takeCounts(record, epoch);
  for (std::uint32_t i = 0; i < record.stray; ++i)
    m_store.anomaly("used-without-fetch", Doubt::Info, m_captureId, queue->host.queueId(), m_now,
                    "a used entry was published for a chain whose fetch was not seen");
  for (std::uint32_t i = 0; i < record.went_back; ++i)
    m_store.anomaly("position-went-back", Doubt::Warning, m_captureId, queue->host.queueId(), m_now,
                    "a position was fetched again after it had been used: the ring was restarted unseen");
  if (queue->worker != 0)
    epoch.workerTid = queue->worker;
  else if (const auto worker = m_workers.find(queue->hostDevice); worker != m_workers.end())
    epoch.workerTid = worker->second;
  m_store.epochs.push_back(epoch);
  queue->closed = record.last != 0;
  epoch = QueueEpochRow{.queueId = queue->host.queueId(), .epoch = epoch.epoch + 1};
}

template <>
void FoldedVhost::take(const descry_iotlb_miss& record) {
  Queue* queue = queueAt(record.vq);
  if (queue == nullptr) return;
  ++queue->host.epoch.misses;
  m_misses.raised(*queue->misses, m_now, record.epoch - queue->firstEpoch,
                  record.position < 0 ? kUnseen : record.position, static_cast<std::int64_t>(record.iova));
}

template <>
void FoldedVhost::take(const descry_iotlb_read& record) {
  m_misses.messageRead(record.hdev, m_now);
}

template <>
void FoldedVhost::take(const descry_iotlb_update& record) {
  if (record.last >= record.start) m_misses.changed({true, record.hdev, record.start, record.last, record.addr}, m_now);
}

template <>
void FoldedVhost::take(const descry_iotlb_invalidate& record) {
  if (record.last >= record.start)
    m_misses.changed({false, record.hdev, record.start, record.last, std::nullopt}, m_now);
}

template <>
void FoldedVhost::take(const descry_iotlb_past& record) {
  if (const Queue* queue = queueAt(record.vq))
    m_misses.past(*queue->misses, record.position < 0, record.position, m_now);
}

namespace {

/// How long a virtual CPU was in each state.
template <typename Structure, typename Row>
void takeStates(const Structure& record, Row& row) {
  const auto time = [](std::uint64_t ns) { return static_cast<Ns>(ns); };
  row.guest = time(record.guest);
  row.kernel = time(record.kernel);
  row.vmm = time(record.vmm);
  row.runnable = time(record.no_cpu);
  row.halted = time(record.halted);
  row.polling = time(record.polling);
}

}  // namespace

template <>
void FoldedVhost::take(const descry_kvm_doorbell& record) {
  if (record.kick == 0) return;
  const Queue* queue = queueAt(record.vq);
  KvmDoorbellRow row;
  row.ns = relative(record.kick);
  row.vcpuTid = record.vcpu;
  row.exit = unlessUnseen(record.exited);
  row.taken = unlessUnseen(record.taken);
  row.entered = m_now;
  if (record.exited != 0) row.runnable = static_cast<Ns>(record.no_cpu);
  if (queue == nullptr) return m_kvmOfVmm.take(row);
  row.queueId = queue->host.queueId();
  row.seq = m_store.nextSequence();
  m_store.kvmDoorbells.add(row);
}

template <>
void FoldedVhost::take(const descry_kvm_interrupt& record) {
  if (record.signal == 0) return;
  const Queue* queue = queueAt(record.vq);
  KvmInterruptRow row;
  row.ns = relative(record.signal);
  row.vcpuTid = record.vcpu;
  row.vector = record.vector;
  row.accepted = relative(record.accepted);
  row.injected = relative(record.injected);
  row.entered = m_now;
  row.merged = record.merged;
  // States that do not add up say nothing: the signaller read them in the middle of a change.
  if (record.guest + record.kernel + record.vmm + record.no_cpu + record.halted + record.polling ==
      record.injected - record.accepted)
    takeStates(record, row);
  if (queue == nullptr) return m_kvmOfVmm.take(row, static_cast<std::int32_t>(record.signaller));
  row.queueId = queue->host.queueId();
  row.seq = m_store.nextSequence();
  m_store.kvmInterrupts.add(row);
}

template <>
void FoldedVhost::take(const descry_kvm_vcpu& record) {
  KvmVcpuRow row;
  row.captureId = m_captureId;
  row.tid = record.vcpu;
  row.vmmPid = record.owner;
  row.number = record.number;
  row.begin = relative(record.begin);
  takeStates(record, row);
  row.exits = record.exits;
  row.vmmExits = record.vmm_exits;
  row.halts = record.halts;
  row.polled = record.polled;
  row.doorbells = record.doorbells;
  row.doorbellsAway = static_cast<Ns>(record.doorbell_away);
  row.interrupts = record.interrupts;
  row.injected = record.injected;
  row.merged = record.merged;
  // Such a ratio is 1: the one in which KVM counts on AMD's processors, or on Intel's.
  if (record.tsc_since != 0 && (record.tsc_ratio == 1ULL << 32U || record.tsc_ratio == 1ULL << 48U)) {
    row.tscOffset = static_cast<std::int64_t>(record.tsc_offset);
    row.tscSince = relative(record.tsc_since);
  }
  // A damaged trace may say it twice.
  const auto same = [&row](const KvmVcpuRow& other) {
    return other.captureId == row.captureId && other.tid == row.tid;
  };
  if (std::ranges::none_of(m_store.vcpus, same)) m_store.vcpus.push_back(row);
}

template <>
void FoldedVhost::take(const descry_kvm_worker& record) {
  m_workers[record.hdev] = record.tid;
  const Ns on = relative(record.on);
  if (on >= m_now) return;
  m_store.threadStates.add(
      {.captureId = m_captureId, .tid = record.tid, .on = on, .off = m_now, .woken = unlessUnseen(record.woken)});
}

void FoldedVhost::takeRecord(const Record& record) {
#define DESCRY_TAKE(name, fields) \
  case Descry_##name:             \
    return take(recordAs<descry_##name>(record));
  switch (recordAs<DescryHeader>(record).type) {
    DESCRY_HOST_RECORDS(DESCRY_TAKE)
    DESCRY_KVM_RECORDS(DESCRY_TAKE)
    default:
      return;
  }
}

void FoldedVhost::handle(const std::vector<Record>& records, const Event& event, Ns origin) {
  if (event.record == 0) return;
  m_origin = origin;
  m_now = event.ns - origin;
  takeRecord(records[event.record - 1]);
}

/// Without the counters that a recording ends with (it was killed), they are what was seen.
void FoldedVhost::finish(Ns now) {
  m_now = now;
  for (Queue& queue : m_queues) {
    queue.host.writeUnannounced();
    m_misses.flush(*queue.misses);
    if (queue.closed) continue;
    queue.host.epoch.anchor = "ring";
    if (queue.worker != 0) queue.host.epoch.workerTid = queue.worker;
    m_store.epochs.push_back(queue.host.epoch);
  }
}

}  // namespace descry
