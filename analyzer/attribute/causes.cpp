// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/causes.hpp"

#include <array>

namespace descry {

namespace {

constexpr std::array kRules = {
    CauseRule{Cause::Iotlb,
              "address translation: the chain's own misses, waiting for those of others, guest IOMMU mapping",
              claimIotlb},
    CauseRule{Cause::Swiotlb, "bounce buffers: slot search and copies, out and back", claimSwiotlb},
    CauseRule{Cause::Backend, "the device's own work, from the fetch until the backend finished", claimBackend},
    CauseRule{Cause::Notification, "getting the other side's attention: doorbell, wake-up, interrupt",
              claimNotification},
    CauseRule{Cause::Ring, "driver and device ring work, and waiting behind older chains", claimRing},
};

}  // namespace

std::span<const CauseRule> causeRules() {
  return kRules;
}

}  // namespace descry
