// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "schemas/points.hpp"

namespace descry {

/// What a set of chains is described by. P50 ... P999 are quantiles.
enum class Statistic { Mean, P50, P99, P999 };

/// Chains below which a statistic says nothing (two of them should lie above a quantile).
std::int64_t smallestSample(Statistic statistic);

/// How much a statistic of one series would vary if the recording were repeated: values of `statistic` for resampled
/// series. Chains that are near in time resemble each other (bursts, other load), so whole stretches of time are drawn,
/// not chains: the moving-block idea with blocks that do not overlap. The same input gives the same result.
/// `values` in the order of time; fewer than 4 blocks of 8 chains give an empty result.
std::vector<double> resample(const std::vector<Ns>& values, Statistic statistic, std::uint64_t seed);

/// The same for sum(part) / sum(whole), chain by chain: a share.
std::vector<double> resampleShare(const std::vector<Ns>& part, const std::vector<Ns>& whole, std::uint64_t seed);

/// The statistic itself; 0 of nothing.
double statisticOf(const std::vector<Ns>& values, Statistic statistic);

/// Part of the sum of `whole`, chain by chain, 0..1; 0 of nothing.
double shareOf(const std::vector<Ns>& part, const std::vector<Ns>& whole);

struct Change {
  double base = 0, now = 0;  ///< the statistic: ns, or a share 0..1
  bool tested = false;       ///< both samples were large enough for what follows
  double low = 0, high = 0;  ///< 95 % confidence interval of now - base
  double p = 1;              ///< probability of such a difference, or a larger one, between recordings of equal things
  bool significant = false;  ///< set by holm()

  double difference() const { return now - base; }
  /// (now - base) / base; 0 where base is 0.
  double relative() const { return base != 0 ? difference() / base : 0; }
};

/// Compares two series by Welch's t over their block bootstraps.
Change compare(const std::vector<Ns>& base, const std::vector<Ns>& now, Statistic statistic);

/// Compares the share that one column has of another.
Change compareShares(const std::vector<Ns>& basePart, const std::vector<Ns>& baseWhole, const std::vector<Ns>& nowPart,
                     const std::vector<Ns>& nowWhole);

/// Holm's step-down: marks the changes that stay significant at `level` although so many were tested at once.
void holm(std::vector<Change*>& changes, double level);

}  // namespace descry
