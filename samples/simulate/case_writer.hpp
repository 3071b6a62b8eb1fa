// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>

#include "analyzer/run/analysis.hpp"
#include "collector/facts/fact_store.hpp"
#include "samples/simulate/simulation.hpp"

namespace descry::simulate {

/// Puts the two captures through the folds into `store`, as an import does with real traces.
void importSimulation(FactStore& store, const Simulation& simulation);

/// Facts and results of a simulation as a case database at `path`. Throws Error.
AnalysisOutcome writeCase(const std::filesystem::path& path, const Simulation& simulation);

/// The truth as JSON.
void writeTruth(const std::filesystem::path& path, const Simulation& simulation);

/// `guest/trace.txt` and, when the host is vhost, `host/trace.txt` as plain ftrace text, with a case.json.
void writeTraces(const std::filesystem::path& folder, const Simulation& simulation);

}  // namespace descry::simulate
