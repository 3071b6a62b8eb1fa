// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/folded_guest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "collector/facts/virtio_names.hpp"
#include "collector/fold/epoch_counts.hpp"
#include "collector/probes/guest_layout.h"
#include "collector/probes/records.h"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

/// More than any ring holds: then doorbells are not recorded.
constexpr std::size_t kMostWaiting = 32768;

std::int64_t unlessZero(std::uint64_t count) {
  return count == 0 ? kUnseen : static_cast<std::int64_t>(count);
}

}  // namespace

const FoldedGuest::Place* FoldedGuest::placeOf(std::uint64_t vq) const {
  const auto found = m_places.find(vq);
  return found == m_places.end() ? nullptr : &found->second;
}

DeviceId FoldedGuest::deviceOf(std::uint32_t number) {
  auto [found, isNew] = m_devices.try_emplace(number, kNoDevice);
  if (isNew) {
    DeviceRow device;
    device.captureId = m_captureId;
    device.vm = m_vm;
    device.name = fmt::format("virtio{}", number);
    device.active = 1;
    found->second = m_store.addDevice(std::move(device));
  }
  return found->second;
}

FoldedGuest::Queue& FoldedGuest::queueOf(std::uint32_t device, std::uint32_t index) {
  auto [found, isNew] = m_queueByKey.try_emplace({device, index}, nullptr);
  if (isNew) {
    QueueRow row;
    row.deviceId = deviceOf(device);
    row.queueIndex = index;
    row.name = fmt::format("q{}", index);
    found->second = &m_queues.emplace_back();
    found->second->queueId = m_store.addQueue(std::move(row));
  }
  return *found->second;
}

FoldedGuest::Epoch& FoldedGuest::epochOf(Queue& queue, std::int64_t epoch) {
  auto [found, isNew] = queue.epochs.try_emplace(epoch);
  if (isNew) found->second.row = QueueEpochRow{.queueId = queue.queueId, .epoch = epoch};
  return found->second;
}

template <>
void FoldedGuest::take(const descry_guest_queue& record) {
  Queue& queue = queueOf(record.dev, record.queue);
  Place& place = m_places[record.vq];
  if (place.queue != &queue) {
    const std::int64_t next = queue.epochs.empty() ? 0 : queue.epochs.rbegin()->first + 1;
    place = {&queue, next - static_cast<std::int64_t>(record.epoch)};
    epochOf(queue, next);
  }
  QueueRow& row = m_store.queues[descry::placeOf(queue.queueId)];
  row.address = fmt::format("0x{:x}", record.vq);
  row.layout = record.packed != 0 ? "packed" : "split";
  row.size = record.num;
  row.ringAddress = fmt::format("0x{:x}", record.ring);
  DeviceRow& device = m_store.devices[descry::placeOf(row.deviceId)];
  device.featuresNegotiated = static_cast<std::int64_t>(record.features);
  device.accessPlatform = static_cast<std::int64_t>((record.features >> kAccessPlatform) & 1U);
  device.dmaApi = record.use_dma != 0 ? 1 : 0;
  if (!device.dmaApiReason) device.dmaApiReason = "the driver's ring says so";
  if (record.directions != 0 && device.kind == "unknown") {
    // Mostly network drivers use the add functions that name a direction; facts may know better.
    device.kind = "net";
    device.kindSource = "inferred";
  }
}

bool FoldedGuest::applyDoorbell(Queue& queue, ChainId chain, GuestHalfRow& half) {
  auto found = queue.doorbells.upper_bound(chain);
  if (found == queue.doorbells.begin()) return false;
  --found;
  Doorbell& doorbell = found->second;
  if (found->first.first != chain.first || chain.second >= doorbell.last) return false;
  if (seen(doorbell.rung)) half.k = doorbell.rung - half.q;
  if (seen(doorbell.returned)) half.kReturn = doorbell.returned - half.q;
  if (!doorbell.needed) half.flags |= kDoorbellSuppressed;
  if (--doorbell.left == 0) queue.doorbells.erase(found);
  return true;
}

void FoldedGuest::write(Queue& queue, const GuestHalfRow& half) {
  QueueEpochRow& epoch = epochOf(queue, half.epoch).row;
  if (!seen(epoch.firstPosition) || half.position < epoch.firstPosition) epoch.firstPosition = half.position;
  if (!seen(epoch.lastPosition) || half.position > epoch.lastPosition) epoch.lastPosition = half.position;
  m_store.guestHalves.add(half);
}

