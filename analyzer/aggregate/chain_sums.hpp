// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>

#include "schemas/model/causes.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

inline Ns orZero(Ns value) {
  return seen(value) ? value : 0;
}

/// What a complete chain adds to each sum of kSumNames: its latency, its causes, the induced part.
inline std::array<Ns, kSums> sumsOf(const ChainRow& chain) {
  std::array<Ns, kSums> values{};
  values[kInducedSum] = orZero(chain.iotlbInduced);  // part of iotlb
  for (const CauseInfo& info : kCauseTable) values[0] += values[sumOf(info.cause)] = orZero(chain.causes[info.cause]);
  return values;
}

}  // namespace descry
