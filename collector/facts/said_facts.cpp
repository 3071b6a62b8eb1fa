// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/said_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "collector/facts/same_devices.hpp"
#include "collector/facts/virtio_names.hpp"
#include "schemas/model/vmm.hpp"
#include "schemas/text/lower.hpp"

namespace descry {

namespace {

std::string onOff(bool on) {
  return on ? "on" : "off";
}

/// Everything that is said of a device, by name. What a driver would negotiate says nothing where none is bound.
Statements statementsOf(const DeviceFacts& device) {
  Statements all = device.more;
  const auto add = [&all](const char* name, const auto& value, auto shown) {
    if (value) all[name] = shown(*value);
  };
  const auto asIs = [](const std::string& text) { return text; };
  const auto number = [](std::int64_t value) { return fmt::to_string(value); };
  add("kind", device.type, [](std::int64_t type) { return deviceKind(type); });
  add("bus_id", device.parent, asIs);
  add("transport", device.transport, asIs);
  if (device.parent && transportOfParent(*device.parent)) all["transport"] = *transportOfParent(*device.parent);
  add("mac", device.mac, asIs);
  add("vmm_id", device.vmmId, asIs);
  add("iommu_group_type", device.iommuGroupType, asIs);
  add("vhost", device.vhost, onOff);
  add("ring_size", device.ringSize, number);
  add("driver_active", device.active, onOff);
  if (device.active == false) return all;
  add("features", device.features, [](std::uint64_t bits) { return fmt::format("0x{:x}", bits); });
  add("access_platform", device.accessPlatform ? device.accessPlatform : device.feature(kAccessPlatform), onOff);
  add("packed", device.packed ? device.packed : device.feature(kPackedRing), onOff);
  add("event_idx", device.eventIdx ? device.eventIdx : device.feature(kEventIndex), onOff);
  add("indirect_desc", device.indirect ? device.indirect : device.feature(kIndirectDescriptors), onOff);
  for (const QueueFacts& queue : device.queues)
    add(fmt::format("q{}_ring_size", queue.index).c_str(), queue.size, number);
  return all;
}

Statements statementsOf(const SideFacts& side) {
  Statements all;
  if (side.kernel) all["kernel"] = *side.kernel;
  if (side.bootParameters) all["boot_parameters"] = *side.bootParameters;
  if (side.backend) all["backend"] = *side.backend;
  if (side.protectedGuest) all["protected"] = onOff(*side.protectedGuest);
  if (side.memoryBytes) all["memory_bytes"] = fmt::to_string(*side.memoryBytes);
  if (side.tscKhz) all["tsc_khz"] = fmt::to_string(*side.tscKhz);
  return all;
}

/// Names that each source writes in its own way: two of them may differ and mean the same. Whether a driver is bound is
/// a state: a listing from before the recording may differ from a later one.
bool mayDiffer(std::string_view name) {
  constexpr std::array<std::string_view, 11> kOwnWords = {"drive",      "netdev",        "chardev",   "fsdev",
                                                          "serial",     "iothread",      "machine",   "driver",
                                                          "protection", "driver_active", "managed_by"};
  return std::ranges::find(kOwnWords, name) != kOwnWords.end();
}

class FactsJoin {
 public:
  FactsJoin(FactStore& store, std::string_view vm, const std::vector<MachineFacts>& said)
      : m_store(store), m_vm(vm), m_said(said) {}

  /// Counts the contradictions; the first few are named.
  void finish() {
    constexpr std::size_t kShown = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(m_contradictions.size(), kShown); ++i) text += m_contradictions[i] + "; ";
    for (std::size_t i = 0; i < m_contradictions.size(); ++i)
      m_store.anomaly("facts-contradict", Doubt::Warning, kUnseen, kUnseenQueue, kUnseen, text + "the first was taken");
  }

  void add(const std::string& subject, std::size_t source, const Statements& statements) {
    for (const auto& [name, value] : statements) {
      if (!m_stored.insert({subject, name, m_said[source].source}).second) continue;
      m_store.facts.push_back({std::string(m_vm), subject, name, m_said[source].source, value});
      // What people say with an option is meant to prevail.
      if (!mayDiffer(name) && m_said[source].source != kVmmOption) compare(subject, name, value, m_said[source].source);
    }
  }

 private:
  void compare(const std::string& subject, const std::string& name, const std::string& value,
               const std::string& source) {
    const auto [first, isNew] = m_first.try_emplace({subject, name}, value, source);
    const auto& [other, where] = first->second;
    const bool same = lowered(other) == lowered(value);
    if (isNew || same) return;
    m_contradictions.push_back(fmt::format("{}: {} is {} in {}, {} in {}", subject, name, other, where, value, source));
  }

  FactStore& m_store;
  std::string_view m_vm;
  const std::vector<MachineFacts>& m_said;
  std::set<std::tuple<std::string, std::string, std::string>> m_stored;
  std::vector<std::string> m_contradictions;
  std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>> m_first;  ///< value and source
};

std::vector<TracedDevice> tracedDevices(const FactStore& store, const std::vector<SurveyedCapture>& captures) {
  std::vector<TracedDevice> found;
  for (const DeviceRow& device : store.devices) {
    const auto capture = std::ranges::find(captures, device.captureId, &SurveyedCapture::captureId);
    if (capture != captures.end() && capture->side == Side::Guest) found.push_back({device.name, device.kind});
  }
  return found;
}

/// "guest.xml, ps.txt"
std::string sourcesOf(const SameDevice& device, const std::vector<MachineFacts>& said) {
  std::set<std::size_t> sources;
  for (const SaidDevice& each : device.said) sources.insert(each.source);
  std::string text;
  for (const std::size_t source : sources) text += (text.empty() ? "" : ", ") + said[source].source;
  return text;
}

}  // namespace

MachineFacts joinFacts(FactStore& store, std::string_view vm, const std::vector<MachineFacts>& said,
                       const std::vector<SurveyedCapture>& captures, std::vector<std::string>& notes) {
  const SameDevices same(said, tracedDevices(store, captures));
  FactsJoin join(store, vm, said);
  MachineFacts all;
  for (std::size_t source = 0; source < said.size(); ++source) {
    MachineFacts rest = said[source];
    join.add("machine", source, rest.more);
    if (rest.transport) join.add("machine", source, {{"transport", *rest.transport}});
    join.add("guest", source, statementsOf(rest.guest));
    join.add("host", source, statementsOf(rest.host));
    rest.devices.clear();
    all.complete(rest);
  }
  for (const SameDevice& device : same.devices()) {
    MachineFacts one;
    for (const SaidDevice& each : device.said) {
      join.add(device.label(), each.source, statementsOf(*each.facts));
      MachineFacts more;
      more.devices.push_back(*each.facts);
      more.devices.front().name = "the same";
      one.complete(more);
    }
    one.devices.front().name = device.name;
    one.devices.front().source = sourcesOf(device, said);
    all.complete(one);
  }
  join.finish();
  notes.insert(notes.end(), same.notes().begin(), same.notes().end());
  return all;
}

}  // namespace descry
