// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/causes.hpp"

#include <algorithm>
#include <array>

namespace descry {

namespace {

// The rules are constants, so they exist before this array is made.
const std::array<CauseRule, kCauses> kRules = [] {
  std::array rules = {
#define CAUSE(enumerator, ...) k##enumerator##Rule,
#include "schemas/model/causes.def"
#undef CAUSE
  };
  std::ranges::sort(rules, {}, &CauseRule::turn);
  return rules;
}();

}  // namespace

const CauseRule kUnattributedRule{Cause::Unattributed, 100, [](const ChainView&, Claims&) {}};

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
