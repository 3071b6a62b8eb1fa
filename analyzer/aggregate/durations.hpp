// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "analyzer/aggregate/histogram.hpp"

namespace descry {

/// Durations of one kind, for their percentiles: order statistics as long as every value is kept, in 4 bytes each; a
/// histogram once there are too many. Not thread-safe.
class Durations {
 public:
  /// What several of them may keep together, so that memory has a bound. One that needs more when it is used up counts
  /// its own values in a histogram.
  struct Budget {
    std::uint64_t left;
  };

  /// As many values of one kind are kept where medians are to be exact: of causes, and of what lies beside them.
  static constexpr std::uint64_t kExactLimit = 1'000'000;

  /// Keeps at most `limit` values. `budget` must outlive this.
  explicit Durations(std::uint64_t limit, Budget* budget = nullptr) : m_limit(limit), m_budget(budget) {}

  void add(Ns ns) {
    ++m_count;
    m_total += ns;
    if (ns > m_max) m_max = ns;
    if (m_histogram != nullptr)
      m_histogram->add(ns);
    else
      keep(ns);
  }

  std::uint64_t count() const { return m_count; }
  Ns total() const { return m_total; }
  /// 0 when empty or when none is above 0.
  Ns max() const { return m_max; }
  /// True while valueAt() is an order statistic; else it is at most 1.1 % off, and 0 for what is below 0.
  bool exact() const { return m_histogram == nullptr; }
  /// The value of a rank, 0 = smallest; `rank` < count(). Puts the values in another order.
  Ns valueAt(std::uint64_t rank);
  /// The lower median; kUnseen of nothing.
  Ns median();

 private:
  static constexpr Ns kLarge = 0xffffffff;

  void keep(Ns ns);
  void giveUp();

  std::uint64_t m_limit, m_count = 0;
  Budget* m_budget;
  Ns m_total = 0, m_max = 0;
  std::vector<std::uint32_t> m_values;
  std::vector<Ns> m_below, m_above;  ///< what does not fit into 32 bits: rare
  std::unique_ptr<Histogram> m_histogram;
};

}  // namespace descry
