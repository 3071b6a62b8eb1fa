// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/monitor_devices.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "collector/facts/virtio_names.hpp"

namespace descry {

DeviceFacts& MonitorDevices::at(const std::string& path, const std::string& name) {
  const std::string key = path.empty() ? fmt::format("{} {}", name, m_unnamed[name]) : path;
  const auto known = std::ranges::find(m_devices, key, &std::pair<std::string, DeviceFacts>::first);
  DeviceFacts& device = known != m_devices.end() ? known->second : m_devices.emplace_back(key, DeviceFacts()).second;
  if (const auto driver = qemuDriver(name)) device.type = driver->type;
  if (!device.label.empty()) return device;
  constexpr std::string_view kNamed = "/machine/peripheral/";
  if (path.starts_with(kNamed))
    device.vmmId = path.substr(kNamed.size(), path.find('/', kNamed.size()) - kNamed.size());
  device.label = device.vmmId.value_or(path.empty() ? name : path);
  return device;
}

MachineFacts MonitorDevices::take() {
  MachineFacts facts;
  facts.more["vmm"] = "QEMU";
  for (auto& [path, device] : m_devices) facts.devices.push_back(std::move(device));
  return facts;
}

void takeAcceptedFeatures(DeviceFacts& device, const std::vector<std::string>& features) {
  const auto has = [&features](std::string_view name) {
    return std::ranges::any_of(features, [name](const std::string& feature) {
      return std::string_view(feature).substr(0, feature.find(':')) == name;
    });
  };
  device.accessPlatform = has("VIRTIO_F_IOMMU_PLATFORM") || has("VIRTIO_F_ACCESS_PLATFORM");
  device.packed = has("VIRTIO_F_RING_PACKED");
  device.eventIdx = has("VIRTIO_RING_F_EVENT_IDX");
  device.indirect = has("VIRTIO_RING_F_INDIRECT_DESC");
}

}  // namespace descry
