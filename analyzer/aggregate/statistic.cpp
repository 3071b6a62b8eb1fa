// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/statistic.hpp"

#include <algorithm>
#include <numeric>

#include "analyzer/aggregate/histogram.hpp"

namespace descry {

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

double statisticOf(const std::vector<Ns>& values, Statistic statistic) {
  if (values.empty()) return 0;
  if (statistic == Statistic::Mean)
    return std::accumulate(values.begin(), values.end(), 0.0,
                           [](double sum, Ns value) { return sum + static_cast<double>(value); }) /
           static_cast<double>(values.size());
  std::vector<Ns> copy = values;
  return static_cast<double>(quantileOf(copy, perMilleOf(statistic)));
}

Ns quantileOf(std::vector<Ns>& values, std::uint64_t perMille) {
  const auto rank = values.begin() + static_cast<std::ptrdiff_t>(rankOf(values.size(), perMille));
  std::nth_element(values.begin(), rank, values.end());
  return *rank;
}

}  // namespace descry
