// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "analyzer/clock/clock_model.hpp"
#include "analyzer/pair/pairing.hpp"

namespace descry {

/// Tighter bounds for the clocks of two captures, from what KVM saw: the guest rings (K) before its virtual CPU leaves
/// it, and an interrupt is injected before the guest takes it (I). Both moments of a pair lie microseconds apart, where
/// a chain waits between its publication and its fetch.
///
/// Which doorbell and which interrupt are the same on both sides is told by their order, which needs that nothing is
/// missing: only queues count where no capture lost anything, and both sides have as many. And `clock`, which the
/// chains made, has to agree: of these only those count that lie closer together by it than half the way to their
/// neighbours. Where one side has more, as one that was recorded for longer has, only those count that have just one of
/// the other side near them by that clock, and are the only one near that.
std::vector<ClockConstraint> kvmConstraints(const Database& database, const Model& model, const Pairing& pairing,
                                            const ClockModel& clock, std::int64_t guestCapture,
                                            std::int64_t hostCapture);

}  // namespace descry
