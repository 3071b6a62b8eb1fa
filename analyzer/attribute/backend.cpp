// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/causes.hpp"

namespace descry {

namespace {

void claim(const ChainView& chain, Claims& claims) {
  const std::uint32_t service = phaseBit(Phase::Service);
  for (Span& span : claims.spans()) {
    if (!span.touches(service)) continue;
    // Where the end of the backend's work was not seen (kernel vhost), fetch to used is the device's time as a whole.
    if (span.only(service | phaseBit(Phase::Report))) claims.claimAll(span, Cause::Backend);
    if (!chain.life.detached) continue;
    const HostHalfRow& host = *chain.halves.host;
    if (seen(host.p) || seen(host.u)) claims.claim(span, Cause::Backend, seen(host.p) ? host.p : host.u, Place::First);
  }
}

}  // namespace

const CauseRule kBackendRule{Cause::Backend, 30, claim};

}  // namespace descry
