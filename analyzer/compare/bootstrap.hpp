// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/aggregate/statistic.hpp"
#include "schemas/model/points.hpp"

// Is the difference between two recordings larger than what repeating either of them would give?
//
// The textbook answer, a t test over all chains, is wrong here: neighbours in time resemble each other (a burst, a
// noisy minute), so ten thousand chains are not ten thousand observations, and the test finds "significant" changes
// between two recordings of the same thing. So whole stretches of time are drawn, not chains: a block bootstrap with
// blocks that do not overlap.
//
//   1. Cut each series into up to 32 stretches in time order, at moments when nothing was under way: no burst is
//      split between two.
//   2. Draw as many stretches as there are, with replacement, and compute the statistic of what was drawn; 400 times.
//      The variance of these values is what repeating the recording would show.
//   3. Welch's t over the two variances gives the confidence interval and p. Degrees of freedom come from the number of
//      stretches, which are the independent observations, not from the chains or the 400 draws.
//   4. Holm's step-down over all questions asked at once: one of twenty p values below 0.05 is what chance gives.
//
// Invariant: the result depends on the series alone. Seeds are fixed, and different for base and now, because equal
// series drawn in step would never differ.
//
// A draw is kept as how often each stretch was drawn, so a mean costs one sum per stretch, and a quantile one walk over
// the chains, which are sorted once:
//
//   latencies    10 12 | 11 13 | 50 52 | 10 11        four stretches (eight chains each, in truth)
//   drawn        stretches 0 2 2 3, so times = 1 0 2 1
//   mean         (22 * 1 + 24 * 0 + 102 * 2 + 21 * 1) / 8 = 30.9
//   median       sorted 10(0) 10(3) 11(1) 11(3) 12(0) 13(1) 50(2) 52(2), each counted `times` of its stretch:
//                10 10 11 12 50 50 52 52  ->  50 at rank 4

namespace descry {

/// Chains below which a statistic says nothing (two of them should lie above a quantile).
std::int64_t smallestSample(Statistic statistic);

/// Chains in the order of time, cut into up to 32 stretches of about equally many. Chains that are near in time
/// resemble each other (bursts, other load), stretches hardly do. Where something was idle from time to time the cuts
/// are there: one half of a burst does not resemble the other.
class Stretches {
 public:
  /// `calm`: per chain, whether nothing else was under way when it began; empty: not known.
  explicit Stretches(std::size_t chains, const std::vector<std::uint8_t>& calm = {});

  /// 0 where the chains are too few: fewer than 4 stretches of 8.
  std::size_t count() const { return m_count; }
  /// The stretch that a chain belongs to.
  std::uint8_t of(std::size_t chain) const { return m_of[chain]; }

 private:
  void cutEvenly(std::size_t length);
  void cutWhereCalm(std::size_t length, const std::vector<std::uint8_t>& calm);

  std::vector<std::uint8_t> m_of;
  std::size_t m_count = 0;
};

/// One column of a sample, in the order of time. Holds references.
struct Series {
  const std::vector<Ns>& values;
  const Stretches& stretches;  ///< of at least as many chains
};

/// How much a statistic of one series would vary if the recording were repeated: values of `statistic` for resampled
/// series, in which whole stretches are drawn, not chains: the moving-block idea with blocks that do not overlap. The
/// same input gives the same result; nothing where there are no stretches.
std::vector<double> resample(const Series& series, Statistic statistic, std::uint64_t seed);

/// The same for sum(part) / sum(whole), chain by chain: a share.
std::vector<double> resampleShare(const Series& part, const std::vector<Ns>& whole, std::uint64_t seed);

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
Change compare(const Series& base, const Series& now, Statistic statistic);

/// Compares the share that one column has of another.
Change compareShares(const Series& basePart, const std::vector<Ns>& baseWhole, const Series& nowPart,
                     const std::vector<Ns>& nowWhole);

/// Holm's step-down: marks the changes that stay significant at `level` although so many were tested at once.
void holm(std::vector<Change*>& changes, double level);

}  // namespace descry
