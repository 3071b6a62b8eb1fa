// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/property/played_world.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "samples/simulate/case_writer.hpp"

namespace descry::property {

namespace {

std::filesystem::path freshPath() {
  static int number = 0;
  const std::filesystem::path memory = "/dev/shm";
  const bool usable = access(memory.c_str(), W_OK) == 0;
  return (usable ? memory : std::filesystem::temp_directory_path()) /
         fmt::format("descry-property-{}-{}.db", getpid(), number++);
}

}  // namespace

PlayedWorld::PlayedWorld(const simulate::Scenario& scenario)
    : PlayedWorld(std::make_unique<simulate::Simulation>(scenario)) {}

PlayedWorld::PlayedWorld(std::unique_ptr<simulate::Simulation> simulation)
    : m_path(freshPath()),
      m_simulation(std::move(simulation)),
      m_database(std::make_unique<Database>(Database::create(m_path))) {
  {
    FactStore store(*m_database);
    simulate::importSimulation(store, *m_simulation);
  }
  m_database->commit();
  m_database->begin();
  m_outcome = analyze(*m_database, {});
  m_database->commit();
}

PlayedWorld::~PlayedWorld() {
  m_database.reset();
  std::error_code ignored;
  std::filesystem::remove(m_path, ignored);
}

}  // namespace descry::property
