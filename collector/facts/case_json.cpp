// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "collector/facts/facts_file.hpp"
#include "collector/facts/json_node.hpp"
#include "collector/facts/virtio_names.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/number.hpp"

namespace descry {

namespace {

QueueFacts readQueue(std::int64_t index, const JsonNode& node) {
  QueueFacts queue;
  queue.index = index;
  queue.size = node["num"].count();
  queue.packed = node["packed"].flag();
  queue.usesDma = node["use_dma"].flag();
  queue.ring = node["ring"].text();
  return queue;
}

DeviceFacts readDevice(const JsonNode& node) {
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
  device.mac = node["mac"].text();
  device.vhost = node["vhost"].flag();
  node["queues"].eachMember([&](const std::string& key, const JsonNode& queue) {
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

void readRingBuffer(const std::string& cpuName, const JsonNode& node, SideFacts& side) {
  const auto cpu = toNumber<int>(cpuName.starts_with("cpu") ? cpuName.substr(3) : cpuName);
  node.expect(cpu.has_value(), "a key such as cpu0");
  if (const auto lost = node["overrun"].count().value_or(0); lost > 0) side.overwritten[*cpu] = lost;
  const auto dropped = node["dropped events"].count().value_or(0) + node["commit overrun"].count().value_or(0);
  if (dropped > 0) side.dropped[*cpu] = dropped;
}

/// kHz: a clock between 1 kHz and 1 THz.
std::optional<std::int64_t> readFrequency(const JsonNode& node) {
  const auto khz = node.count();
  node.expect(!khz || (*khz >= 1 && *khz <= 1'000'000'000), "a frequency in kHz, from 1 to 1000000000");
  return khz;
}

SideFacts readSide(const JsonNode& node) {
  SideFacts side;
  if (!node) return side;
  side.kernel = node["kernel"].text();
  side.bootParameters = node["boot_parameters"].text();
  side.backend = node["backend"].text();
  side.protectedGuest = node["protected"].flag();
  side.memoryBytes = node["memory_bytes"].count();
  side.tscKhz = readFrequency(node["tsc_khz"]);
  side.probesMissed = node["kprobes_missed_because_nested"].count();
  node["kprobe_missed_by_event"].eachMember([&](const std::string& event, const JsonNode& missed) {
    side.missedByEvent[event] = missed.count().value_or(0);
  });
  node["ring_buffer_stats"].eachMember(
      [&](const std::string& cpu, const JsonNode& stats) { readRingBuffer(cpu, stats, side); });
  bool countsMisses = true;
  node["event_definitions"].eachElement([&](const JsonNode& definition) {
    const std::string text = definition.text().value_or("");
    countsMisses &= !text.starts_with('f');  // kprobe_profile does not count what fprobes miss
    readDefinition(text, side.probedFunctions);
  });
  if (!countsMisses && side.probesMissed == 0) side.probesMissed.reset();
  return side;
}

/// What the VMM says of its devices: ids and ring sizes of the devices whose guest name was found out.
void readVmmDevice(const JsonNode& node, MachineFacts& facts) {
  const auto name = node["guest_name"].text();
  if (!name) return;
  MachineFacts more;
  DeviceFacts& device = more.devices.emplace_back();
  device.name = *name;
  device.vmmId = node["id"].text();
  node["queues"].eachElement([&](const JsonNode& element) {
    QueueFacts& queue = device.queues.emplace_back();
    queue.index = element["queue-index"].count().value_or(0);
    queue.size = element["vring-num"].count();
    if (const auto ring = element["vring-desc"].number(); ring && *ring != 0) queue.ring = fmt::format("0x{:x}", *ring);
  });
  facts.complete(more);
}

std::optional<std::string> readTransport(const JsonNode& node) {
  auto transport = node.text();
  if (transport == "unknown") return std::nullopt;
  node.expect(
      !transport || transport == "pci" || transport == "ccw" || transport == "mmio" || transport == "vhost-user",
      "pci, ccw, mmio, vhost-user or unknown");
  return transport;
}

}  // namespace

MachineFacts parseCaseJson(std::string_view text, const std::string& origin) {
  const nlohmann::json json = parsedJson(text, origin, "facts in the form of case.json");
  const JsonNode root(&json, origin + ": ");
  MachineFacts facts;
  facts.transport = readTransport(root["transport"]);
  root["devices"].eachElement([&](const JsonNode& device) { facts.devices.push_back(readDevice(device)); });
  root["qemu_devices"].eachElement([&](const JsonNode& device) { readVmmDevice(device, facts); });
  // People write a sentence here; its first known word is the program.
  const std::string hypervisor = root["hypervisor"].text().value_or("");
  if (const auto vmm = vmmOf(hypervisor)) facts.more["vmm"] = *vmm;
  if (hypervisor.find("TCG") != std::string::npos || hypervisor.find("no KVM") != std::string::npos)
    facts.more["kvm"] = "off";
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
