// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/compare/bootstrap.hpp"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "analyzer/aggregate/histogram.hpp"

namespace descry {

namespace {

constexpr std::size_t kMostBlocks = 32, kLeastBlocks = 4, kLeastInBlock = 8;
// A stretch may become so many times as long to end where something is idle: with longer ones too few would be left.
constexpr std::size_t kLongest = 4;
constexpr std::size_t kResamples = 400;

/// How often each block was drawn.
std::vector<std::uint64_t> draw(std::size_t blocks, std::mt19937_64& random) {
  std::vector<std::uint64_t> times(blocks);
  for (std::size_t i = 0; i < blocks; ++i) ++times[random() % blocks];
  return times;
}

/// sum(part) / sum(whole) of the blocks drawn; `whole` null: per chain.
std::vector<double> resampleRatio(const Series& series, const std::vector<Ns>* whole, std::mt19937_64& random) {
  const auto& [part, blocks] = series;
  std::vector<double> parts(blocks.count()), wholes(blocks.count());
  for (std::size_t i = 0; i < part.size(); ++i) {
    parts[blocks.of(i)] += static_cast<double>(part[i]);
    wholes[blocks.of(i)] += whole != nullptr ? static_cast<double>((*whole)[i]) : 1;
  }
  std::vector<double> result(kResamples);
  for (double& ratio : result) {
    const auto times = draw(blocks.count(), random);
    const double above = std::inner_product(parts.begin(), parts.end(), times.begin(), 0.0);
    const double below = std::inner_product(wholes.begin(), wholes.end(), times.begin(), 0.0);
    ratio = below > 0 ? above / below : 0;
  }
  return result;
}

/// Values in their order, each with the block it comes from, to find quantiles of many resamples: how many values of
/// each block lie before every kStep-th one is counted once, so that a resample looks at few of them.
class Ranked {
 public:
  explicit Ranked(const Series& series) : m_values(series.values), m_sorted(series.values.size()) {
    std::iota(m_sorted.begin(), m_sorted.end(), 0U);
    std::stable_sort(m_sorted.begin(), m_sorted.end(), [&](auto a, auto b) { return m_values[a] < m_values[b]; });
    m_blockAt.reserve(m_sorted.size());
    m_counts.assign(series.stretches.count(), 0);
    for (const std::uint32_t value : m_sorted) {
      if (m_blockAt.size() % kStep == 0) m_before.push_back(m_counts);
      m_blockAt.push_back(series.stretches.of(value));
      ++m_counts[m_blockAt.back()];
    }
  }

  /// The value of a quantile when each block is there so many times.
  Ns quantile(const std::vector<std::uint64_t>& times, std::uint64_t perMille) const {
    const auto weighted = [&](const std::vector<std::uint32_t>& counts) {
      return std::inner_product(times.begin(), times.end(), counts.begin(), std::uint64_t{0});
    };
    const std::uint64_t rank = rankOf(weighted(m_counts), perMille);
    const auto after = std::partition_point(m_before.begin(), m_before.end(),
                                            [&](const auto& counts) { return weighted(counts) <= rank; });
    const auto step = static_cast<std::size_t>(after - m_before.begin()) - 1;
    std::uint64_t passed = weighted(m_before[step]);
    std::size_t at = step * kStep;
    while (at + 1 < m_sorted.size() && (passed += times[m_blockAt[at]]) <= rank) ++at;
    return m_values[m_sorted[at]];
  }

 private:
  static constexpr std::size_t kStep = 256;

