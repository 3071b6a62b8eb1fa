// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "collector/event/source.hpp"
#include "collector/fold/fold.hpp"
#include "samples/simulate/record.hpp"
#include "samples/simulate/scenario.hpp"
#include "samples/simulate/world_clock.hpp"

namespace descry::simulate {

/// What the tracer of one side really wrote: on that side's clock, without what it lost.
struct Capture {
  Side side = Side::Guest;
  WorldClock clock;
  std::vector<Event> events;      ///< on the side's own clock, in order
  std::vector<LossRange> losses;  ///< what the tracer admits, on the same clock
  std::vector<Ns> others;         ///< times of events that have to do with no ring
  std::vector<bool> kept;         ///< by EventId of the side's record
  bool sees(EventId id) const { return id != kNoEvent && kept[static_cast<std::size_t>(id)]; }
  bool complete() const { return m_complete; }

  Capture(Side whichSide, const Record& record, const SideSpec& spec, std::uint64_t seed);

 private:
  bool m_complete = true;
};

}  // namespace descry::simulate
