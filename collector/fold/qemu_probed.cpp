// SPDX-License-Identifier: GPL-2.0-or-later
// What probes on a QEMU say besides its own trace events: what a queue is, which position a chain has, and that chains
// were handed back.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "collector/facts/virtio_names.hpp"
#include "collector/fold/qemu_fold.hpp"
#include "schemas/model/words.hpp"

namespace descry {

void QemuFold::announced(const Event& event) {
  Queue& queue = queueAt(event.get(Field::Vq, 0));
  nameQueue(queue, event.get(Field::Device, 0), event.get(Field::Queue, 0));
  QueueRow& row = queue.host.row();
  if (event.get(Field::Size, 0) != 0) row.size = static_cast<std::int64_t>(event[Field::Size]);
  if (event.get(Field::Ring, 0) != 0) row.ringAddress = fmt::format("0x{:x}", event[Field::Ring]);
  DeviceRow& owner = device(queue.deviceId);
  if (event.get(Field::Value, 0) != 0) {
    owner.kind = deviceKind(static_cast<std::int64_t>(event[Field::Value]));
    owner.kindSource = "facts";
  }
  if (!event.has(Field::Features)) return;
  const std::uint64_t features = event[Field::Features];
  row.layout = ((features >> kPackedRing) & 1U) != 0 ? "packed" : "split";
  owner.featuresNegotiated = static_cast<std::int64_t>(features);
  owner.accessPlatform = static_cast<std::int64_t>((features >> kAccessPlatform) & 1U);
  if (owner.accessPlatform == 1) return;
  owner.translation = wordOf(descry::Translation::NotInPath);
  owner.translationReason = "QEMU's device did not acknowledge VIRTIO_F_ACCESS_PLATFORM";
}

/// No chain has the position of another one in its epoch.
std::int64_t QemuFold::positionOf(Queue& queue, const Event& event) {
  std::int64_t position = countedPosition(queue, event);
  if (position < queue.unfetched && queue.again.erase(position) == 0) {
    m_store.anomaly("position-went-back", Doubt::Warning, m_captureId, queue.host.queueId(), m_now,
                    fmt::format("position {} was fetched again, and had not been handed back", position));
    startEpoch(queue, false);
    position = countedPosition(queue, event);
  }
  queue.unfetched = std::max(queue.unfetched, position + 1);
  return position;
}

/// By the ring's own index where that counts chains. On a packed ring it counts descriptors.
std::int64_t QemuFold::countedPosition(Queue& queue, const Event& event) {
  if (!event.has(Field::Avail) || event.get(Field::Packed, 0) != 0) return queue.pops++;
  const std::int64_t before = queue.index.position();
  switch (queue.index.advance(static_cast<std::uint16_t>(event[Field::Avail]))) {
    case PositionCounter::Step::Gap:
      ++queue.host.epoch.positionGaps;
      m_store.addLoss({.captureId = m_captureId,
                       .queueId = queue.host.queueId(),
                       .begin = m_now,
                       .end = m_now,
                       .count = queue.index.position() - before - 1,
                       .reason = "gap"});
      break;
    case PositionCounter::Step::Restart:
      m_store.anomaly("position-went-back", Doubt::Warning, m_captureId, queue.host.queueId(), m_now,
                      fmt::format("index {} was fetched after position {}: the ring was restarted unseen",
                                  event[Field::Avail], before));
      startEpoch(queue, false);
      queue.index.advance(static_cast<std::uint16_t>(event[Field::Avail]));
      break;
    default:
      break;
  }
  return queue.index.position();
}

/// One element, or the last `Count` that were fetched.
void QemuFold::handedBack(const Event& event) {
  Queue& queue = queueAt(event.get(Field::Vq, 0));
  std::int64_t count = static_cast<std::int64_t>(event.get(Field::Count, 1));
  queue.host.epoch.discarded += count;
  const std::int64_t last = queue.index.started() ? queue.index.position() : queue.pops - 1;
  std::erase_if(m_open, [&](const auto& open) {
    const std::int64_t position = open.second.half.position;
    const bool isMeant = event.has(Field::Element) ? open.first == event[Field::Element] : position > last - count;
    if (open.second.queue != &queue || !isMeant) return false;
    queue.again.insert(position);
    return true;
  });
  queue.pops = std::max<std::int64_t>(queue.pops - count, 0);
  if (!queue.index.started()) return;
  if (queue.index.position() >= count)
    queue.index.set(queue.index.position() - count);
  else
    queue.index.restart();
}

}  // namespace descry
