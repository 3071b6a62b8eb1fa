// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/vhost_user_bursts.hpp"

#include <algorithm>

#include "collector/facts/virtio_names.hpp"

namespace descry {

namespace {

constexpr unsigned kMergeable = 15;  // VIRTIO_NET_F_MRG_RXBUF

bool has(std::uint64_t features, unsigned bit) {
  return (features >> bit & 1U) != 0;
}

template <typename Structure>
Structure newRecord(DescryRecordType type, std::uint64_t ns) {
  Structure record{};
  record.header.type = type;
  record.header.ns = ns;
  return record;
}

}  // namespace

/// Addresses of two processes may be the same; that of the first one stays as it is.
std::uint64_t VhostUserBursts::keyOf(const Name& name) {
  auto [found, isNew] = m_keys.try_emplace(name, name.second);
  if (isNew && !m_taken.insert(found->second).second) {
    found->second ^= std::uint64_t{name.first} << 44U;  // they have 47 bits, of which the upper ones differ little
    m_taken.insert(found->second);
  }
  return found->second;
}

VhostUserBursts::Queue& VhostUserBursts::queueOf(std::uint32_t process, std::uint64_t vq) {
  auto [found, isNew] = m_queues.try_emplace({process, vq});
  if (isNew) found->second.key = keyOf(found->first);
  return found->second;
}

void VhostUserBursts::take(const kernel::BackendQueueRecord& record) {
  Queue& queue = queueOf(record.process, record.vq);
  if (queue.announced && queue.started) endEpoch(queue, record.ns, false);
  queue.ring = record;
  queue.announced = false;
  queue.device = keyOf({record.process, record.device});
}

void VhostUserBursts::announce(Queue& queue, std::uint32_t thread, std::uint64_t ns) {
  auto record = newRecord<descry_host_queue>(Descry_host_queue, ns);
  record.hdev = queue.device;
  record.vq = queue.key;
  record.ring = queue.ring.ring;
  record.features = queue.ring.features;
  record.queue = queue.ring.index;
  record.num = queue.ring.size;
  record.owner = queue.ring.process;
  record.fetching = 1;
  record.worker = thread;
  m_take(RecordRun::of(record));
  queue.announced = true;
}

void VhostUserBursts::endEpoch(Queue& queue, std::uint64_t ns, bool last) {
  descry_host_epoch& epoch = queue.epoch;
  epoch.header.type = Descry_host_epoch;
  epoch.header.ns = ns;
  epoch.vq = queue.key;
  epoch.last = last ? 1 : 0;
  m_take(RecordRun::of(epoch));
  const std::uint32_t number = epoch.epoch;
  epoch = {};
  epoch.epoch = number + 1;
  epoch.start = ns;
  queue.started = queue.counted = false;
  queue.next = 0;
}

/// The index of a split ring counts chains. That of a packed one counts descriptors: a buffer to receive into that
/// is mergeable has one, else a chain is a packet.
std::uint32_t VhostUserBursts::chainsOf(const Queue& queue, const kernel::BackendBurstRecord& record) const {
  const bool receives = record.index % 2 == 0;  // of the guest
  return record.packed == 0 || (receives && has(queue.ring.features, kMergeable)) ? record.count : record.returned;
}

/// Brings `next` to the first chain of the burst; returns how many of its chains are known already: two threads may ask
/// for the same ones, and one of them waits.
std::uint32_t VhostUserBursts::follow(Queue& queue, const kernel::BackendBurstRecord& record) {
  if (record.packed != 0) {
    if (!queue.started) queue.counted = record.lastAvail != 0;
    return 0;
  }
  if (!queue.started) {
    queue.next = record.lastAvail;
    return 0;
  }
  const auto ahead = static_cast<std::int16_t>(record.lastAvail - static_cast<std::uint16_t>(queue.next));
  if (ahead == 0) return 0;
  if (ahead < 0 && -ahead < record.count && record.lastAvail != 0) return static_cast<std::uint32_t>(-ahead);
  if (ahead < 0 || record.lastAvail == 0) {  // the ring was restarted
    endEpoch(queue, record.entered, false);
    queue.next = record.lastAvail;
    return 0;
  }
  auto gap = newRecord<descry_host_gap>(Descry_host_gap, record.entered);
  gap.vq = queue.key;
  gap.begin = record.entered;
  gap.expected = queue.next;
  gap.count = static_cast<std::uint64_t>(ahead);
  m_take(RecordRun::of(gap));
  ++queue.epoch.gaps;
  queue.next += ahead;
  return 0;
}

void VhostUserBursts::handOverHalf(Queue& queue, const kernel::BackendBurstRecord& record, std::uint32_t at) {
  const std::uint64_t end = record.signalled != 0 ? record.signalled : record.ns;
  const bool wasThere = at < record.pending;
  const std::uint64_t entered = record.entered;
  auto half = newRecord<descry_host_half>(Descry_host_half, 0);
  half.vq = queue.key;
  half.position = queue.next++;
  half.epoch = queue.epoch.epoch;
  half.entered = record.entered;
  half.fetched = wasThere ? record.entered : end;
  half.used = wasThere ? std::max(entered, end - std::min(end, m_trapNs)) : end;
  half.header.ns = half.used;
  half.head = DESCRY_UNKNOWN_HEAD;
  half.out = half.in = -1;
  half.len = -1;
  half.hits = 1;
  if (at < record.known) {
    half.head = record.used[at].head;
    half.len = record.used[at].length;
  }
  descry_host_epoch& epoch = queue.epoch;
  if (epoch.fetches == 0) epoch.first_position = half.position;
  epoch.last_position = half.position;
  ++epoch.fetches;
  ++epoch.used;
  m_take(RecordRun::of(half));
}

void VhostUserBursts::take(const kernel::BackendBurstRecord& record) {
  Queue& queue = queueOf(record.process, record.vq);
  if (queue.device == 0) {  // what announced it was lost
    queue.device = keyOf({record.process, record.device});
    queue.ring.process = record.process;
    queue.ring.index = record.index;
  }
  if (!queue.announced) announce(queue, record.thread, record.entered);
  const std::uint32_t known = follow(queue, record);
  queue.started = true;
  if (queue.epoch.start == 0) queue.epoch.start = record.entered;
  queue.epoch.from_start = queue.counted ? DESCRY_POSITIONS_COUNTED : record.packed != 0 ? 1 : 0;
  for (std::uint32_t at = known; at < chainsOf(queue, record); ++at) handOverHalf(queue, record, at);
  if (record.more != 0 || record.signalled == 0) return;
  auto interrupt = newRecord<descry_host_interrupt>(Descry_host_interrupt, record.signalled);
  interrupt.vq = queue.key;
  ++queue.epoch.interrupts;
  m_take(RecordRun::of(interrupt));
}

void VhostUserBursts::finish(std::uint64_t end) {
  for (auto& [name, queue] : m_queues)
    if (queue.announced) endEpoch(queue, end, true);
}

}  // namespace descry
