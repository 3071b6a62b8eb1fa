// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/causes.hpp"

#include <array>

namespace descry {

namespace {

constexpr std::array kRules = {
    CauseRule{Cause::Iotlb, claimIotlb},     CauseRule{Cause::Swiotlb, claimSwiotlb},
    CauseRule{Cause::Backend, claimBackend}, CauseRule{Cause::Notification, claimNotification},
    CauseRule{Cause::Ring, claimRing},
};

}  // namespace

std::span<const CauseRule> causeRules() {
  return kRules;
}

}  // namespace descry
