// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "schemas/store/rows.hpp"

namespace descry {

/// The row of the `number`-th vhost device of a capture.
DeviceRow newVhostDevice(std::int64_t captureId, const std::string& vm, std::size_t number, std::uint64_t address);
/// Adds what the features that vhost acknowledged tell.
void describeVhostDevice(DeviceRow& device, std::uint64_t features);
/// A queue of it; `index` may be kUnseen.
QueueRow newVhostQueue(DeviceId deviceId, std::int64_t index, std::uint64_t address);

}  // namespace descry
