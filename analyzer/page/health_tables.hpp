// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "analyzer/case/summary.hpp"
#include "analyzer/page/page.hpp"

namespace descry {

/// Chains, clock, losses, anomalies, halves without a partner, probes and captures, each with its SQL. Tables without
/// rows are left out.
std::vector<Table> healthTables(const Summary& summary);

}  // namespace descry
