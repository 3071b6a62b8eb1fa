// SPDX-License-Identifier: GPL-2.0-or-later
// The device IOTLB part of the vhost fold: a miss is raised, read by the VMM, answered by an update, and retried.
#include <algorithm>

#include "collector/fold/vhost_fold.hpp"

namespace descry {

namespace {
constexpr std::size_t kMostAwaitedMisses = 256;
}

void VhostFold::missed(const Event& event, Task& task) {
  Queue* queue = queueAt(event.get(Field::Vq, 0));
  if (queue == nullptr) return;
  const auto iova = static_cast<std::int64_t>(event.get(Field::Iova, 0));
  IotlbMissRow row;
  row.queueId = queue->host.queueId();
  row.raised = m_now;
  row.seq = m_store.nextSequence();
  row.epoch = queue->host.epoch.epoch;
  row.iova = iova;
  ++queue->host.epoch.misses;
  if (task.inPrefetch) {
    ++queue->host.epoch.metadataMisses;
  } else {
    row.position = task.fetching == queue ? task.fetchPosition : queue->attempt.position;
    if (row.position < 0) row.position = kUnseen;
    ++queue->attempt.misses;
  }
  // A miss on another address shows that the queue came past the answered ones.
  for (IotlbMissRow& earlier : queue->misses)
    if (seen(earlier.updated) && !seen(earlier.retried) && earlier.iova != iova) earlier.retried = m_now;
  queue->misses.push_back(row);
}

void VhostFold::messageRead(const Event& event) {
  const auto result = static_cast<std::int64_t>(event.get(Field::Result, 0));
  if (result <= 0) return;
  // Messages are read in the order in which they were raised, per device.
  IotlbMissRow* oldest = nullptr;
  for (Queue& queue : m_queues) {
    if (event.has(Field::HostDevice) && queue.hostDevice != event[Field::HostDevice]) continue;
    for (IotlbMissRow& miss : queue.misses)
      if (!seen(miss.read) && (oldest == nullptr || miss.seq < oldest->seq)) oldest = &miss;
  }
  if (oldest != nullptr) oldest->read = m_now;
}

void VhostFold::tableChanged(const Event& event, Task& task) {
  if (!task.inWrite) return;  // the memory table is kept in the same structure
  const bool update = event.kind == EventKind::VhostIotlbAdd;
  const std::uint64_t first = event.get(Field::Iova, 0), last = event.get(Field::Last, first);
  IotlbEventRow row;
  row.captureId = m_captureId;
  row.ns = m_now;
  row.seq = m_store.nextSequence();
  row.kind = update ? "update" : "invalidate";
  row.iova = static_cast<std::int64_t>(first);
  row.bytes = static_cast<std::int64_t>(last - first + 1);
  if (event.has(Field::Address)) row.address = static_cast<std::int64_t>(event[Field::Address]);
  m_store.iotlbEvents.add(row);
  if (!update) return;
  for (Queue& queue : m_queues) {
    if (task.writeDevice != 0 && queue.hostDevice != task.writeDevice) continue;
    for (IotlbMissRow& miss : queue.misses) {
      const auto iova = static_cast<std::uint64_t>(miss.iova);
      if (seen(miss.updated) || iova < first || iova > last) continue;
      miss.updated = m_now;
      miss.grantedBytes = row.bytes;
    }
  }
}

void VhostFold::pastMisses(Queue& queue, bool metadata, std::int64_t position) {
  for (IotlbMissRow& miss : queue.misses) {
    const bool concerned = metadata ? !seen(miss.position) : seen(miss.position) && miss.position <= position;
    if (concerned && !seen(miss.retried)) miss.retried = m_now;
  }
  // An echo whose answer is still under way is kept until that came, but not for ever: not every trace records answers.
  const bool many = queue.misses.size() > kMostAwaitedMisses;
  std::erase_if(queue.misses, [&](const IotlbMissRow& miss) {
    const bool done = seen(miss.retried) && (many || (seen(miss.updated) && seen(miss.read)));
    if (done) m_store.misses.add(miss);
    return done;
  });
}

}  // namespace descry
