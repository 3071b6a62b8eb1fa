// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/host_places.hpp"

#include <algorithm>

namespace descry {

HostPlaces::HostPlaces(const Model& model) : m_model(model) {}

/// Indices of its queues, ascending.
std::vector<std::int64_t> HostPlaces::indexesOf(DeviceId device) const {
  std::vector<std::int64_t> indexes;
  for (const QueueRow* queue : m_model.queuesOf(device))
    if (seen(queue->queueIndex)) indexes.push_back(queue->queueIndex);
  std::ranges::sort(indexes);
  indexes.erase(std::unique(indexes.begin(), indexes.end()), indexes.end());
  return indexes;
}

bool HostPlaces::isPair(DeviceId host) const {
  if (m_model.device(host).vhost != 1) return false;
  const std::vector<std::int64_t> indexes = indexesOf(host);
  return !indexes.empty() && indexes.back() <= 1;
}

std::int64_t HostPlaces::pairsOf(DeviceId guest) const {
  const std::string& kind = m_model.device(guest).kind;
  if (kind != "net" && kind != "unknown") return 0;
  const std::vector<std::int64_t> indexes = indexesOf(guest);
  return indexes.empty() ? 0 : std::max<std::int64_t>(1, (indexes.back() + 1) / 2);
}

bool HostPlaces::isControl(DeviceId guest, const std::vector<std::int64_t>& queues) const {
  const std::int64_t pairs = pairsOf(guest);
  return pairs > 0 && !queues.empty() && queues.front() >= 2 * pairs;
}

const std::vector<HostPlaces::Served>& HostPlaces::servedOf(DeviceId guest) const {
  static const std::vector<Served> kNone;
  const auto found = m_served.find(guest);
  return found == m_served.end() ? kNone : found->second;
}

bool HostPlaces::together(DeviceId host, DeviceId other) const {
  const DeviceRow &one = m_model.device(host), &two = m_model.device(other);
  const auto same = [](std::int64_t mine, std::int64_t theirs) {
    return !seen(mine) || !seen(theirs) || mine == theirs;
  };
  return same(one.vmmPid, two.vmmPid) && same(one.featuresNegotiated, two.featuresNegotiated);
}

std::vector<HostPlace> HostPlaces::of(DeviceId guest, DeviceId host) const {
  if (serves(host)) return {};
  const std::vector<Served>& served = servedOf(guest);
  if (std::ranges::any_of(served, [](const Served& other) { return other.part == Part::Whole; })) return {};
  const std::int64_t pairs = pairsOf(guest);
  std::vector<HostPlace> places;
  if (pairs > 0 && isPair(host)) {
    for (const Served& other : served)
      if (other.part == Part::Pair && !together(host, other.host)) return {};
    for (std::int64_t first = 0; first < 2 * pairs; first += 2)
      if (!isServed(guest, first)) places.push_back({first, {first, first + 1}});
    return places;
  }
  HostPlace place{0, indexesOf(guest)};
  if (!served.empty()) {
    // What the kernel serves is taken; the VMM keeps the control queue.
    if (m_model.device(host).vhost == 1) return {};
    std::erase_if(place.queues, [&](std::int64_t queue) { return queue < 2 * pairs || isServed(guest, queue); });
    if (place.queues.empty()) return {};
  }
  places.push_back(std::move(place));
  return places;
}

void HostPlaces::take(DeviceId guest, DeviceId host, const HostPlace& place, const std::vector<std::int64_t>& used) {
  Served served{host, place, Part::Whole};
  if (isPair(host) && pairsOf(guest) > 0) {
    served.part = Part::Pair;
  } else if (isControl(guest, used) && m_model.device(host).vhost != 1 &&
             std::ranges::any_of(m_model.devices, [&](const DeviceRow& device) {
               return m_model.capture(device.captureId).side == "host" && isPair(device.deviceId);
             })) {
    served.part = Part::Control;
    std::erase_if(served.place.queues, [&](std::int64_t queue) { return queue < 2 * pairsOf(guest); });
  }
  m_served[guest].push_back(std::move(served));
  m_guestOf[host] = guest;
}

bool HostPlaces::isServed(DeviceId guest, std::int64_t queue) const {
  return std::ranges::any_of(servedOf(guest), [&](const Served& served) {
    return served.part == Part::Whole || std::ranges::find(served.place.queues, queue) != served.place.queues.end();
  });
}

std::map<DeviceId, std::int64_t> HostPlaces::pairsServing(DeviceId guest) const {
  std::map<DeviceId, std::int64_t> first;
  for (const Served& served : servedOf(guest))
    if (served.part == Part::Pair) first[served.host] = served.place.firstQueue;
  return first;
}

}  // namespace descry
