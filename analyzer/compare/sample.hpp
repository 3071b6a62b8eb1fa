// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "analyzer/aggregate/cause_aggregator.hpp"
#include "schemas/condition/condition.hpp"
#include "schemas/model/points.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// Complete chains that meet a condition, in the order in which their latency began.
struct Sample {
  std::array<std::vector<Ns>, kSums> values;  ///< one column per sum of kSumNames
  std::vector<Ns> gaps;                       ///< from this chain to the next, over all chains that were counted
  std::vector<std::uint8_t> calm;             ///< 1: none of the others was under way when this one began
  std::int64_t chains = 0;                    ///< all that meet it; the columns hold at most the limit
  Ns span = 0;                                ///< from the first start to the last

  std::size_t size() const { return values[0].size(); }
  bool exact() const { return static_cast<std::int64_t>(size()) == chains; }
};

/// Chains to keep where nothing else is said: 80 bytes each while they are read.
inline constexpr std::size_t kSampleLimit = std::size_t{1} << 21;

/// Reads what the tables of the report are made of: complete chains, without lone halves of devices that were seen from
/// both sides, and without chains that only the host saw where the selection has more of the same transport. Beyond
/// `limit` chains every second, fourth ... of each queue is kept.
Sample readSample(const Database& database, const Condition& condition, std::size_t limit = kSampleLimit);

/// The same for each of several sets of queues, in one pass over the chains.
std::vector<Sample> readSamples(const Database& database, const std::vector<std::set<QueueId>>& queues,
                                std::size_t limit);

/// The SELECT behind readSample(), with ? for the condition's values: columns queue_id, start_ns, stock_ns and those of
/// kSumNames.
std::string sampleSql(const Condition& condition);

}  // namespace descry
