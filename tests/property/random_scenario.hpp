// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>

#include "samples/simulate/scenario.hpp"

namespace descry::property {

/// A number from low to high. Behind it is a seeded generator or RapidCheck; both prefer nothing.
using Choose = std::function<std::int64_t(std::int64_t low, std::int64_t high)>;

Choose chooseFrom(simulate::Random& random);

/// A small world of any kind: every driver, host, translation and probe behaviour, nothing lost, clocks apart.
simulate::Scenario anyScenario(const Choose& choose);

/// The same world, seen badly: late or early ends, lost ranges, single lost events, a broken file.
void damage(simulate::Scenario& scenario, const Choose& choose);

/// The same world with one clock that jumps ahead, by far more than a chain takes: less could hide between two bounds.
void addStep(simulate::Scenario& scenario, const Choose& choose, Ns at);

/// Calls `play` with the seeds of that many worlds, or only with DESCRY_PROPERTY_SEED from the environment.
void forEachSeed(std::uint64_t normal, const std::function<void(std::uint64_t seed)>& play);

/// How many worlds to play: `normal` times DESCRY_PROPERTY_WORLDS from the environment (1 if unset).
std::uint64_t worlds(std::uint64_t normal);

}  // namespace descry::property
