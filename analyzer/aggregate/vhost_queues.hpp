// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>

#include "schemas/store/database.hpp"

namespace descry {

/// The host queues of kernel vhost with their device. A device is vhost's when its host side says so, or, where that
/// does not know, its guest side.
std::map<QueueId, DeviceId> vhostQueues(const Database& database);

}  // namespace descry
