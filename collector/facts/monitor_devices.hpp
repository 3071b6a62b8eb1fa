// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/facts/device_facts.hpp"

namespace descry {

/// Devices as QEMU's monitor speaks of them: by the path of an object, /machine/peripheral/disk0/virtio-backend.
class MonitorDevices {
 public:
  /// The device of that path; where an answer came without its question, the last one of that name ("virtio-net").
  DeviceFacts& at(const std::string& path, const std::string& name);
  /// The next answer without a path and of that name is about another device.
  void startAnother(const std::string& name) { ++m_unnamed[name]; }
  bool empty() const { return m_devices.empty(); }
  MachineFacts take();

 private:
  std::map<std::string, int> m_unnamed;
  std::vector<std::pair<std::string, DeviceFacts>> m_devices;  ///< by path, in the order in which they came
};

/// What is in force, from a device's list of accepted features: "VIRTIO_RING_F_EVENT_IDX: Used & avail. ...".
void takeAcceptedFeatures(DeviceFacts& device, const std::vector<std::string>& features);

}  // namespace descry