template <>
void FoldedGuest::take(const descry_guest_half& record) {
  const Place* place = placeOf(record.vq);
  if (place == nullptr) return;
  const auto after = [&record](std::uint64_t ns) { return ns == 0 ? kUnseen : static_cast<Ns>(ns - record.entered); };
  const auto duration = [&record](std::uint64_t ns, std::uint32_t bit) {
    return (record.seen & bit) != 0 ? static_cast<Ns>(ns) : kUnseen;
  };
  GuestHalfRow half;
  half.queueId = place->queue->queueId;
  half.epoch = place->epochBase + record.epoch;
  half.position = record.packed != 0 ? record.order : record.avail;
  half.q = relative(record.entered);
  half.m = after(record.mapped);
  half.a = after(record.added);
  half.i = after(record.interrupt);
  half.d = after(record.unmapped);
  half.r = half.c = after(record.got);
  half.head = record.head;
  if (record.out >= 0) half.outCount = record.out;
  if (record.in >= 0) half.inCount = record.in;
  if (record.len >= 0) half.lengthBytes = record.len;
  half.swiotlbOut = duration(record.swiotlb_out, SWIOTLB_OUT_SEEN);
  half.swiotlbSearch = duration(record.swiotlb_search, SWIOTLB_SEARCH_SEEN);
  half.swiotlbIn = duration(record.swiotlb_in, SWIOTLB_IN_SEEN);
  half.bounces = unlessZero(record.bounces);
  half.bounceBytes = unlessZero(record.bounce_bytes);
  half.copiesBack = unlessZero(record.copies);
  half.copyBackBytes = unlessZero(record.copy_bytes);
  half.dmaMaps = unlessZero(record.dma_maps);
  half.dmaIdentity = unlessZero(record.dma_identity);
  half.hits = record.hits;
  half.flags = record.flags;
  QueueEpochRow& epoch = epochOf(*place->queue, half.epoch).row;
  ++epoch.adds;
  if (record.got != 0) ++epoch.gets;
  const ChainId chain{half.epoch, record.order};
  if (applyDoorbell(*place->queue, chain, half) || record.got == 0) return write(*place->queue, half);
  auto& waiting = place->queue->waiting;
  waiting.emplace(chain, half);
  if (waiting.size() <= kMostWaiting) return;
  write(*place->queue, waiting.begin()->second);
  waiting.erase(waiting.begin());
}

template <>
void FoldedGuest::take(const descry_guest_doorbell& record) {
  const Place* place = placeOf(record.vq);
  if (place == nullptr || record.last <= record.first) return;
  Queue& queue = *place->queue;
  const std::int64_t epoch = place->epochBase + record.epoch;
  const ChainId first{epoch, record.first};
  queue.doorbells[first] = {.last = record.last,
                            .left = record.last - record.first,
                            .rung = relative(record.kick),
                            .returned = relative(record.returned),
                            .needed = record.needed != 0};
  for (auto half = queue.waiting.lower_bound(first);
       half != queue.waiting.end() && half->first < ChainId{epoch, record.last};) {
    applyDoorbell(queue, half->first, half->second);
    write(queue, half->second);
    half = queue.waiting.erase(half);
  }
  if (queue.doorbells.size() > kMostWaiting) queue.doorbells.erase(queue.doorbells.begin());
}

template <>
void FoldedGuest::take(const descry_guest_kick& record) {
  if (const Place* place = placeOf(record.vq))
    m_store.doorbells.add({.queueId = place->queue->queueId, .ns = m_now, .seq = m_store.nextSequence()});
}

template <>
void FoldedGuest::take(const descry_guest_interrupt& record) {
  if (const Place* place = placeOf(record.vq))
    m_store.interrupts.add({.queueId = place->queue->queueId, .ns = m_now, .seq = m_store.nextSequence()});
}

template <>
void FoldedGuest::take(const descry_guest_gap& record) {
  const Place* place = placeOf(record.vq);
  if (place == nullptr) return;
  if (record.gets != 0)
    m_store.anomaly("gets-unseen", Doubt::Warning, m_captureId, place->queue->queueId, m_now,
                    fmt::format("the used index jumped: {} reaped unseen",
                                countText(static_cast<std::int64_t>(record.count), "chain was", "chains were")));
  m_store.addLoss({.captureId = m_captureId,
                   .queueId = place->queue->queueId,
                   .begin = record.begin == 0 ? 0 : relative(record.begin),
                   .end = m_now,
                   .count = static_cast<std::int64_t>(record.count),
                   .reason = "gap"});
}

template <>
void FoldedGuest::take(const descry_guest_epoch& record) {
  const Place* place = placeOf(record.vq);
  if (place == nullptr) return;
  Epoch& epoch = epochOf(*place->queue, place->epochBase + record.epoch);
  QueueEpochRow& row = epoch.row;
  row.start = relative(record.start);
  if (record.last == 0) row.end = m_now;
  row.anchor = record.packed == 0 ? "ring" : record.from_start != 0 ? "start" : "order";
  row.positionGaps = record.packed == 0 ? record.gaps : 0;
  takeCounts(record, row);
  epoch.closed = true;
}

void FoldedGuest::takeRecord(const Record& record) {
#define DESCRY_TAKE(name, fields) \
  case Descry_##name:             \
    return take(recordAs<descry_##name>(record));
  switch (recordAs<DescryHeader>(record).type) {
    DESCRY_GUEST_RECORDS(DESCRY_TAKE)
    default:
      return;
  }
}

void FoldedGuest::handle(const std::vector<Record>& records, const Event& event, Ns origin) {
  if (event.record == 0) return;
  m_origin = origin;
  m_now = event.ns - origin;
  takeRecord(records[event.record - 1]);
}

void FoldedGuest::finish(Ns now) {
  m_now = now;
  for (Queue& queue : m_queues) {
    for (const auto& [chain, half] : queue.waiting) write(queue, half);
    for (auto& [number, epoch] : queue.epochs) {
      QueueEpochRow& row = epoch.row;
      const bool untouched = number > 0 && row.adds == 0 && row.gets == 0 && row.interrupts == 0;
      if (untouched) continue;                 // deleted and never set up again
      if (!epoch.closed) row.anchor = "ring";  // the recording was killed: these are the counts of what was seen
      m_store.epochs.push_back(row);
    }
  }
}

}  // namespace descry
