// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "analyzer/aggregate/durations.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// Sums up phases per queue, for table phase_total: of what a cause consists. Not thread-safe.
class PhaseTotals {
 public:
  /// One chain's time in `phases` (bits of Phase, one or more), and which cause claimed how much of it.
  void add(QueueId queueId, std::uint32_t phases, const std::array<Ns, kCauses>& claimed);
  /// `nameOf` says how bits of phases are called.
  void write(Database& database, std::string (*nameOf)(std::uint32_t));

 private:
  /// Few, so that a queue with many kinds of phases takes little memory.
  static constexpr std::uint64_t kExact = 4096;
  struct Sum {
    std::uint32_t phases = 0;
    Durations durations{kExact};
    std::array<Ns, kCauses> causes{};
  };
  using Queue = std::vector<Sum>;

  std::map<QueueId, Queue> m_queues;
  Queue* m_last = nullptr;
  QueueId m_lastId = kNoQueue;
};

}  // namespace descry
