// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/same_devices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "collector/facts/virtio_names.hpp"
#include "schemas/text/lower.hpp"
#include "schemas/text/number.hpp"

namespace descry {

namespace {

/// What no two devices of a machine share.
std::vector<std::string> keysOf(const DeviceFacts& facts) {
  std::vector<std::string> keys;
  if (facts.parent) keys.push_back("bus " + lowered(*facts.parent));
  if (facts.vmmId) keys.push_back("id " + *facts.vmmId);
  if (facts.mac) keys.push_back("mac " + lowered(*facts.mac));
  return keys;
}

std::optional<std::string> busIdOf(const SameDevice& device) {
  for (const SaidDevice& said : device.said)
    if (said.facts->parent) return said.facts->parent;
  return std::nullopt;
}

/// N of virtioN.
std::optional<std::size_t> numberOf(std::string_view name) {
  constexpr std::string_view kPrefix = "virtio";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  return toNumber<std::size_t>(name.substr(kPrefix.size()));
}

bool mayBeOne(const SameDevice& one, const SameDevice& other) {
  if (one.kind != "unknown" && other.kind != "unknown" && one.kind != other.kind) return false;
  const auto bus = busIdOf(one), otherBus = busIdOf(other);
  if (bus && otherBus && lowered(*bus) != lowered(*otherBus)) return false;
  return std::ranges::none_of(one.said, [&other](const SaidDevice& said) { return other.saidBy(said.source); });
}

std::string listOf(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i ? ", " : "") + names[i];
  return text + (names.size() > kShown ? " ..." : "");
}

}  // namespace

bool SameDevice::saidBy(std::size_t source) const {
  return std::ranges::find(said, source, &SaidDevice::source) != said.end();
}

SameDevices::SameDevices(const std::vector<MachineFacts>& said, const std::vector<TracedDevice>& traced)
    : m_said(said) {
  for (const TracedDevice& device : traced) {
    SameDevice& mine = m_devices[named(device.name)];
    mine.kind = device.kind;
    mine.traced = true;
  }
  // First those that the guest's names tell, so that the others find their keys.
  for (const bool isNamed : {true, false})
    for (std::size_t source = 0; source < said.size(); ++source)
      for (const DeviceFacts& facts : said[source].devices)
        if (facts.name.empty() != isNamed) addByKeys({&facts, source});
  joinByKind();
  for (std::size_t source = 0; source < said.size(); ++source) joinByPlace(source);
  for (std::size_t source = 0; source < said.size(); ++source) noteUnknown(source);
  dropEmpty();
}

std::size_t SameDevices::named(const std::string& name) {
  const auto [known, isNew] = m_byName.try_emplace(name, m_devices.size());
  if (isNew) m_devices.emplace_back().name = name;
  return known->second;
}

/// Puts the second into the first, or the first into the second where only that has a name; stays empty behind it.
std::size_t SameDevices::joined(std::size_t first, std::size_t second) {
  if (first == second) return first;
  if (m_devices[first].name.empty() && !m_devices[second].name.empty()) std::swap(first, second);
  SameDevice& from = m_devices[second];
  if (!from.name.empty()) return first;  // two names of the guest: never one device
  SameDevice& into = m_devices[first];
  into.said.insert(into.said.end(), from.said.begin(), from.said.end());
  std::ranges::stable_sort(into.said, {}, &SaidDevice::source);
  if (into.kind == "unknown") into.kind = from.kind;
  from.said.clear();
  for (auto& [key, at] : m_byKey)
    if (at == second) at = first;
  return first;
}

void SameDevices::addByKeys(const SaidDevice& device) {
  std::size_t at = 0;
  if (!device.facts->name.empty()) {
    at = named(device.facts->name);
  } else {
    at = m_devices.size();
    m_devices.emplace_back();
  }
  SameDevice& mine = m_devices[at];
  mine.said.push_back(device);
  if (mine.kind == "unknown" && device.facts->type) mine.kind = deviceKind(*device.facts->type);
  for (const std::string& key : keysOf(*device.facts)) {
    const auto [known, isNew] = m_byKey.try_emplace(key, at);
    if (!isNew) at = joined(known->second, at);
  }
}

