// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/case/summary.hpp"

namespace descry {

/// What a Summary holds without a look at single chains: captures, clock, devices, sums of all levels, losses,
/// anomalies, unpaired halves, findings. Quick however many chains there are, so that a window can open with it.
/// Counts of chains, the slowest chains and what could not be seen stay empty: readSummary() has them.
Summary readOutline(const Database& database);

}  // namespace descry
