// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "tests/property/failure_list.hpp"
#include "tests/property/played_world.hpp"

namespace descry::property {

/// Also after losses: total = sum of causes, nothing negative, points of one clock in order, guest times as they were.
Failures checkRows(const PlayedWorld& world);
/// Whatever was lost: no half that did not exist, no pair of two different chains. `pairs` counts the right ones.
Failures checkPairs(const PlayedWorld& world, std::int64_t* pairs = nullptr);
/// At every paired chain the true offset of the clocks lies within estimate and error.
Failures checkClock(const PlayedWorld& world);
/// Where nothing stops and no notification gets lost, no chain is stuck, whatever was lost of the traces.
Failures checkNothingStuck(const PlayedWorld& world);
/// Nothing lost: every chain is there, paired where both sides served it, with its exact points and causes.
Failures checkTruth(const PlayedWorld& world);

/// All of it that must hold for a world without loss.
Failures checkClean(const PlayedWorld& world);
/// All of it that must hold for any world.
Failures checkAny(const PlayedWorld& world);

std::string join(const Failures& failures);

}  // namespace descry::property
