// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "collector/facts/device_facts.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/number.hpp"

namespace descry {

namespace {

using Json = nlohmann::json;

/// A JSON value together with where it stands, so that an error can say so.
class Node {
 public:
  Node(const Json* value, std::string where) : m_value(value), m_where(std::move(where)) {}

  explicit operator bool() const { return m_value != nullptr; }

  Node operator[](const std::string& key) const {
    if (!m_value) return {nullptr, m_where};
    expect(m_value->is_object(), "an object");
    const auto found = m_value->find(key);
    const bool absent = found == m_value->end() || found->is_null();
    return {absent ? nullptr : &*found, member(key)};
  }

  template <typename Function>
  void eachElement(Function function) const {
    if (!m_value) return;
    expect(m_value->is_array(), "a list");
    for (std::size_t i = 0; i < m_value->size(); ++i) function(Node(&(*m_value)[i], fmt::format("{}[{}]", m_where, i)));
  }

  template <typename Function>
  void eachMember(Function function) const {
    if (!m_value) return;
    expect(m_value->is_object(), "an object");
    for (const auto& [key, value] : m_value->items()) function(key, Node(&value, member(key)));
  }

  std::optional<std::string> text() const {
    if (!m_value) return std::nullopt;
    expect(m_value->is_string(), "text");
    return m_value->get<std::string>();
  }

  /// A number, or text that holds one ("256", "0x10130006e54").
  std::optional<std::uint64_t> number() const {
    if (!m_value) return std::nullopt;
    if (m_value->is_number_unsigned()) return m_value->get<std::uint64_t>();
    expect(m_value->is_string(), "a number that is not negative");
    return parsed(m_value->get_ref<const std::string&>());
  }

  std::optional<std::int64_t> count() const {
    const auto value = number();
    expect(!value || *value <= static_cast<std::uint64_t>(INT64_MAX), "a number below 2^63");
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
  }

  std::optional<bool> flag() const {
    if (m_value && m_value->is_boolean()) return m_value->get<bool>();
    const auto value = number();
    expect(!value || *value <= 1, "true or false");
    return value ? std::optional(*value != 0) : std::nullopt;
  }

  void expect(bool holds, std::string_view what) const {
    if (!holds) throw Error(fmt::format("{}: expected {}, found {}", m_where, what, shown()));
  }

 private:
  std::string member(const std::string& key) const { return m_where + (m_where.ends_with(' ') ? "" : ".") + key; }

  std::uint64_t parsed(std::string_view digits) const {
    const bool hex = digits.starts_with("0x");
    if (hex) digits.remove_prefix(2);
    const auto value = toNumber<std::uint64_t>(digits, hex ? 16 : 10);
    expect(value.has_value(), "a number that is not negative");
    return *value;
  }

  std::string shown() const {
    constexpr std::size_t kShown = 40;
    std::string text = m_value->dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() <= kShown ? text : text.substr(0, kShown) + "...";
  }

