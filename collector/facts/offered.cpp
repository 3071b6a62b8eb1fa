// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/offered.hpp"

#include <algorithm>
#include <array>

#include "schemas/text/number.hpp"

namespace descry {

namespace {

constexpr std::array<std::string_view, 11> kCounts = {"queues", "vectors",  "tx_queue_size", "iothread", "drive",
                                                      "netdev", "host_mtu", "chardev",       "fsdev",    "serial",
                                                      "cid"};
constexpr std::array<std::string_view, 8> kSwitches = {"ats", "disable_legacy", "disable_modern", "ioeventfd",
                                                       "mq",  "page_per_vq",    "in_order",       "mrg_rxbuf"};

void takeFeature(DeviceFacts& device, std::string_view option, bool on, std::optional<bool>& inForce) {
  if (!on) inForce = false;
  device.more["offers_" + std::string(option)] = on ? "on" : "off";
}

}  // namespace

std::optional<bool> switchOf(std::string_view value) {
  if (value == "on" || value == "true" || value == "yes") return true;
  if (value == "off" || value == "false" || value == "no") return false;
  return std::nullopt;
}

bool takeOption(DeviceFacts& device, std::string_view option, std::string_view value) {
  if (option == "rx_queue_size" || option == "queue_size") {
    const auto size = toNumber<std::uint16_t>(value);
    if (size) device.ringSize = *size;
    return size.has_value();
  }
  if (std::ranges::find(kCounts, option) != kCounts.end()) {
    device.more[std::string(option)] = value;
    return true;
  }
  const auto on = switchOf(value);
  if (!on) return false;
  if (option == "iommu_platform") {
    device.accessPlatform = *on;
    return true;
  }
  if (option == "packed") takeFeature(device, option, *on, device.packed);
  if (option == "event_idx") takeFeature(device, option, *on, device.eventIdx);
  if (option == "indirect_desc") takeFeature(device, option, *on, device.indirect);
  if (std::ranges::find(kSwitches, option) != kSwitches.end()) device.more[std::string(option)] = *on ? "on" : "off";
  return true;
}

}  // namespace descry
