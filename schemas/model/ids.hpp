// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>

namespace descry {

/// Names one chain, as chain and chain_view do.
struct ChainId {
  std::int64_t queueId = 0, epoch = 0, position = 0;
  bool valid() const { return queueId != 0; }
  auto operator<=>(const ChainId&) const = default;
};

}  // namespace descry
