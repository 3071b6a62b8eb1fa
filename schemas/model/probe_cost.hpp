// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace descry {

/// Percent of the latency that probes may take before it has to be said.
inline constexpr double kMuchProbePercent = 5;

}  // namespace descry
