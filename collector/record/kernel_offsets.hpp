// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/record/kernel_btf.hpp"

namespace descry {

/// Where the members that probes read lie in a kernel's structures, in bytes, and what its functions are like. 64-bit
/// kernels only. A structure that is not known has 0 everywhere.
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
  bool fetchesSeveral = false;     ///< 6.18: vhost fetches by vhost_get_vq_desc_n
  int usedCount = 3;               ///< argument of vhost_add_used_n that says how many; 4 since 6.17

  bool knowsGuest() const { return numAdded != 0; }
  bool knowsHost() const { return vhostLastAvail != 0; }
  bool operator==(const KernelOffsets&) const = default;
};

/// The series of Debian's kernels whose offsets are known: "6.1", "6.12" ...
std::vector<std::string_view> kernelsWithOffsets();
/// `release`: such a series, or what uname -r says of a kernel of Debian. Nothing when the offsets are not known:
/// another distribution's kernel of the same version may have others.
std::optional<KernelOffsets> offsetsOf(std::string_view release);
/// From the BTF of a kernel. `release` says what its tracefs can do.
KernelOffsets offsetsFrom(const KernelBtf& types, std::string_view release);

}  // namespace descry
