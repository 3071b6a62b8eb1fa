// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/world_clock.hpp"

namespace descry::simulate {

namespace {
__extension__ using Wide = __int128;
constexpr std::int64_t kPerBillion = 1'000'000'000;
}  // namespace

Ns WorldClock::at(Ns trueNs) const {
  Wide gained = static_cast<Wide>(trueNs) * m_side.driftPpb;
  // Round down, also below zero, so that the clock never goes back by rounding.
  gained = gained >= 0 ? gained / kPerBillion : -((-gained + kPerBillion - 1) / kPerBillion);
  Ns shown = m_side.clockStart + trueNs + static_cast<Ns>(gained);
  for (const Step& step : m_side.steps)
    if (trueNs >= step.at) shown += step.ahead;
  return shown;
}

}  // namespace descry::simulate
