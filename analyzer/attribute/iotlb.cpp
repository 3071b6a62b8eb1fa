// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/causes.hpp"

namespace descry {

namespace {

constexpr std::uint32_t kBeforeFetch = phaseBit(Phase::Publish) | phaseBit(Phase::Doorbell) | phaseBit(Phase::Exit) |
                                       phaseBit(Phase::Wakeup) | phaseBit(Phase::Wait);
constexpr std::uint32_t kHostBeforeFetch = phaseBit(Phase::Exit) | phaseBit(Phase::Wakeup) | phaseBit(Phase::Wait);

/// The fetch was held up: it had to be tried again, or the vIOMMU walked for it. A plain fetch is ring work.
bool stalled(const ChainView& chain) {
  const HostHalfRow* host = chain.halves.host;
  if (host == nullptr) return false;
  return chain.context.viommu || (seen(host->retries) && host->retries > 0) || (seen(host->misses) && host->misses > 0);
}

void claim(const ChainView& chain, Claims& claims) {
  const bool own = stalled(chain);
  const Ns shift = seen(chain.life.shift) ? chain.life.shift : 0;
  for (Span& span : claims.spans()) {
    if (own && span.only(phaseBit(Phase::Stall))) claims.claimAll(span, Cause::Iotlb);
    // Waiting while the queue stood still for somebody else's translation. The own stall begins where these spans end.
    if (chain.context.stalls != nullptr && chain.halves.host != nullptr && !chain.life.detached &&
        span.only(kBeforeFetch) && span.touches(kHostBeforeFetch))
      claims.claimInduced(span, *chain.context.stalls, shift);
  }
  if (own && chain.life.detached && seen(chain.halves.host->t))
    for (Span& span : claims.spans())
      if (span.touches(phaseBit(Phase::Stall))) claims.claim(span, Cause::Iotlb, -chain.halves.host->t, Place::First);
  if (const GuestHalfRow* guest = chain.halves.guest; guest != nullptr) {
    claimInAdd(claims, Cause::Iotlb, guest->iommuMap);
    claimInGet(claims, Cause::Iotlb, guest->iommuUnmap);
  }
}

}  // namespace

const CauseRule kIotlbRule{Cause::Iotlb, 10, claim};

}  // namespace descry
