// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "analyzer/finding/finding.hpp"

namespace descry {

/// Which of the rules about chains that stand still judges a queue: each says who holds the oldest of them, and what
/// else is stuck there waits behind it.
enum class StandstillRule : std::uint8_t { None, StuckChains, LostNotification, QueueStopped };

/// What looking for the reason costs.
inline constexpr const char* kSearchCost = "Nothing: this is a search, not a setting.";

/// By the oldest stuck chain of the evidence (parts/stuck.sql).
StandstillRule standstillRule(const Evidence& evidence);

/// "virtio0 q0: 8 chains stuck for 60.1 s"
std::string stuckTitle(const Target& target, const Evidence& evidence);

/// Since when, how far beyond what is usual, at which step each chain is, and what each side did last.
std::string stuckText(const Evidence& evidence);

/// Why it cannot judge: too little came back, or the side it needs is missing.
std::string lacksStandstill(const Target& target, const Evidence& evidence);

}  // namespace descry
