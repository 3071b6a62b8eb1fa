// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "analyzer/compare/comparison.hpp"

namespace descry {

/// Fills verdict, slower and faster from the levels.
void describeVerdict(Comparison& comparison);

/// "pci", "virtio0", "virtio0 req0".
std::string nameOf(const ComparedLevel& level);

/// "+12.3 %"; where the base is 0 there is no percentage: "new".
std::string relativeText(const Change& change);

/// "+12.3 % ±1.4" with half the width of the interval in percent of the base.
std::string relativeRangeText(const Change& change);

}  // namespace descry
