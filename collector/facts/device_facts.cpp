// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/device_facts.hpp"

#include <algorithm>

namespace descry {

namespace {

template <typename T>
void fill(std::optional<T>& mine, const std::optional<T>& other) {
  if (!mine) mine = other;
}

template <typename Map>
void fillMap(Map& mine, const Map& other) {
  if (mine.empty()) mine = other;
}

void complete(DeviceFacts& mine, const DeviceFacts& other) {
  fill(mine.type, other.type);
  fill(mine.parent, other.parent);
  fill(mine.iommuGroupType, other.iommuGroupType);
  fill(mine.features, other.features);
  fill(mine.accessPlatform, other.accessPlatform);
  fill(mine.packed, other.packed);
  fill(mine.eventIdx, other.eventIdx);
  fill(mine.indirect, other.indirect);
  fill(mine.active, other.active);
  fill(mine.vmmId, other.vmmId);
  fill(mine.mac, other.mac);
  fill(mine.transport, other.transport);
  fill(mine.vhost, other.vhost);
  fill(mine.ringSize, other.ringSize);
  mine.more.insert(other.more.begin(), other.more.end());
  for (const QueueFacts& queue : other.queues) {
    const auto same = std::ranges::find(mine.queues, queue.index, &QueueFacts::index);
    if (same == mine.queues.end()) {
      mine.queues.push_back(queue);
      continue;
    }
    fill(same->size, queue.size);
    fill(same->packed, queue.packed);
    fill(same->usesDma, queue.usesDma);
    fill(same->ring, queue.ring);
  }
}

void complete(SideFacts& mine, const SideFacts& other) {
  fill(mine.kernel, other.kernel);
  fill(mine.bootParameters, other.bootParameters);
  fill(mine.backend, other.backend);
  fill(mine.protectedGuest, other.protectedGuest);
  fill(mine.memoryBytes, other.memoryBytes);
  fill(mine.probesMissed, other.probesMissed);
  fill(mine.tscKhz, other.tscKhz);
  if (mine.swiotlb.source.empty()) mine.swiotlb.source = other.swiotlb.source;
  fill(mine.swiotlb.slots, other.swiotlb.slots);
  fill(mine.swiotlb.usedSlots, other.swiotlb.usedSlots);
  fill(mine.swiotlb.full, other.swiotlb.full);
  fill(mine.swiotlb.largestRefusedBytes, other.swiotlb.largestRefusedBytes);
  fillMap(mine.missedByEvent, other.missedByEvent);
  fillMap(mine.overwritten, other.overwritten);
  fillMap(mine.dropped, other.dropped);
  fillMap(mine.probedFunctions, other.probedFunctions);
}

}  // namespace

std::optional<bool> DeviceFacts::feature(unsigned bit) const {
  if (!features) return std::nullopt;
  return ((*features >> bit) & 1U) != 0;
}

std::optional<std::int64_t> MachineFacts::tscKhz(std::optional<Side> side) const {
  if (side) return *side == Side::Guest ? guest.tscKhz : host.tscKhz;
  if (guest.tscKhz && host.tscKhz && guest.tscKhz != host.tscKhz) return std::nullopt;
  return guest.tscKhz ? guest.tscKhz : host.tscKhz;
}

void MachineFacts::complete(const MachineFacts& other) {
  fill(transport, other.transport);
  more.insert(other.more.begin(), other.more.end());
  for (const DeviceFacts& device : other.devices) {
    const auto same = std::ranges::find(devices, device.name, &DeviceFacts::name);
    if (same == devices.end() || device.name.empty())
      devices.push_back(device);
    else
      descry::complete(*same, device);
  }
  descry::complete(guest, other.guest);
  descry::complete(host, other.host);
}

}  // namespace descry
