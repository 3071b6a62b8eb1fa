// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace descry {

/// A pairing given by the user: guest device and host device by name (as in table device), e.g. virtio0=0x55e0.
struct DeviceMapping {
  std::string guest, host;
};

}  // namespace descry
