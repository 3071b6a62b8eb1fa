// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/fold/fold.hpp"

namespace descry {

/// Where the members that probes read lie in a kernel's structures, in bytes. 64-bit kernels only.
struct KernelOffsets {
  // struct virtqueue, struct vring_virtqueue
  int vqDevice = 32, vqIndex = 40;
  int packed = 0, usesDma = 0, freeHead = 0, numAdded = 0, lastUsed = 0;
  int availShadow = 0, ringSize = 0, ringAddress = 0, packedAvail = 0, packedWrap = 0;
  // struct vhost_virtqueue, struct vhost_dev
  int vhostSize = 0, vhostRing = 0, vhostLastAvail = 0, vhostLastUsed = 0, vhostCall = 0, vhostFeatures = 0;
  int vhostQueues = 0;
  bool bounceWithoutAlloc = true;  ///< 6.12: __swiotlb_tbl_unmap_single, and the direction is the fifth argument
  bool returnArguments = true;     ///< 6.9: a return event can carry entry arguments
};

/// The kernels whose offsets are known: "6.1", "6.12" ...
std::vector<std::string_view> kernelsWithOffsets();
/// Nothing when they are not known. `release` is a version or what uname -r says.
std::optional<KernelOffsets> offsetsOf(std::string_view release);

struct TraceCmdOptions {
  Side side = Side::Guest;
  std::string release, architecture;  ///< of the kernel to be traced; architecture as uname -m says
};

/// Definitions of kprobe events of group `descry`, as `kprobe_events` of tracefs takes them. Throws Error when the
/// kernel's offsets are not known.
std::vector<std::string> kprobeDefinitions(const TraceCmdOptions& options);
/// A shell script that defines them, records with trace-cmd and removes them again.
std::string traceCmdScript(const TraceCmdOptions& options);

}  // namespace descry
