// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "collector/decode/descry_records.hpp"
#include "collector/probes/records.h"
#include "collector/record/latency_histogram.hpp"
#include "collector/record/probe_set.hpp"
#include "schemas/store/rows.hpp"

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
  void forward(const RecordRun& records);
  void flush();
  /// From now on records are only counted: no reader takes events any more, so waiting for room would never end.
  void stopWriting() { m_write = nullptr, m_writeBatch = nullptr; }
  std::uint64_t records() const { return m_records; }
  std::uint64_t chains() const { return m_chains; }
  /// Sum of the latencies of all chains.
  std::uint64_t latencyNs() const { return m_latencySum; }
  LiveNumbers takeLiveNumbers();
  /// Sums over all epochs that were forwarded, of what silentPoints() looks at.
  const QueueEpochRow& counts() const { return m_counts; }

 private:
  template <typename Half>
  void observe(const RecordRun& records);
  void observeUsed(const RecordRun& records);
  void observePops(const RecordRun& records);
  void observeFills(const RecordRun& records);
  void addChain(std::uint64_t latencyNs);
  template <typename Epoch>
  void addEpochs(const RecordRun& records);
  void put(const RecordRun& records);

  /// An event has to fit into the smallest of LTTng's buffers, several times.
  static constexpr std::size_t kMostWords = 2048;

  using Write = void (*)(const void*);
  using WriteBatch = void (*)(const DescryBatch*);
  Write m_write = nullptr;
  WriteBatch m_writeBatch = nullptr;
  std::array<std::uint64_t, kMostWords> m_batch{};
  std::size_t m_words = 0;  ///< in m_batch
  std::uint64_t m_records = 0, m_chains = 0, m_latencySum = 0;
  LatencyHistogram m_latencies;
  std::unordered_map<std::uint64_t, std::uint64_t> m_popped;  ///< of QEMUs: when, by element and process
  QueueEpochRow m_counts;
};

}  // namespace descry