  const Json* m_value;
  std::string m_where;
};

QueueFacts readQueue(std::int64_t index, const Node& node) {
  QueueFacts queue;
  queue.index = index;
  queue.size = node["num"].count();
  queue.packed = node["packed"].flag();
  queue.usesDma = node["use_dma"].flag();
  queue.ring = node["ring"].text();
  return queue;
}

DeviceFacts readDevice(const Node& node) {
  DeviceFacts device;
  const auto name = node["guest_name"].text();
  node.expect(name.has_value(), "a member guest_name");
  device.name = *name;
  device.type = node["device_type"].count();
  device.parent = node["parent"].text();
  device.iommuGroupType = node["iommu_group_type"].text();
  device.features = node["negotiated_features"].number();
  device.accessPlatform = node["access_platform"].flag();
  device.packed = node["ring_packed"].flag();
  device.eventIdx = node["event_idx"].flag();
  device.indirect = node["indirect_desc"].flag();
  device.active = node["driver_active_while_recording"].flag();
  device.vmmId = node["qemu_id"].text();
  node["queues"].eachMember([&](const std::string& key, const Node& queue) {
    const auto index = toNumber<std::uint16_t>(key);
    queue.expect(index.has_value(), "a queue index as key");
    device.queues.push_back(readQueue(*index, queue));
  });
  return device;
}

/// "r10:descry/notify_ret vp_notify ret=..." -> notify_ret probes vp_notify.
void readDefinition(const std::string& definition, std::map<std::string, std::string>& functions) {
  const auto slash = definition.find('/');
  const auto blank = definition.find(' ');
  if (slash == std::string::npos || blank == std::string::npos || slash > blank) return;
  const auto end = definition.find_first_of(" %+", blank + 1);
  functions[definition.substr(slash + 1, blank - slash - 1)] =
      definition.substr(blank + 1, end == std::string::npos ? end : end - blank - 1);
}

void readRingBuffer(const std::string& cpuName, const Node& node, SideFacts& side) {
  const auto cpu = toNumber<int>(cpuName.starts_with("cpu") ? cpuName.substr(3) : cpuName);
  node.expect(cpu.has_value(), "a key such as cpu0");
  if (const auto lost = node["overrun"].count().value_or(0); lost > 0) side.overwritten[*cpu] = lost;
  const auto dropped = node["dropped events"].count().value_or(0) + node["commit overrun"].count().value_or(0);
  if (dropped > 0) side.dropped[*cpu] = dropped;
}

/// kHz: a clock between 1 kHz and 1 THz.
std::optional<std::int64_t> readFrequency(const Node& node) {
  const auto khz = node.count();
  node.expect(!khz || (*khz >= 1 && *khz <= 1'000'000'000), "a frequency in kHz, from 1 to 1000000000");
  return khz;
}

SideFacts readSide(const Node& node) {
  SideFacts side;
  if (!node) return side;
  side.kernel = node["kernel"].text();
  side.bootParameters = node["boot_parameters"].text();
  side.backend = node["backend"].text();
  side.protectedGuest = node["protected"].flag();
  side.tscKhz = readFrequency(node["tsc_khz"]);
  side.probesMissed = node["kprobes_missed_because_nested"].count();
  node["kprobe_missed_by_event"].eachMember(
      [&](const std::string& event, const Node& missed) { side.missedByEvent[event] = missed.count().value_or(0); });
  node["ring_buffer_stats"].eachMember(
      [&](const std::string& cpu, const Node& stats) { readRingBuffer(cpu, stats, side); });
  bool countsMisses = true;
  node["event_definitions"].eachElement([&](const Node& definition) {
    const std::string text = definition.text().value_or("");
    countsMisses &= !text.starts_with('f');  // kprobe_profile does not count what fprobes miss
    readDefinition(text, side.probedFunctions);
  });
  if (!countsMisses && side.probesMissed == 0) side.probesMissed.reset();
  return side;
}

/// What the VMM says of its devices: ids and ring sizes of the devices whose guest name was found out.
void readVmmDevice(const Node& node, MachineFacts& facts) {
  const auto name = node["guest_name"].text();
  if (!name) return;
  MachineFacts more;
  DeviceFacts& device = more.devices.emplace_back();
  device.name = *name;
  device.vmmId = node["id"].text();
  node["queues"].eachElement([&](const Node& element) {
    QueueFacts& queue = device.queues.emplace_back();
    queue.index = element["queue-index"].count().value_or(0);
    queue.size = element["vring-num"].count();
    if (const auto ring = element["vring-desc"].number(); ring && *ring != 0) queue.ring = fmt::format("0x{:x}", *ring);
  });
  facts.complete(more);
}

std::optional<std::string> readTransport(const Node& node) {
  auto transport = node.text();
  if (transport == "unknown") return std::nullopt;
  node.expect(
      !transport || transport == "pci" || transport == "ccw" || transport == "mmio" || transport == "vhost-user",
      "pci, ccw, mmio, vhost-user or unknown");
  return transport;
}

/// Throws Error for what is no JSON, for numbers that no type can hold and for nesting that no facts have.
Json parsedJson(std::string_view text, const std::string& origin) {
  constexpr int kDeepest = 64;
  try {
    return Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
      if (depth > kDeepest)
        throw Error(fmt::format("{}: nested more than {} levels deep; expected facts in the form of case.json", origin,
                                kDeepest));
      return true;
    });
  } catch (const Json::parse_error& error) {
    throw Error(
        fmt::format("{}: not valid JSON at byte {}; expected facts in the form of case.json", origin, error.byte));
  } catch (const Json::exception&) {
    throw Error(fmt::format("{}: holds a number that is too large; expected facts in the form of case.json", origin));
  }
}

}  // namespace

MachineFacts parseCaseJson(std::string_view text, const std::string& origin) {
  const Json json = parsedJson(text, origin);
  const Node root(&json, origin + ": ");
  MachineFacts facts;
  facts.transport = readTransport(root["transport"]);
  root["devices"].eachElement([&](const Node& device) { facts.devices.push_back(readDevice(device)); });
  root["qemu_devices"].eachElement([&](const Node& device) { readVmmDevice(device, facts); });
  facts.guest = readSide(root["guest"]);
  facts.host = readSide(root["host"]);
  const auto frequency = readFrequency(root["tsc_khz"]);
  for (SideFacts* side : {&facts.guest, &facts.host})
    if (!side->tscKhz) side->tscKhz = frequency;
  if (!root["devices"] && !root["guest"] && !root["host"] && !root["transport"] && !frequency)
    throw Error(
        fmt::format("{}: holds no device facts: expected a member devices, guest, host, transport or tsc_khz", origin));
  return facts;
}

}  // namespace descry
