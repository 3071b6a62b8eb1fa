// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/causes.hpp"

namespace descry {

namespace {

void claim(const ChainView&, Claims& claims) {
  constexpr std::uint32_t toHost = phaseBit(Phase::Exit) | phaseBit(Phase::Wakeup);
  constexpr std::uint32_t toGuest = phaseBit(Phase::Signal) | phaseBit(Phase::Inject);
  for (Span& span : claims.spans())
    if (span.only(toHost) || span.only(toGuest)) claims.claimAll(span, Cause::Notification);
}

}  // namespace

const CauseRule kNotificationRule{Cause::Notification, 40, claim};

}  // namespace descry
