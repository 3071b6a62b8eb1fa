// SPDX-License-Identifier: GPL-2.0-or-later
// Where the epochs of a vhost device's queues begin and end.
#include <vector>

#include "collector/fold/vhost_fold.hpp"

namespace descry {

namespace {

/// VHOST_SET_VRING_BASE is _IOW(0xAF, 0x12, struct vhost_vring_state).
bool setsBase(std::uint64_t command) {
  return (command & 0xffU) == 0x12 && (command >> 30U) == 1;
}

}  // namespace

void VhostFold::startEpoch(Queue& queue) {
  if (!queue.host.idle()) {
    closeEpoch(queue, kEndUnseen);
    const std::int64_t next = queue.host.epoch.epoch + 1;
    queue.host.epoch = QueueEpochRow{.queueId = queue.host.queueId(), .epoch = next};
  }
  queue.host.epoch.start = m_now;
  queue.avail.restart();
  queue.attempt = Attempt{};
  queue.next = -1;
  queue.baseSeen = false;
}

void VhostFold::ringIoctl(const Event& event) {
  learn(event);
  if (!setsBase(event.get(Field::Value, 0))) return;
  const Field which = event.get(Field::Queue, 0) == 0 ? Field::Vq0 : Field::Vq1;
  Queue* queue = event.has(which) ? queueAt(event[which]) : nullptr;
  if (queue == nullptr || event.get(Field::Queue, 0) > 1) return;
  startEpoch(*queue);
  queue->next = static_cast<std::int64_t>(event.get(Field::Count, 0) & 0xffffU);
  queue->baseSeen = queue->next == 0;
}

/// A VMM opens a device. The kernel gives its memory to one after the other.
void VhostFold::opened(const Event& event) {
  const std::uint64_t hostDevice = event.get(Field::HostDevice, 0);
  m_owners[hostDevice] = event.tid;
  if (m_devices.erase(hostDevice) == 0) return;
  m_arrivals.erase(hostDevice);
  for (Queue& queue : m_queues) {
    if (queue.hostDevice != hostDevice || queue.gone) continue;
    closeEpoch(queue, kEndUnseen);
    queue.gone = true;
    m_queueByAddress.erase(queue.address);
    std::erase_if(m_queueByCall, [&](const auto& call) { return call.second == &queue; });
    for (auto& [tid, task] : m_tasks) {
      if (task.fetching == &queue) task.fetching = nullptr;
      if (task.prefetching == &queue) task.prefetching = nullptr;
    }
  }
}

void VhostFold::closeEpoch(Queue& queue, std::int64_t openFlag) {
  queue.host.writeUnannounced();
  for (const auto& [position, half] : queue.open) queue.host.writeOpen(half, openFlag);
  queue.open.clear();
  queue.handedBack.clear();
  m_misses.flush(*queue.misses);
  if (seen(queue.doorbell) && !queue.doorbellServed) queue.host.writeUnserved(queue.doorbell);
  queue.doorbell = kUnseen;
  queue.doorbellServed = true;
  queue.host.epoch.anchor = queue.baseSeen ? "start" : "ring";
  queue.host.epoch.end = m_now;
  m_store.epochs.push_back(queue.host.epoch);
}

void VhostFold::finish(Ns now) {
  m_now = now;
  for (Queue& queue : m_queues) {
    if (queue.gone) continue;
    closeEpoch(queue, kInFlightAtEnd);
    m_store.epochs.back().end = kUnseen;
  }
}

}  // namespace descry
