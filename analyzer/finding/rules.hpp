// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/finding/finding.hpp"

namespace descry {

// The list of rules. Findings of equal severity are shown in this order: what causes others comes first.
// clang-format off
#define DESCRY_FINDING_RULES(RULE) \
  RULE(kQueueStopped)              \
  RULE(kLostNotification)          \
  RULE(kStuckChains)               \
  RULE(kEndsInFlight)              \
  RULE(kNeedlessTranslation)       \
  RULE(kForcedBounce)              \
  RULE(kIotlbMisses)               \
  RULE(kSlowMissAnswer)            \
  RULE(kAccessPlatformUnneeded)    \
  RULE(kSwiotlbFull)               \
  RULE(kSwiotlbPool)               \
  RULE(kBouncedDevices)            \
  RULE(kFailedAdds)                \
  RULE(kRingFull)                  \
  RULE(kNoIndirect)                \
  RULE(kReceiveStarved)            \
  RULE(kHotQueue)                  \
  RULE(kSharedWorker)              \
  RULE(kSlowDoorbell)              \
  RULE(kSlowWakeup)                \
  RULE(kSlowInterrupt)             \
  RULE(kLateReaping)               \
  RULE(kDoorbellExits)             \
  RULE(kDoorbellPerRequest)        \
  RULE(kInterruptPerRequest)       \
  RULE(kInterruptCoalescing)       \
  RULE(kUsedBatching)              \
  RULE(kCaptureHealth)             \
  RULE(kCaptureCost)               \
  RULE(kBackendDominates)
// clang-format on

// Each rule is in a file of its own, which gives the reasons.
#define DESCRY_DECLARE_RULE(rule) extern const Rule rule;
DESCRY_FINDING_RULES(DESCRY_DECLARE_RULE)
#undef DESCRY_DECLARE_RULE

}  // namespace descry
