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

void claimIotlb(const ChainView& chain, Claims& claims);         // iotlb.cpp
void claimSwiotlb(const ChainView& chain, Claims& claims);       // swiotlb.cpp
void claimBackend(const ChainView& chain, Claims& claims);       // backend.cpp
void claimNotification(const ChainView& chain, Claims& claims);  // notification.cpp
void claimRing(const ChainView& chain, Claims& claims);          // ring.cpp

}  // namespace descry
