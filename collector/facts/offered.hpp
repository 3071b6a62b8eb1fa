// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "collector/facts/device_facts.hpp"

namespace descry {

/// on, true, yes and off, false, no.
std::optional<bool> switchOf(std::string_view value);

/// Takes over an option of a VMM by the name that QEMU gives it, with _ for -: iommu_platform, packed, rx_queue_size
/// ... A feature that a device does not offer cannot be in force. One that it offers may be, and is stored as offered;
/// only VIRTIO_F_ACCESS_PLATFORM must be accepted, or QEMU refuses the driver. False: the option says nothing of use
/// here.
bool takeOption(DeviceFacts& device, std::string_view option, std::string_view value);

}  // namespace descry
