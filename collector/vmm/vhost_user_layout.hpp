// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "collector/vmm/program_file.hpp"

namespace descry {

/// Where DPDK's vhost library keeps what a probe reads: offsets in bytes in its structures virtio_net (a device) and
/// vhost_virtqueue, and the address of its array of pointers to devices, which has a device's number as index.
struct VhostUserLayout {
  std::uint64_t devices = 0;  ///< as the file says it, before it is loaded
  std::uint32_t deviceMemory = 0, deviceFeatures = 0;
  std::uint32_t deviceQueues = 0;  ///< an array of pointers
  std::uint32_t desc = 0, avail = 0, used = 0, ringSize = 0, lastAvail = 0, lastUsed = 0, callFd = 0;

  bool operator==(const VhostUserLayout&) const = default;
};

/// The layout as the library's own functions use it: each of them gets some members, and is exported. Throws Error that
/// says which function is missing, or what of the result cannot be right.
VhostUserLayout deriveVhostUserLayout(const ProgramFile& library);

}  // namespace descry
