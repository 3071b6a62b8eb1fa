// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>

#include "analyzer/attribute/spans.hpp"

namespace descry {

/// One cause of latency, and how it claims its part of a chain. Rules are asked in the order of the list; each sees
/// only what the ones before it left.
struct CauseRule {
  Cause cause;
  void (*claim)(const ChainView& chain, Claims& claims);
};

/// THE list, in causes.cpp. What no rule claims is unattributed.
std::span<const CauseRule> causeRules();

/// Asks all rules, in their order.
void claimCauses(const ChainView& chain, Claims& claims);

void claimIotlb(const ChainView& chain, Claims& claims);         // iotlb.cpp
void claimSwiotlb(const ChainView& chain, Claims& claims);       // swiotlb.cpp
void claimBackend(const ChainView& chain, Claims& claims);       // backend.cpp
void claimNotification(const ChainView& chain, Claims& claims);  // notification.cpp
void claimRing(const ChainView& chain, Claims& claims);          // ring.cpp

/// Driver work of which only the length was recorded, out of the phase it lies in: mapping and bouncing out end with
/// the mapping of the last buffer (M), unmapping and bouncing back begin with that of the first (D). Where M or D was
/// not seen they are put at the outer end, where the driver's part of the span is. `ns` may be unseen; what does not
/// fit into one span is looked for in the next.
void claimInAdd(Claims& claims, Cause cause, Ns ns);
void claimInGet(Claims& claims, Cause cause, Ns ns);

}  // namespace descry
