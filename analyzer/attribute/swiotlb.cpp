// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/causes.hpp"

namespace descry {

namespace {

void claim(const ChainView& chain, Claims& claims) {
  const GuestHalfRow* guest = chain.halves.guest;
  if (guest == nullptr) return;
  // No probe, no claim.
  claimInAdd(claims, Cause::Swiotlb, guest->swiotlbOut);
  claimInGet(claims, Cause::Swiotlb, guest->swiotlbIn);
}

}  // namespace

const CauseRule kSwiotlbRule{Cause::Swiotlb, 20, claim};

}  // namespace descry
