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

void claimCauses(const ChainView& chain, Claims& claims) {
  for (const CauseRule& rule : kRules) rule.claim(chain, claims);
}

void claimInAdd(Claims& claims, Cause cause, Ns ns) {
  if (!seen(ns)) return;
  for (Span& span : claims.spans())
    if (span.touches(phaseBit(Phase::Prepare)))
      ns -= claims.claim(span, cause, ns, span.only(phaseBit(Phase::Prepare)) ? Place::Last : Place::First);
}

void claimInGet(Claims& claims, Cause cause, Ns ns) {
  if (!seen(ns)) return;
  for (Span& span : claims.spans())
    if (span.touches(phaseBit(Phase::Finish)))
      ns -= claims.claim(span, cause, ns, span.only(phaseBit(Phase::Finish)) ? Place::First : Place::Last);
}

}  // namespace descry
