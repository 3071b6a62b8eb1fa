// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/case/summary.hpp"
#include "analyzer/page/page.hpp"

namespace descry {

/// The phases of each queue that take more than a trifle of its latency, in the order of a chain's life.
Table phaseTable(const Summary& summary);

}  // namespace descry
