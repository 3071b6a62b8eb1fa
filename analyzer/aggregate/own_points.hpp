// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "schemas/store/rows.hpp"

namespace descry {

/// The point was seen, at `ns`, and belongs to the chain's own life.
inline bool isOwn(const ChainRow& chain, Point point, Ns ns) {
  return (static_cast<std::uint32_t>(chain.points) & pointBit(point)) != 0 && seen(ns);
}

}  // namespace descry
