// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/iotlb_misses.hpp"

#include <algorithm>

namespace descry {

namespace {
constexpr std::size_t kMostAwaitedMisses = 256;
}

void IotlbMisses::raised(Queue& queue, Ns now, std::int64_t epoch, std::int64_t position, std::int64_t iova) {
  IotlbMissRow row;
  row.queueId = queue.queueId;
  row.raised = now;
  row.seq = m_store.nextSequence();
  row.epoch = epoch;
  row.position = position;
  row.iova = iova;
  // A miss on another address shows that the queue came past the answered ones of the chain.
  for (IotlbMissRow& earlier : queue.open)
    if (seen(earlier.updated) && !seen(earlier.retried) && earlier.iova != iova && earlier.position == position)
      earlier.retried = now;
  queue.open.push_back(row);
}

void IotlbMisses::messageRead(std::optional<std::uint64_t> hostDevice, Ns now) {
  // Messages are read in the order in which they were raised, per device.
  IotlbMissRow* oldest = nullptr;
  for (Queue& queue : m_queues) {
    if (hostDevice && queue.hostDevice != *hostDevice) continue;
    for (IotlbMissRow& miss : queue.open)
      if (!seen(miss.read) && (oldest == nullptr || miss.seq < oldest->seq)) oldest = &miss;
  }
  if (oldest != nullptr) oldest->read = now;
}

void IotlbMisses::changed(const Change& change, Ns now) {
  IotlbEventRow row;
  row.captureId = m_captureId;
  row.ns = now;
  row.seq = m_store.nextSequence();
  row.kind = change.update ? "update" : "invalidate";
  row.iova = static_cast<std::int64_t>(change.first);
  row.bytes = static_cast<std::int64_t>(change.last - change.first + 1);
  if (change.address) row.address = static_cast<std::int64_t>(*change.address);
  m_store.iotlbEvents.add(row);
  if (!change.update) return;
  for (Queue& queue : m_queues) {
    if (change.hostDevice != 0 && queue.hostDevice != change.hostDevice) continue;
    for (IotlbMissRow& miss : queue.open) {
      const auto iova = static_cast<std::uint64_t>(miss.iova);
      if (seen(miss.updated) || iova < change.first || iova > change.last) continue;
      miss.updated = now;
      miss.grantedBytes = row.bytes;
    }
  }
}

void IotlbMisses::past(Queue& queue, bool metadata, std::int64_t position, Ns now) {
  for (IotlbMissRow& miss : queue.open) {
    const bool concerned = metadata ? !seen(miss.position) : seen(miss.position) && miss.position <= position;
    if (concerned && !seen(miss.retried)) miss.retried = now;
  }
  // An echo whose answer is still under way is kept until that came, but not for ever: not every trace records answers.
  const bool many = queue.open.size() > kMostAwaitedMisses;
  std::erase_if(queue.open, [&](const IotlbMissRow& miss) {
    const bool done = seen(miss.retried) && (many || (seen(miss.updated) && seen(miss.read)));
    if (done) m_store.misses.add(miss);
    return done;
  });
}

void IotlbMisses::flush(Queue& queue) {
  for (const IotlbMissRow& miss : queue.open) m_store.misses.add(miss);
  queue.open.clear();
}

}  // namespace descry
