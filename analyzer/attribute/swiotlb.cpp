// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/causes.hpp"

namespace descry {

void claimSwiotlb(const ChainView& chain, Claims& claims) {
  const GuestHalfRow* guest = chain.halves.guest;
  if (guest == nullptr) return;
  for (Span& span : claims.spans()) {
    // Bounces out lie within the add, bounces back within the get; no probe, no claim.
    if (span.touches(phaseBit(Phase::Prepare)) && seen(guest->swiotlbOut))
      claims.claim(span, Cause::Swiotlb, guest->swiotlbOut);
    if (span.touches(phaseBit(Phase::Finish)) && seen(guest->swiotlbIn))
      claims.claim(span, Cause::Swiotlb, guest->swiotlbIn);
  }
}

}  // namespace descry
