// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/vhost_facts.hpp"

#include <fmt/format.h>

#include "collector/facts/virtio_names.hpp"
#include "schemas/model/words.hpp"

namespace descry {

DeviceRow newVhostDevice(std::int64_t captureId, const std::string& vm, std::size_t number, std::uint64_t address) {
  DeviceRow row;
  row.captureId = captureId;
  row.vm = vm;
  row.name = fmt::format("vhost{}", number);
  row.address = fmt::format("0x{:x}", address);
  row.vhost = 1;
  row.active = 1;
  return row;
}

void describeVhostDevice(DeviceRow& device, std::uint64_t features) {
  device.featuresNegotiated = static_cast<std::int64_t>(features);
  device.accessPlatform = static_cast<std::int64_t>((features >> kAccessPlatform) & 1U);
  device.translation = wordOf(device.accessPlatform == 1 ? Translation::DeviceIotlb : Translation::NotInPath);
  device.translationReason = device.accessPlatform == 1
                                 ? "vhost acknowledged VIRTIO_F_ACCESS_PLATFORM: it translates every ring address"
                                 : "vhost did not acknowledge VIRTIO_F_ACCESS_PLATFORM";
}

QueueRow newVhostQueue(DeviceId deviceId, std::int64_t index, std::uint64_t address) {
  QueueRow row;
  row.deviceId = deviceId;
  row.queueIndex = index;
  row.name = fmt::format("q{}", index);
  row.layout = "split";  // the kernel's vhost offers no other
  row.address = fmt::format("0x{:x}", address);
  return row;
}

}  // namespace descry
