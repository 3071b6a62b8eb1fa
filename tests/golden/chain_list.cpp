// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/golden/chain_list.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace descry::golden {

ChainList::ChainList(const std::string& caseName) {
  std::ifstream file(std::string(DESCRY_DATA) + "/chains/" + caseName + ".tsv");
  if (!file) throw std::runtime_error("no chain list for " + caseName);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string side, queue, value[5], request;
    fields >> side >> queue;
    for (auto& text : value) fields >> text;
    fields >> request;
    const auto number = [&](int i) { return value[i] == "-" ? -1 : std::stoll(value[i]); };
    if (side == "G")  // position, add entry, add return, get return, request: one column less
      m_guest[queue][number(1)] = {queue, value[4], number(0), number(1)};
    else
      m_host[queue][number(3)] = {queue, request, number(0), number(1), number(2), number(3), number(4)};
  }
}

const TrueGuestChain* ChainList::guest(const std::string& queue, std::int64_t added, std::int64_t tolerance) const {
  const auto chains = m_guest.find(queue);
  if (chains == m_guest.end() || chains->second.empty()) return nullptr;
  auto nearest = chains->second.lower_bound(added);
  if (nearest == chains->second.end() ||
      (nearest != chains->second.begin() && added - std::prev(nearest)->first < nearest->first - added))
    --nearest;
  return std::abs(nearest->first - added) <= tolerance ? &nearest->second : nullptr;
}

const TrueHostChain* ChainList::host(const std::string& queue, std::int64_t fetched) const {
  const auto chains = m_host.find(queue);
  if (chains == m_host.end()) return nullptr;
  const auto chain = chains->second.find(fetched);
  return chain == chains->second.end() ? nullptr : &chain->second;
}

const TrueHostChain* ChainList::hostAt(const std::string& queue, std::int64_t position) const {
  const auto chains = m_host.find(queue);
  if (chains == m_host.end()) return nullptr;
  const std::int64_t lastEpoch = chains->second.rbegin()->second.epoch;
  for (const auto& [fetched, chain] : chains->second)
    if (chain.epoch == lastEpoch && chain.position == position) return &chain;
  return nullptr;
}

PairVerdict judge(const std::vector<Pair>& pairs, const ChainList& truth, bool positionsHold, std::int64_t tolerance) {
  PairVerdict verdict;
  for (const auto& pair : pairs) {
    const auto* guest = truth.guest(pair.guestQueue, pair.added, tolerance);
    const auto* host = truth.host(pair.hostQueue, pair.fetched);
    std::ostringstream what;
    what << "add " << pair.added << " on " << pair.guestQueue << " with fetch " << pair.fetched << " on "
         << pair.hostQueue;
    if (!guest || !host) {
      verdict.wrong.push_back(what.str() + ": no such chain in the trace");
      continue;
    }
    const bool named = guest->request != "-" && host->request != "-";
    if ((named && guest->request != host->request) || (positionsHold && guest->position != host->position)) {
      what << ": really position " << guest->position << " (" << guest->request << ") and " << host->position << " ("
           << host->request << ")";
      verdict.wrong.push_back(what.str());
    } else if (named || positionsHold) {
      ++verdict.right;
    } else {
      ++verdict.undecided;
    }
  }
  return verdict;
}

}  // namespace descry::golden
