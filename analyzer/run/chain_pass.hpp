// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "analyzer/aggregate/cause_aggregator.hpp"
#include "analyzer/aggregate/timeline_pyramid.hpp"
#include "analyzer/attribute/chain_life.hpp"
#include "analyzer/pair/model.hpp"
#include "analyzer/pair/pairing.hpp"
#include "analyzer/run/queue_contexts.hpp"

namespace descry {

/// Clock models by guest capture and host capture.
using Clocks = std::map<std::pair<std::int64_t, std::int64_t>, std::unique_ptr<ClockModel>>;

/// Attributes every chain and writes the chain table, the sums and what was left unpaired.
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

  Lane& laneOf(std::int64_t guestQueue, std::int64_t hostQueue);
  Lane makeLane(std::int64_t guestQueue, std::int64_t hostQueue);
  void emit(const GuestHalfRow* guest, const HostHalfRow* host, const PairSegmentRow* segment);
  bool suspect(const Lane& lane, const ChainHalves& halves, const ChainLife& life) const;
  void fill(ChainRow& row, const Lane& lane, const ChainHalves& halves, const ChainLife& life);
  void writeUnpaired();

  Database& m_database;
  const Model& m_model;
  Pairing& m_pairing;
  const Clocks& m_clocks;
  std::function<void(double)> m_progress;
  TableWriter<ChainRow> m_writer;
  CauseAggregator m_aggregator;
  TimelinePyramid m_pyramid;
  QueueContexts m_contexts;
  std::map<std::pair<std::int64_t, std::int64_t>, Lane> m_lanes;
  std::pair<std::int64_t, std::int64_t> m_lastKey;
  Lane* m_lastLane = nullptr;
  std::map<QueueEpoch, std::int64_t> m_unpaired;
  std::int64_t m_chains = 0, m_refused = 0, m_expected = 1;
};

}  // namespace descry
