// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <vector>

#include "analyzer/pair/device_mapping.hpp"
#include "schemas/store/database.hpp"

namespace descry {

struct AnalysisOptions {
  std::vector<DeviceMapping> map;
  /// Called now and then with the share done (0..1); throws Cancelled to stop.
  std::function<void(double)> progress;
};

/// What the caller has to know to choose an exit code.
struct AnalysisOutcome {
  std::int64_t chains = 0;
  bool damaged = false;  ///< loss, anomalies of severity warning or error, or unpaired halves that matter
  bool stuck = false;    ///< requests do not come back
};

/// Pairs, synchronises, attributes and aggregates: reads the facts of `database`, replaces its results. The database
/// must be open for writing; transactions are the caller's.
AnalysisOutcome analyze(Database& database, const AnalysisOptions& options);

/// What the last analysis judged (AnalysisOutcome::damaged); without one, what the facts alone say.
bool isDamaged(const Database& database);

/// The last analysis found that requests do not come back, or do not get into the ring (AnalysisOutcome::stuck).
bool isStuck(const Database& database);

}  // namespace descry
