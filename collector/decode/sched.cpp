// SPDX-License-Identifier: GPL-2.0-or-later
// Who runs: scheduler tracepoints of either side.
#include "collector/decode/decoders.hpp"

namespace descry {

namespace {

std::optional<Implausible> check(Event& event) {
  constexpr std::uint64_t kMaxThread = 1U << 30U;  // far above PID_MAX_LIMIT, below every negative number
  return above(event, kMaxThread, Field::Previous, Field::Next);
}

}  // namespace

EventFamily schedEvents() {
  using enum Field;
  return {{{EventKind::SchedSwitch, "SchedSwitch", fieldBits(Previous, Next), 0},
           {EventKind::SchedWakeup, "SchedWakeup", fieldBits(Next), 0}},
          check};
}

}  // namespace descry
