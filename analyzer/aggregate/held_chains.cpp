// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/held_chains.hpp"

#include <algorithm>
#include <limits>

namespace descry {

void HeldChains::add(const HostHalfRow& host) {
  if (!seen(host.u)) return;
  const Open chain{host.f, host.f + host.u, seen(host.p)};
  if (chain.told) finish(chain, host.f + host.p);
  if (!m_ofVhost) return;
  const auto [before, isFirst] = m_open.try_emplace(host.epoch, chain);
  if (isFirst) return;
  if (!before->second.told) finish(before->second, chain.fetched);
  before->second = chain;
}

void HeldChains::finish(const Open& chain, Ns done) {
  ++m_chains;
  m_told += chain.told ? 1 : 0;
  m_held += std::max<Ns>(chain.given - done, 0);
  if (!m_given.empty() && m_given.back() == chain.given) return;
  if (m_given.size() >= m_limit) {
    forget(chain.fetched);
    m_limit = std::max(kMostGiven, 2 * m_given.size());
  }
  m_given.push_back(chain.given);
}

/// Chains are given back after their fetch, and fetched in the order in which they come here: moments before it are
/// done with.
void HeldChains::forget(Ns before) {
  std::sort(m_given.begin(), m_given.end());
  m_given.erase(std::unique(m_given.begin(), m_given.end()), m_given.end());
  const auto kept = std::lower_bound(m_given.begin(), m_given.end(), before);
  m_times += kept - m_given.begin();
  m_given.erase(m_given.begin(), kept);
}

void HeldChains::fill(HalfTotalRow& row) {
  // Behind the last chain of an epoch there is none to wait for.
  for (const auto& [epoch, chain] : m_open)
    if (!chain.told) finish(chain, chain.given);
  m_open.clear();
  forget(std::numeric_limits<Ns>::max());
  row.heldChains = m_chains;
  row.heldTimes = m_times;
  row.heldTold = m_told;
  row.held = m_held;
}

}  // namespace descry
