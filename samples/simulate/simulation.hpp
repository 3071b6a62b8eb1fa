// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/facts/device_facts.hpp"
#include "samples/simulate/capture.hpp"
#include "samples/simulate/scenario.hpp"
#include "samples/simulate/truth.hpp"

namespace descry::simulate {

/// A scenario that was played: what really happened, and what the two tracers have of it.
struct Simulation {
  explicit Simulation(const Scenario& itsScenario);

  /// True when every point of this chain that has an event was recorded and nothing at all was lost, so that an
  /// analysis has to find its exact causes.
  bool fullyRecorded(const ChainTruth& chain) const;
  /// The chain's causes as the two clocks measure them: guest spans on the guest's clock, host spans on the host's, put
  /// together at the fetch. With clocks that run true this is causesOf().
  CauseTruth measuredCauses(const ChainTruth& chain) const;
  const Capture& sideOf(Point point) const { return onGuestClock(point) ? guest : host; }

  Scenario scenario;
  Truth truth;
  Capture guest, host;

 private:
  struct Played;
  Simulation(const Scenario& itsScenario, Played played);
};

/// What somebody who looked at the simulated machine would write into a facts file.
MachineFacts machineFacts(const Scenario& scenario);

}  // namespace descry::simulate
