// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <vector>

#include "schemas/store/rows.hpp"

namespace descry {

/// How long finished chains of a host queue wait until they are given back, for the columns held_* of half_total. The
/// backend tells when a chain is done (p). Kernel vhost does not, but serves one chain at a time: it is done with one
/// when it fetches the next that it gives back. Not thread-safe.
class HeldChains {
 public:
  explicit HeldChains(bool ofVhost) : m_ofVhost(ofVhost) {}

  /// In the order of positions within an epoch.
  void add(const HostHalfRow& host);
  /// When all have been added.
  void fill(HalfTotalRow& row);

 private:
  /// The last chain of an epoch, whose successor is not known yet.
  struct Open {
    Ns fetched = 0, given = 0;
    bool told = false;
  };

  void finish(const Open& chain, Ns done);
  void forget(Ns before);

  bool m_ofVhost;
  std::map<std::int64_t, Open> m_open;  ///< by epoch
  static constexpr std::size_t kMostGiven = 8192;
  std::vector<Ns> m_given;  ///< moments that may come again
  std::size_t m_limit = kMostGiven;
  std::int64_t m_chains = 0, m_times = 0, m_told = 0;
  Ns m_held = 0;
};

}  // namespace descry