/// One of a kind that has no name, and one of that kind that has: they are one.
void SameDevices::joinByKind() {
  std::map<std::string, std::vector<std::size_t>> nameless, withName;
  for (std::size_t i = 0; i < m_devices.size(); ++i) {
    const SameDevice& device = m_devices[i];
    if (device.kind == "unknown" || (device.name.empty() && device.said.empty())) continue;
    (device.name.empty() ? nameless : withName)[device.kind].push_back(i);
  }
  for (const auto& [kind, devices] : nameless) {
    const auto& candidates = withName[kind];
    if (candidates.size() != 1) continue;
    for (const std::size_t device : devices) {
      // Of one source there must be one: of two disks neither is known to be the guest's.
      const bool alone = std::ranges::none_of(devices, [&](std::size_t other) {
        return other != device && std::ranges::any_of(m_devices[device].said, [&](const SaidDevice& said) {
                 return m_devices[other].saidBy(said.source);
               });
      });
      if (alone && mayBeOne(m_devices[candidates.front()], m_devices[device])) joined(candidates.front(), device);
    }
  }
}

/// The devices of a source in the order in which a guest numbers them; empty where it is not known.
std::vector<const DeviceFacts*> SameDevices::inGuestOrder(std::size_t source) const {
  std::vector<const DeviceFacts*> order;
  if (!m_said[source].listsAll) return order;
  for (const DeviceFacts& facts : m_said[source].devices) {
    if (!facts.name.empty()) return {};
    order.push_back(&facts);
  }
  if (order.size() == 1) return order;
  // Without addresses the order must be borne out: as many devices in the guest as here.
  const auto guest = std::ranges::count_if(m_devices, [](const SameDevice& device) { return !device.name.empty(); });
  if (m_said[source].inOrder && guest == std::ssize(order)) return order;
  const auto transport = [](const DeviceFacts* facts) {
    return facts->parent ? transportOfParent(*facts->parent) : std::nullopt;
  };
  for (const DeviceFacts* facts : order)
    if (!transport(facts) || transport(facts) != transport(order.front())) return {};
  std::ranges::stable_sort(order, {}, [](const DeviceFacts* facts) { return lowered(*facts->parent); });
  return order;
}

std::size_t SameDevices::deviceOf(const DeviceFacts* facts) const {
  const auto found = std::ranges::find_if(m_devices, [facts](const SameDevice& device) {
    return std::ranges::find(device.said, facts, &SaidDevice::facts) != device.said.end();
  });
  return static_cast<std::size_t>(found - m_devices.begin());
}

/// True when nothing that is known speaks against this order.
bool SameDevices::placesFit(std::size_t source, const std::vector<const DeviceFacts*>& order) const {
  for (std::size_t place = 0; place < order.size(); ++place) {
    const SameDevice& device = m_devices[deviceOf(order[place])];
    if (!device.name.empty() && numberOf(device.name) != place) return false;
    const auto guest = m_byName.find(fmt::format("virtio{}", place));
    if (device.name.empty() && guest != m_byName.end() && !mayBeOne(m_devices[guest->second], device)) return false;
  }
  return std::ranges::all_of(m_devices, [&](const SameDevice& device) {
    return !device.traced || device.saidBy(source) || numberOf(device.name).value_or(order.size()) < order.size();
  });
}

void SameDevices::joinByPlace(std::size_t source) {
  const auto order = inGuestOrder(source);
  if (order.empty() || !placesFit(source, order)) return;
  std::vector<std::string> names;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const std::size_t device = deviceOf(order[place]);
    const auto guest = m_byName.find(fmt::format("virtio{}", place));
    if (!m_devices[device].name.empty() || guest == m_byName.end()) continue;
    names.push_back(fmt::format("{} is {}", order[place]->label, guest->first));
    joined(guest->second, device);
  }
  if (!names.empty())
    m_notes.push_back(
        fmt::format("{}: {}, by the place among the virtio devices; a listing of /sys/bus/virtio/devices "
                    "would prove it",
                    m_said[source].source, listOf(names)));
}

void SameDevices::noteUnknown(std::size_t source) {
  std::vector<std::string> here, guest;
  for (const SameDevice& device : m_devices) {
    if (device.name.empty() && device.saidBy(source)) here.push_back(device.label());
    if (device.traced && !device.saidBy(source)) guest.push_back(device.name);
  }
  if (here.empty() || guest.empty()) return;
  m_notes.push_back(
      fmt::format("{}: which of its devices ({}) is {} is not known, so nothing of them was taken over; add "
                  "a listing of /sys/bus/virtio/devices",
                  m_said[source].source, listOf(here), listOf(guest)));
}

void SameDevices::dropEmpty() {
  std::erase_if(m_devices, [](const SameDevice& device) { return device.said.empty(); });
}

}  // namespace descry
