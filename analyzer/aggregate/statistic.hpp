// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "schemas/model/points.hpp"

namespace descry {

/// What a set of chains is described by. P50 ... P999 are quantiles.
enum class Statistic : std::uint8_t { Mean, P50, P99, P999 };

/// A quantile in thousandths; 500 of what is none.
std::uint64_t perMilleOf(Statistic statistic);

/// The statistic itself; 0 of nothing.
double statisticOf(const std::vector<Ns>& values, Statistic statistic);

/// Value of a quantile in thousandths: sorted[min(n - 1, floor(q * n))], as everywhere. `values` must not be empty and
/// is put in another order.
Ns quantileOf(std::vector<Ns>& values, std::uint64_t perMille);

}  // namespace descry
