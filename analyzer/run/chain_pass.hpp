// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <vector>

#include "analyzer/aggregate/cause_aggregator.hpp"
#include "analyzer/aggregate/half_totals.hpp"
#include "analyzer/aggregate/kvm_ways.hpp"
#include "analyzer/aggregate/phase_totals.hpp"
#include "analyzer/aggregate/queue_totals.hpp"
#include "analyzer/aggregate/timeline_pyramid.hpp"
#include "analyzer/aggregate/worker_states.hpp"
#include "analyzer/attribute/spans.hpp"
#include "analyzer/pair/model.hpp"
#include "analyzer/pair/pairing.hpp"
#include "analyzer/run/queue_contexts.hpp"
#include "analyzer/run/stuck_chains.hpp"

namespace descry {

/// Attributes every chain and writes the chain table, the sums and what was left unpaired: everything that findings and
/// reports need of all chains is added up here, while they pass once. The pairs of devices must have been written.
///
/// Two threads share the work, a batch at a time: while one attributes and adds up, the caller's reads the next halves
/// and writes the chains of the batch before. Only the caller's thread uses the database. Batches are finished in the
/// order in which they were read, so the result is that of one thread.
class ChainPass {
 public:
  ChainPass(Database& database, const Model& model, Pairing& pairing, const Clocks& clocks,
            std::function<void(double)> progress);

  void run();
  std::int64_t chains() const { return m_chains; }
  /// Halves that could have had a partner, had it been certain which.
  std::int64_t refused() const { return m_refused; }

 private:
  /// What is the same for all chains of one pair of queues.
  struct Lane {
    QueueContext context;
    CauseAggregator::Group group;
    const ClockModel* clock = nullptr;
    std::int64_t guestCapture = 0, hostCapture = 0;
    bool guestLossy = false, hostLossy = false;
    bool aggregated = true;
  };

  /// Halves as they were read, with what the other thread needs to make chains of them.
  struct Batch {
    struct Item {
      const Lane* lane = nullptr;
      bool hasGuest = false, hasHost = false;  ///< the next of `guests`, of `hosts`
      std::int64_t pairId = kUnseen;
    };
    std::vector<Item> items;
    std::vector<GuestHalfRow> guests;
    std::vector<HostHalfRow> hosts;
  };

  const Lane& laneOf(QueueId guestQueue, QueueId hostQueue);
  Lane makeLane(QueueId guestQueue, QueueId hostQueue);
  void take(const GuestHalfRow* guest, const HostHalfRow* host, const PairSegmentRow* segment);
  void handOver();
  void write(std::vector<ChainRow> rows);
  void writeUnpaired();
  void writeStuck();

  // On the other thread.
  std::vector<ChainRow> attribute(const Batch& batch);
  ChainRow chainOf(const Lane& lane, const GuestHalfRow* guest, const HostHalfRow* host, std::int64_t pairId);
  bool suspect(const Lane& lane, const ChainHalves& halves, const ChainLife& life) const;
  void fill(ChainRow& row, const Lane& lane, const ChainHalves& halves, const ChainLife& life);
  void addKvm(const ChainHalves& halves, const KvmWays& ways, QueueId queueId, const Span& span);
  void addPhases(const ChainHalves& halves, const QueueContext& context, const ChainLife& life, QueueId queueId,
                 Claims& claims);

  Database& m_database;
  const Model& m_model;
  Pairing& m_pairing;
  const Clocks& m_clocks;
  std::function<void(double)> m_progress;
  TableWriter<ChainRow> m_writer;
  QueueContexts m_contexts;
  std::map<std::pair<QueueId, QueueId>, Lane> m_lanes;
  std::pair<QueueId, QueueId> m_lastKey;
  const Lane* m_lastLane = nullptr;
  std::map<QueueEpoch, std::int64_t> m_unpaired;
  std::int64_t m_chains = 0, m_refused = 0, m_expected = 1;
  Batch m_batch;  ///< that is being read

  // Belong to the other thread while it runs.
  CauseAggregator m_aggregator;
  TimelinePyramid m_pyramid;
  PhaseTotals m_phases;
  WakeupTotals m_wakeups;
  KvmPartTotals m_kvm;
  Durations::Budget m_budget;
  QueueTotals m_totals;
  HalfTotals m_halves;
  StuckChains m_stuck;
  std::future<std::vector<ChainRow>> m_attributed;  ///< the last member: its destructor waits for the thread
};

}  // namespace descry
