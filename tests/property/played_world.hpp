// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>

#include "analyzer/run/analysis.hpp"
#include "samples/simulate/simulation.hpp"
#include "schemas/store/database.hpp"

namespace descry::property {

/// A simulation together with the database that fold and analysis made of it. The file lives in memory where the
/// system has such a place, and goes with the object.
class PlayedWorld {
 public:
  explicit PlayedWorld(const simulate::Scenario& scenario);
  /// With captures that the caller has tampered with.
  explicit PlayedWorld(std::unique_ptr<simulate::Simulation> simulation);
  ~PlayedWorld();
  PlayedWorld(const PlayedWorld&) = delete;
  PlayedWorld& operator=(const PlayedWorld&) = delete;

  const simulate::Simulation& simulation() const { return *m_simulation; }
  const Database& database() const { return *m_database; }
  Database& database() { return *m_database; }
  const AnalysisOutcome& outcome() const { return m_outcome; }

 private:
  std::filesystem::path m_path;
  std::unique_ptr<simulate::Simulation> m_simulation;
  std::unique_ptr<Database> m_database;
  AnalysisOutcome m_outcome;
};

}  // namespace descry::property