  const std::vector<Ns>& m_values;
  std::vector<std::uint32_t> m_sorted;
  std::vector<std::uint8_t> m_blockAt;
  std::vector<std::uint32_t> m_counts;               ///< values of each block
  std::vector<std::vector<std::uint32_t>> m_before;  ///< the same before every kStep-th value
};

std::vector<double> resampleQuantiles(const Series& series, std::uint64_t perMille, std::mt19937_64& random) {
  const Ranked ranked(series);
  std::vector<double> result(kResamples);
  for (double& quantile : result)
    quantile = static_cast<double>(ranked.quantile(draw(series.stretches.count(), random), perMille));
  return result;
}

}  // namespace

std::int64_t smallestSample(Statistic statistic) {
  switch (statistic) {
    case Statistic::P99:
      return 200;
    case Statistic::P999:
      return 2000;
    default:
      return static_cast<std::int64_t>(kLeastBlocks * kLeastInBlock);
  }
}

Stretches::Stretches(std::size_t chains, const std::vector<std::uint8_t>& calm) : m_of(chains) {
  if (chains < kLeastBlocks * kLeastInBlock) return;
  const std::size_t length = (chains + kMostBlocks - 1) / kMostBlocks;
  if (!calm.empty()) cutWhereCalm(std::max(kLeastInBlock, length), calm);
  if (m_count < kLeastBlocks) cutEvenly(chains / std::min(kMostBlocks, chains / kLeastInBlock));
}

void Stretches::cutEvenly(std::size_t length) {
  m_count = m_of.size() / length;
  for (std::size_t i = 0; i < m_of.size(); ++i) m_of[i] = static_cast<std::uint8_t>(i * m_count / m_of.size());
}

void Stretches::cutWhereCalm(std::size_t length, const std::vector<std::uint8_t>& calm) {
  m_count = 0;
  for (std::size_t begin = 0; begin < m_of.size();) {
    const std::size_t furthest = std::min(m_of.size(), begin + kLongest * length);
    std::size_t end = begin + length;
    while (end < furthest && calm[end] == 0) ++end;
    // Never idle. The end of the series is as good as a calm: it may end with a burst, if one began here.
    if (end >= furthest && (furthest < m_of.size() || calm[begin] == 0)) end = begin + length;
    if (m_of.size() - std::min(end, m_of.size()) < length / 2) end = m_of.size();
    end = std::min(end, m_of.size());
    std::fill(m_of.begin() + static_cast<std::ptrdiff_t>(begin), m_of.begin() + static_cast<std::ptrdiff_t>(end),
              static_cast<std::uint8_t>(m_count++));
    begin = end;
  }
}

std::vector<double> resample(const Series& series, Statistic statistic, std::uint64_t seed) {
  if (series.stretches.count() == 0) return {};
  std::mt19937_64 random(seed);
  if (statistic == Statistic::Mean) return resampleRatio(series, nullptr, random);
  return resampleQuantiles(series, perMilleOf(statistic), random);
}

std::vector<double> resampleShare(const Series& part, const std::vector<Ns>& whole, std::uint64_t seed) {
  if (part.stretches.count() == 0) return {};
  std::mt19937_64 random(seed);
  return resampleRatio(part, &whole, random);
}

namespace {

/// The stretches, not the chains, are the independent observations.
double freedomOf(const Series& series) {
  return static_cast<double>(series.stretches.count()) - 1;
}

/// Fills what is known about a difference by the two resampled series.
void test(Change& change, const Series& base, const std::vector<double>& ofBase, const Series& now,
          const std::vector<double>& ofNow) {
  change.low = change.high = change.difference();
  if (ofBase.empty() || ofNow.empty()) return;
  change.tested = true;
  const double varianceOfBase = gsl_stats_variance(ofBase.data(), 1, ofBase.size());
  const double varianceOfNow = gsl_stats_variance(ofNow.data(), 1, ofNow.size());
  const double error = std::sqrt(varianceOfBase + varianceOfNow);
  if (error <= 0) {  // neither varies at all
    change.p = change.difference() == 0 ? 1 : 0;
    return;
  }
  // Welch and Satterthwaite.
  const double freedom = std::pow(varianceOfBase + varianceOfNow, 2) /
                         (std::pow(varianceOfBase, 2) / freedomOf(base) + std::pow(varianceOfNow, 2) / freedomOf(now));
  const double reach = gsl_cdf_tdist_Pinv(0.975, freedom) * error;
  change.low = change.difference() - reach;
  change.high = change.difference() + reach;
  change.p = 2 * gsl_cdf_tdist_Q(std::abs(change.difference()) / error, freedom);
}

}  // namespace

double shareOf(const std::vector<Ns>& part, const std::vector<Ns>& whole) {
  const double all = statisticOf(whole, Statistic::Mean);
  return all > 0 ? statisticOf(part, Statistic::Mean) / all : 0;
}

// Different seeds throughout: equal series must not vary in step.

Change compare(const Series& base, const Series& now, Statistic statistic) {
  Change change;
  change.base = statisticOf(base.values, statistic);
  change.now = statisticOf(now.values, statistic);
  const auto least = static_cast<std::size_t>(smallestSample(statistic));
  const bool enough = base.values.size() >= least && now.values.size() >= least;
  test(change, base, enough ? resample(base, statistic, 1) : std::vector<double>(), now,
       enough ? resample(now, statistic, 2) : std::vector<double>());
  return change;
}

Change compareShares(const Series& basePart, const std::vector<Ns>& baseWhole, const Series& nowPart,
                     const std::vector<Ns>& nowWhole) {
  Change change;
  change.base = shareOf(basePart.values, baseWhole);
  change.now = shareOf(nowPart.values, nowWhole);
  test(change, basePart, resampleShare(basePart, baseWhole, 1), nowPart, resampleShare(nowPart, nowWhole, 2));
  return change;
}

void holm(std::vector<Change*>& changes, double level) {
  std::stable_sort(changes.begin(), changes.end(), [](const Change* a, const Change* b) { return a->p < b->p; });
  std::size_t left = changes.size();
  for (Change* change : changes) {
    if (change->p > level / static_cast<double>(left--)) return;
    change->significant = true;
  }
}

}  // namespace descry
