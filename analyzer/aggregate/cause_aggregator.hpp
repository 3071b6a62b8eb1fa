// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/aggregate/durations.hpp"
#include "analyzer/aggregate/histogram.hpp"
#include "schemas/model/words.hpp"
#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// Keeps the values of a queue's chains, one column per sum, in 32 bytes per chain. Values that need more than 32 bits
/// (above 4.29 s) are rare and lie apart.
class ValueColumns {
 public:
  void add(const std::array<Ns, kSums>& values);
  std::uint64_t count() const { return m_count; }
  void clear();

  /// Calls visit(value) for every value of one sum, in no order that matters.
  template <typename Visit>
  void forEach(std::size_t sum, Visit&& visit) const {
    std::uint64_t left = m_count;
    for (const auto& block : m_blocks) {
      const std::uint64_t here = left < kBlock ? left : kBlock;
      for (std::uint64_t i = 0; i < here; ++i)
        if (const std::uint32_t value = block->columns[sum][i]; value != kLarge) visit(static_cast<Ns>(value));
      left -= here;
    }
    for (const Ns value : m_large[sum]) visit(value);
  }

 private:
  static constexpr std::uint32_t kLarge = 0xffffffff;
  static constexpr std::size_t kBlock = 1024;
  struct Block {
    std::array<std::array<std::uint32_t, kBlock>, kSums> columns;
  };

  std::vector<std::unique_ptr<Block>> m_blocks;
  std::array<std::vector<Ns>, kSums> m_large;
  std::uint64_t m_count = 0;
};

/// Sums up complete chains per transport, device and queue. Percentiles are order statistics while a level has at most
/// `exactLimit` chains, else they come from the histograms. The result does not depend on the order of the chains
/// (except, beyond four times the limit in all, in which queues stay exact). Not thread-safe.
class CauseAggregator {
 public:
  /// Where a chain belongs: `scope` says what its latency spans.
  struct Group {
    std::string transport;
    DeviceId deviceId = kNoDevice;
    QueueId queueId = kNoQueue;
    Scope scope = Scope::Full;
  };

  explicit CauseAggregator(std::size_t exactLimit = Durations::kExactLimit);
  ~CauseAggregator();

  /// Only complete chains; a cause that is kUnseen counts as 0. Fast when chains of one queue follow each other.
  void add(const Group& group, const ChainRow& chain);
  /// The latencies of a queue's complete chains so far; null: none.
  const Histogram* latenciesOf(QueueId queueId) const;
  /// A chain that did not come back within `age`: the latency's percentiles and its maximum count it, as lower bounds.
  /// Queues without a complete chain have no percentiles.
  void addStuck(QueueId queueId, Ns age);
  /// Adds the rows of cause_total and cause_histogram; rows of an earlier analysis must have been removed.
  void write(Database& database);

 private:
  struct Queue;
  struct Level;

  Queue& queueOf(const Group& group);
  void limitMemory();

  std::size_t m_exactLimit;
  std::uint64_t m_kept = 0;  ///< chains in all ValueColumns
  std::map<QueueId, std::unique_ptr<Queue>> m_queues;
  Queue* m_last = nullptr;
};

}  // namespace descry
