// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/finding/finding.hpp"

namespace descry {

// Each rule in a file of its own, which gives the reasons.
extern const Rule kNeedlessTranslation, kIotlbMisses, kSlowMissAnswer, kAccessPlatformUnneeded, kForcedBounce,
    kSwiotlbPool, kRingFull, kNoIndirect, kReceiveStarved, kHotQueue, kSharedWorker, kSlowWakeup, kSlowInterrupt,
    kDoorbellExits, kDoorbellPerRequest, kInterruptPerRequest, kInterruptCoalescing, kUsedBatching, kBackendDominates,
    kCaptureHealth, kCaptureCost;

}  // namespace descry
