// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "analyzer/clock/clock_model.hpp"
#include "analyzer/pair/pairing.hpp"

namespace descry {

/// Bounds from above and below at single moments, from the time stamp counters of both sides: `descry record` notes
/// what they show at times of the clocks, and KVM knows the offset between them. Empty unless one VMM serves all that
/// was paired, its virtual CPUs have the same offset and rate as the host, and both sides have three readings at least:
/// between two readings a clock is taken for a line, and the third says how far it is from being one.
std::vector<ClockConstraint> tscConstraints(const Database& database, const Model& model, const Pairing& pairing,
                                            std::int64_t guestCapture, std::int64_t hostCapture);

/// Whether a clock that others bound leaves room for each of these: two bounds of one moment, one behind the other.
bool leavesRoom(const ClockModel& clock, const std::vector<ClockConstraint>& pairs);

}  // namespace descry
