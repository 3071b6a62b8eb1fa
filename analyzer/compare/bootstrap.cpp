// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/compare/bootstrap.hpp"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "analyzer/compare/sample.hpp"

namespace descry {

namespace {

constexpr std::size_t kMostBlocks = 32, kLeastBlocks = 4, kLeastInBlock = 8;
constexpr std::size_t kResamples = 400;

std::uint64_t perMilleOf(Statistic statistic) {
  switch (statistic) {
    case Statistic::P99:
      return 990;
    case Statistic::P999:
      return 999;
    default:
      return 500;
  }
}

std::size_t blocksOf(std::size_t chains) {
  return std::min(kMostBlocks, chains / kLeastInBlock);
}

double freedomOf(std::size_t chains) {
  return static_cast<double>(blocksOf(chains)) - 1;
}

/// A series cut into stretches of time of equally many chains.
class Blocks {
 public:
  explicit Blocks(const std::vector<Ns>& values) : m_chains(values.size()), m_count(blocksOf(m_chains)) {}

  std::size_t count() const { return m_count; }
  std::size_t of(std::size_t index) const { return index * m_count / m_chains; }

 private:
  std::size_t m_chains, m_count;
};

/// How often each block was drawn.
std::vector<std::uint64_t> draw(std::size_t blocks, std::mt19937_64& random) {
  std::vector<std::uint64_t> times(blocks);
  for (std::size_t i = 0; i < blocks; ++i) ++times[random() % blocks];
  return times;
}

/// sum(part) / sum(whole) of the blocks drawn; `whole` null: per chain.
std::vector<double> resampleRatio(const std::vector<Ns>& part, const std::vector<Ns>* whole, const Blocks& blocks,
                                  std::mt19937_64& random) {
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

std::vector<double> resampleQuantiles(const std::vector<Ns>& values, const Blocks& blocks, std::uint64_t perMille,
                                      std::mt19937_64& random) {
  std::vector<std::uint32_t> sorted(values.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::stable_sort(sorted.begin(), sorted.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<std::uint8_t> blockAt(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) blockAt[i] = static_cast<std::uint8_t>(blocks.of(sorted[i]));
  std::vector<std::uint64_t> sizes(blocks.count());
  for (const std::uint8_t block : blockAt) ++sizes[block];

  std::vector<double> result(kResamples);
  for (double& quantile : result) {
    const auto times = draw(blocks.count(), random);
    const std::uint64_t count = std::inner_product(times.begin(), times.end(), sizes.begin(), std::uint64_t{0});
    const std::uint64_t rank = rankOf(count, perMille);
    std::uint64_t passed = 0;
    std::size_t at = 0;
    while (at + 1 < sorted.size() && (passed += times[blockAt[at]]) <= rank) ++at;
    quantile = static_cast<double>(values[sorted[at]]);
  }
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

std::vector<double> resample(const std::vector<Ns>& values, Statistic statistic, std::uint64_t seed) {
  const Blocks blocks(values);
  if (blocks.count() < kLeastBlocks) return {};
  std::mt19937_64 random(seed);
  if (statistic == Statistic::Mean) return resampleRatio(values, nullptr, blocks, random);
  return resampleQuantiles(values, blocks, perMilleOf(statistic), random);
}

double statisticOf(const std::vector<Ns>& values, Statistic statistic) {
  if (values.empty()) return 0;
  if (statistic == Statistic::Mean)
    return std::accumulate(values.begin(), values.end(), 0.0,
                           [](double sum, Ns value) { return sum + static_cast<double>(value); }) /
           static_cast<double>(values.size());
  std::vector<Ns> copy = values;
  return static_cast<double>(quantileOf(copy, perMilleOf(statistic)));
}

std::vector<double> resampleShare(const std::vector<Ns>& part, const std::vector<Ns>& whole, std::uint64_t seed) {
  const Blocks blocks(part);
  if (blocks.count() < kLeastBlocks) return {};
  std::mt19937_64 random(seed);
  return resampleRatio(part, &whole, blocks, random);
}

namespace {

/// Fills what is known about a difference by the two resampled series.
void test(Change& change, const std::vector<double>& ofBase, std::size_t baseChains, const std::vector<double>& ofNow,
          std::size_t nowChains) {
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
  // Welch and Satterthwaite: the blocks, not the chains, are the independent observations.
  const double freedom =
      std::pow(varianceOfBase + varianceOfNow, 2) /
      (std::pow(varianceOfBase, 2) / freedomOf(baseChains) + std::pow(varianceOfNow, 2) / freedomOf(nowChains));
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

Change compare(const std::vector<Ns>& base, const std::vector<Ns>& now, Statistic statistic) {
  Change change;
  change.base = statisticOf(base, statistic);
  change.now = statisticOf(now, statistic);
  const auto least = static_cast<std::size_t>(smallestSample(statistic));
  const bool enough = base.size() >= least && now.size() >= least;
  test(change, enough ? resample(base, statistic, 1) : std::vector<double>(), base.size(),
       enough ? resample(now, statistic, 2) : std::vector<double>(), now.size());
  return change;
}

Change compareShares(const std::vector<Ns>& basePart, const std::vector<Ns>& baseWhole, const std::vector<Ns>& nowPart,
                     const std::vector<Ns>& nowWhole) {
  Change change;
  change.base = shareOf(basePart, baseWhole);
  change.now = shareOf(nowPart, nowWhole);
  test(change, resampleShare(basePart, baseWhole, 1), basePart.size(), resampleShare(nowPart, nowWhole, 2),
       nowPart.size());
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
