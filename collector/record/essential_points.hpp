// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>

#include "collector/fold/fold.hpp"
#include "collector/record/probe_points.hpp"

namespace descry {

/// What no recording of this side can do without and these points do not show, with the reason; empty when they show
/// it.
std::string lackOfEssentials(Side side, std::span<const Coverage> coverage);

/// What else records a machine that these probes do not show: a sentence.
std::string insteadOfProbes(std::span<const Coverage> coverage);

}  // namespace descry
