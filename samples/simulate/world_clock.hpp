// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "samples/simulate/scenario.hpp"

namespace descry::simulate {

/// What the clock of one side shows at a true time: start, rate error and steps.
class WorldClock {
 public:
  explicit WorldClock(const SideSpec& side) : m_side(side) {}
  Ns at(Ns trueNs) const;

 private:
  SideSpec m_side;
};

}  // namespace descry::simulate
