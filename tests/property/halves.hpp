// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "schemas/store/rows.hpp"
#include "tests/property/played_world.hpp"

namespace descry::property {

/// The halves of a database, each with the index of the true chain it belongs to. They are found by what only one chain
/// can have, the queue's address and the time of Q or f on the side's clock, and not by their positions.
class Halves {
 public:
  static constexpr std::int64_t kNoChain = -1;

  explicit Halves(const PlayedWorld& world);

  /// The host half that the analysis gave to this chain; null when there is none.
  const std::pair<HostHalfRow, std::int64_t>* hostOf(const ChainRow& chain) const;
  const std::pair<GuestHalfRow, std::int64_t>* guestOf(const ChainRow& chain) const;

  std::map<QueueId, QueueRow> queues;
  std::map<QueueId, Ns> origin;  ///< of the queue's capture
  std::map<ChainId, std::pair<GuestHalfRow, std::int64_t>> guest;
  std::map<ChainId, std::pair<HostHalfRow, std::int64_t>> host;

 private:
  std::map<std::int64_t, PairSegmentRow> m_segments;
};

std::string nameOf(const ChainRow& row);

}  // namespace descry::property
