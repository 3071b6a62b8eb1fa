// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/golden/imported.hpp"

namespace descry::golden {

struct TrueGuestChain {
  std::string queue, request;
  std::int64_t position = 0, added = 0;
};

struct TrueHostChain {
  std::string queue, request;
  std::int64_t epoch = 0, position = 0, fetchEntry = -1, fetched = 0, used = -1;
};

/// What chain_truth.py found out about every chain of a capture. The time of an add or a fetch identifies a chain.
class ChainList {
 public:
  explicit ChainList(const std::string& caseName);

  /// The chain of this queue that was added nearest to `added`, at most `tolerance` ns away; null if there is none.
  const TrueGuestChain* guest(const std::string& queue, std::int64_t added, std::int64_t tolerance = 0) const;
  const TrueHostChain* host(const std::string& queue, std::int64_t fetched) const;
  /// In the last epoch of the queue.
  const TrueHostChain* hostAt(const std::string& queue, std::int64_t position) const;

 private:
  std::map<std::string, std::map<std::int64_t, TrueGuestChain>> m_guest;
  std::map<std::string, std::map<std::int64_t, TrueHostChain>> m_host;
};

struct PairVerdict {
  std::int64_t right = 0;
  std::int64_t undecided = 0;      ///< nothing in the list says whether it is right
  std::vector<std::string> wrong;  ///< in words
};

/// Judges pairs by the position of both halves where `positionsHold`, and by the block request where both sides name
/// it. `tolerance` is the resolution of the guest's time stamps.
PairVerdict judge(const std::vector<Pair>& pairs, const ChainList& truth, bool positionsHold,
                  std::int64_t tolerance = 0);

}  // namespace descry::golden
