// SPDX-License-Identifier: GPL-2.0-or-later
// The probes of a host's kernel, of its QEMUs and of its vhost-user backends are of one recording.
#include <algorithm>
#include <utility>

#include "collector/record/probe_set.hpp"

namespace descry {

namespace {

class JoinedProbes final : public ProbeSet {
 public:
  explicit JoinedProbes(std::vector<std::unique_ptr<ProbeSet>> sets) : m_sets(std::move(sets)) {}

  std::uint64_t attach() override {
    std::uint64_t begin = 0;
    for (const auto& set : m_sets) {
      begin = std::max(begin, set->attach());
      m_coverage.insert(m_coverage.end(), set->coverage().begin(), set->coverage().end());
    }
    return begin;
  }
  const std::vector<Coverage>& coverage() const override { return m_coverage; }
  std::size_t consume() override {
    std::size_t records = 0;
    for (const auto& set : m_sets) records += set->consume();
    return records;
  }
  std::uint64_t finish() override {
    std::uint64_t end = 0;
    for (const auto& set : m_sets) {
      const std::uint64_t stopped = set->finish();
      end = end == 0 ? stopped : std::min(end, stopped);
    }
    return end;
  }
  ProbeLoss loss() const override {
    ProbeLoss sum;
    for (const auto& set : m_sets) {
      const ProbeLoss loss = set->loss();
      sum.inRing += loss.inRing;
      sum.inMap += loss.inMap;
      sum.inHits += loss.inHits;
    }
    return sum;
  }
  /// What getting in and out takes is the mean over all hits.
  ProbeCost cost() const override {
    ProbeCost sum;
    std::uint64_t outside = 0, hits = 0;
    for (const auto& set : m_sets) {
      const ProbeCost cost = set->cost();
      sum.hits += cost.hits;
      sum.timed += cost.timed;
      sum.timedNs += cost.timedNs;
      sum.besideHits += cost.besideHits;
      sum.besideTimed += cost.besideTimed;
      sum.besideNs += cost.besideNs;
      sum.besideMissed += cost.besideMissed;
      outside += cost.outsidePs * cost.hits;
      hits += cost.outsidePs == 0 ? 0 : cost.hits;
    }
    sum.outsidePs = hits == 0 ? 0 : outside / hits;
    return sum;
  }
  TrapCost trapCost() const override {
    TrapCost most;
    for (const auto& set : m_sets) {
      const TrapCost cost = set->trapCost();
      most.qemuPs = std::max(most.qemuPs, cost.qemuPs);
      most.burstPs = std::max(most.burstPs, cost.burstPs);
    }
    return most;
  }

 private:
  std::vector<std::unique_ptr<ProbeSet>> m_sets;
  std::vector<Coverage> m_coverage;
};

}  // namespace

std::unique_ptr<ProbeSet> joinProbes(std::vector<std::unique_ptr<ProbeSet>> sets) {
  if (sets.size() == 1) return std::move(sets.front());
  return std::make_unique<JoinedProbes>(std::move(sets));
}

}  // namespace descry
