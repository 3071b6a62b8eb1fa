// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/probes/records.h"

namespace descry {

/// What the live line says of the time since it was last asked.
struct LiveNumbers {
  std::uint64_t chains = 0;
  /// Host: from the doorbell, or the first attempt to fetch, to the used entry. Guest: from the add to the return.
  std::uint64_t p50Ns = 0, p99Ns = 0;
};

/// Writes records as events of the LTTng-UST provider `descry`, which it loads when it is made: that is when this
/// process registers with the session daemon. One thread.
class Forwarder {
 public:
  /// Throws Error when the provider cannot be loaded.
  Forwarder();

  /// Finished records are collected into a batch; flush() writes it.
  void forward(const DescryHeader& record);
  void flush();
  /// From now on records are only counted: nobody takes events any more, and waiting for room would be for nothing.
  void stopWriting() { m_write = nullptr, m_writeBatch = nullptr; }
  std::uint64_t records() const { return m_records; }
  std::uint64_t chains() const { return m_chains; }
  /// Sum of the latencies of all chains.
  std::uint64_t latencyNs() const { return m_latencySum; }
  LiveNumbers takeLiveNumbers();

 private:
  void observe(const DescryHeader& record);
  void count(std::uint64_t latency);

  using Write = void (*)(const DescryHeader*);
  using WriteBatch = void (*)(const DescryBatch*);
  Write m_write = nullptr;
  WriteBatch m_writeBatch = nullptr;
  std::vector<std::uint64_t> m_batch;  ///< numbers
  std::uint64_t m_records = 0, m_chains = 0;
  std::vector<std::uint64_t> m_latencies;
  std::uint64_t m_since = 0, m_latencySum = 0;
};

}  // namespace descry
