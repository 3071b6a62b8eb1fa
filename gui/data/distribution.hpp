// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "analyzer/aggregate/histogram.hpp"
#include "gui/data/selection.hpp"

namespace descry::gui {

/// What is counted: the whole latency (-1) or one Cause.
inline constexpr int kWholeLatency = -1;

/// The histogram of one queue, or of several together, and its percentiles.
struct Spread {
  std::string name;
  QueueId queueId = kNoQueue;  ///< 0: all queues together
  Histogram histogram;
  Ns p50 = 0, p99 = 0, p999 = 0;
  bool exact = false;  ///< percentiles are order statistics, else from the histogram: at most 1.1 % off

  std::int64_t count() const { return static_cast<std::int64_t>(histogram.count()); }
  /// No chain took more than 0 ns.
  bool isFlat() const { return histogram.count() == histogram.zeros(); }
  /// Percentiles from the histogram.
  void estimate();
};

struct Distribution {
  int cause = kWholeLatency;
  Spread all;
  std::vector<Spread> queues;  ///< those with most chains first
};

/// Of whole queues from the analysis' histograms, of anything narrower by reading its chains.
Distribution readDistribution(const Database& database, const Case& all, const Selection& selection, int cause);

/// Latency by time: counts[time * bands + band].
struct Heatmap {
  TimeRange range;
  Ns step = 1;
  int firstBand = 0, bands = 0, columns = 0;  ///< a band is (2^(i/4), 2^((i+1)/4)] ns
  std::vector<double> counts;
  double most = 0;
  std::int64_t chains = 0;
};

/// At most about `columns` columns over the range.
/// The time in which the chains began that a heatmap of the selection counts.
TimeRange heatmapRange(const Case& all, const Selection& selection);

Heatmap readHeatmap(const Database& database, const Case& all, const Selection& selection, const TimeRange& range,
                    int columns);

/// Sums over the chains of a selection.
struct CauseShares {
  std::int64_t chains = 0;
  Ns total = 0, induced = 0;
  std::array<Ns, kCauses> causes{};
  std::array<std::int64_t, kCauses> touched{};  ///< chains that lost time to each; -1: not counted
};

CauseShares readCauseShares(const Database& database, const Case& all, const Selection& selection);

/// The condition of a selection as SQL text over chain_view, to be shown and copied.
std::string selectionSql(const Case& all, const Selection& selection);

}  // namespace descry::gui
