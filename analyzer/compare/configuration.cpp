// SPDX-License-Identifier: GPL-2.0-or-later
// What differs between two cases apart from the numbers: captures, devices, queues, findings.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "analyzer/compare/comparison.hpp"

namespace descry {

namespace {

/// Column of device_view, and how its values read.
struct Property {
  const char* column;
  const char* name;
  bool isFlag;
};

constexpr Property kDeviceProperties[] = {
    {"transport", "transport", false},
    {"access_platform", "VIRTIO_F_ACCESS_PLATFORM", true},
    {"dma_api", "DMA API", true},
    {"iommu_group_type", "IOMMU group", false},
    {"translation", "ring addresses", false},
    {"swiotlb_forced", "forced bounce buffers", true},
    {"vhost", "kernel vhost", true},
    {"features_negotiated", "features", false},
};
constexpr Property kQueueProperties[] = {{"size", "ring size", false},
                                         {"layout", "ring layout", false},
                                         {"event_idx", "VIRTIO_F_EVENT_IDX", true},
                                         {"indirect", "VIRTIO_F_INDIRECT_DESC", true}};

using Values = std::vector<std::optional<std::string>>;

template <std::size_t N>
std::string columns(const Property (&properties)[N]) {
  std::string text;
  for (const Property& property : properties) text += fmt::format(", {}", property.column);
  return text;
}

std::string valueText(const Property& property, const std::string& value) {
  if (property.isFlag) return value == "0" ? "off" : "on";
  if (property.column == std::string_view("features_negotiated"))
    return fmt::format("{:#x}", static_cast<std::uint64_t>(std::stoll(value)));
  return value;
}

template <std::size_t N>
void compareValues(const std::string& subject, const Property (&properties)[N], const Values& base, const Values& now,
                   std::vector<std::string>& changes) {
  for (std::size_t i = 0; i < N; ++i) {
    if (base[i] == now[i] || !base[i] || !now[i]) continue;  // not known is not different
    changes.push_back(fmt::format("{}: {} {}, was {}", subject, properties[i].name, valueText(properties[i], *now[i]),
                                  valueText(properties[i], *base[i])));
  }
}

template <std::size_t N>
std::map<std::string, Values> readValues(const Database& database, const std::string& sql, const Property (&)[N]) {
  std::map<std::string, Values> result;
  for (Statement rows = database.prepare(sql); rows.step();) {
    Values values;
    for (int i = 0; i < static_cast<int>(N); ++i)
      values.push_back(rows.isNull(1 + i) ? std::nullopt : std::optional(std::string(rows.text(1 + i))));
    result[std::string(rows.text(0))] = std::move(values);
  }
  return result;
}

std::map<std::string, Values> readDevices(const Database& database) {
  return readValues(
      database,
      fmt::format("SELECT coalesce(guest_device_id, host_device_id){} FROM device_view", columns(kDeviceProperties)),
      kDeviceProperties);
}

std::map<std::string, Values> readQueues(const Database& database, DeviceId deviceId) {
  return readValues(database,
                    fmt::format("SELECT DISTINCT queue_name{} FROM queue_view WHERE device_id = {} ORDER BY queue_name",
                                columns(kQueueProperties), deviceId),
                    kQueueProperties);
}

void compareKernels(const Database& base, const Database& now, std::vector<std::string>& changes) {
  for (const char* side : {"guest", "host"}) {
    const std::string sql = fmt::format("SELECT group_concat(DISTINCT kernel) FROM capture WHERE side = '{}'", side);
    const auto before = base.queryText(sql), after = now.queryText(sql);
    if (before && after && *before != *after)
      changes.push_back(fmt::format("kernel of the {}: {}, was {}", side, *after, *before));
    const std::string exists = fmt::format("SELECT count(*) > 0 FROM capture WHERE side = '{}'", side);
    const bool had = base.queryInteger(exists).value_or(0) != 0, has = now.queryInteger(exists).value_or(0) != 0;
    if (had != has)
      changes.push_back(fmt::format("the {} was recorded only in the {}: the latencies do not cover the same parts",
                                    side, had ? "base" : "new case"));
  }
}

void compareFindings(const Database& base, const Database& now, std::vector<std::string>& changes) {
  const auto read = [](const Database& database) {
    std::map<std::string, std::string> findings;
    Statement rows = database.prepare(
        "SELECT rule || coalesce(' ' || device, '') || coalesce(' ' || queue_name, ''), title FROM finding_view");
    while (rows.step()) findings[std::string(rows.text(0))] = std::string(rows.text(1));
    return findings;
  };
  const auto before = read(base), after = read(now);
  for (const auto& [key, title] : after)
    if (!before.contains(key)) changes.push_back(fmt::format("new finding {}: {}", key, title));
  for (const auto& [key, title] : before)
    if (!after.contains(key)) changes.push_back(fmt::format("finding no longer present {}: {}", key, title));
}

}  // namespace

std::vector<std::string> configurationChanges(const Database& base, const Summary& before, const Database& now,
                                              const Summary& after) {
  std::vector<std::string> changes;
  compareKernels(base, now, changes);
  const auto devicesBefore = readDevices(base), devicesAfter = readDevices(now);
  for (const auto& [baseId, nowId] : matchDevices(before, after)) {
    const auto from = devicesBefore.find(std::to_string(numberOf(baseId))),
               to = devicesAfter.find(std::to_string(numberOf(nowId)));
    if (from == devicesBefore.end() || to == devicesAfter.end()) continue;
    const std::string& name = after.devices.at(nowId).name;
    compareValues(name, kDeviceProperties, from->second, to->second, changes);
    const auto queuesBefore = readQueues(base, baseId);
    for (const auto& [queue, values] : readQueues(now, nowId))
      if (const auto earlier = queuesBefore.find(queue); earlier != queuesBefore.end())
        compareValues(name + " " + queue, kQueueProperties, earlier->second, values, changes);
  }
  compareFindings(base, now, changes);
  return changes;
}

}  // namespace descry
