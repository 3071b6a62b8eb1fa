// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/attribute/spans.hpp"

namespace descry {

/// One cause of latency, and how it claims its part of a chain.
struct CauseRule {
  Cause cause;
  int turn;  ///< rules claim in ascending order; each sees only what the ones before it left
  void (*claim)(const ChainView& chain, Claims& claims);
};

// Every cause in causes.def has its rule in a file of its own: kIotlbRule is in iotlb.cpp.
#define CAUSE(enumerator, ...) extern const CauseRule k##enumerator##Rule;
#include "schemas/model/causes.def"
#undef CAUSE

/// Asks all rules, in the order of their turns. What no rule claims is unattributed.
void claimCauses(const ChainView& chain, Claims& claims);

/// Driver work with only its length recorded, out of the phase it lies in: mapping and bouncing out end with
/// the mapping of the last buffer (M), unmapping and bouncing back begin with that of the first (D). Where M or D was
/// not seen they are put at the outer end, where the driver's part of the span is. `ns` may be unseen; what does not
/// fit into one span is looked for in the next.
void claimInAdd(Claims& claims, Cause cause, Ns ns);
void claimInGet(Claims& claims, Cause cause, Ns ns);

}  // namespace descry
