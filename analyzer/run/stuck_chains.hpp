// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "analyzer/aggregate/activity.hpp"
#include "analyzer/aggregate/cause_aggregator.hpp"
#include "analyzer/clock/clock_model.hpp"
#include "analyzer/pair/pairing.hpp"
#include "analyzer/run/stuck_candidate.hpp"

namespace descry {

/// Rows of the tables stuck_chain and late_at_end.
struct StuckRows {
  std::vector<StuckChainRow> stuck;
  std::vector<LateAtEndRow> lateAtEnd;
};

/// Finds the chains that are stuck: table stuck_chain. A chain is stuck when it has been in flight far longer than its
/// queue's others take, while the machine goes on; stuck_chains.cpp gives the limits and their reasons. Not
/// thread-safe.
class StuckChains {
 public:
  StuckChains(const Database& database, const Model& model, const Pairing& pairing, const Clocks& clocks);

  /// A chain as it is stored; queue by queue, in the order of positions within an epoch.
  void add(const ChainRow& chain, const ChainHalves& halves, const ChainLife& life, const QueueContext& context);
  /// `latencies`: of all chains that came back. Looks a few doorbells and interrupts up.
  StuckRows judge(const CauseAggregator& latencies);

 private:
  /// What is usual on a queue.
  struct Usual {
    std::int64_t complete = 0;
    Ns median = 0, p999 = 0;
    bool enough() const { return complete >= 20; }
    bool isFarBeyond(Ns wait) const;
  };
  struct QueueCase {
    Usual usual;
    std::int64_t inFlight = 0;  ///< candidates that did not come back
    std::int64_t late = 0;      ///< candidates that came back after long work, not after a lost notification
  };

  void keep(const ChainRow& chain, const ChainHalves& halves, const ChainLife& life, const QueueContext& context);
  bool mayKeep(QueueId queueId) const;
  std::optional<StuckWait> waitOf(const StuckCandidate& chain) const;
  bool cameWithTheNext(const GuestHalfRow& half) const;
  std::optional<StuckWait> sinceUsed(const StuckCandidate& chain) const;
  std::optional<StuckWait> sinceFetch(const StuckCandidate& chain) const;
  std::optional<StuckWait> sincePublication(const StuckCandidate& chain) const;
  void lookAtHost(const StuckCandidate& chain, StuckWait& wait) const;
  QueueId hostQueueWithout(const GuestHalfRow& half) const;
  bool showsDoorbells(const StuckCandidate& chain, const StuckWait& wait);
  StuckChainRow rowOf(const StuckCandidate& chain, const StuckWait& wait, const Usual& usual);
  std::map<QueueId, QueueCase> casesOf(const std::vector<std::optional<StuckWait>>& waits,
                                       const CauseAggregator& latencies) const;
  std::optional<Ns> limitOf(const StuckCandidate& chain, const StuckWait& wait, const QueueCase& queue) const;
  bool goesOn(QueueId queueId, const StuckWait& wait);
  /// When the recording ended, as far as its events of any name tell.
  Ns endOf(QueueId queueId) const { return m_ends.at(m_model.captureOf(queueId).captureId); }
  Activity& activity(QueueId queueId) { return m_activity[placeOf(queueId)]; }
  Ns& lastFetch(QueueId queueId) { return m_lastFetch[placeOf(queueId)]; }

  const Database& m_database;
  const Model& m_model;
  const Pairing& m_pairing;
  const Clocks& m_clocks;
  std::vector<Activity> m_activity;          ///< by queue, on its own clock
  std::map<std::int64_t, Activity> m_heard;  ///< by capture: events of any name, on its own clock
  std::map<std::int64_t, Ns> m_ends;         ///< by capture
  std::vector<Ns> m_lastFetch;               ///< by host queue
  std::map<QueueId, std::size_t> m_kept;     ///< candidates by queue
  std::vector<StuckCandidate> m_candidates;
};

}  // namespace descry
