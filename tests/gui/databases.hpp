// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>

#include "gui/data/case.hpp"

namespace descry::gui {

inline std::filesystem::path databasePath(const std::string& name) {
  return std::filesystem::path(DESCRY_DATABASES) / (name + ".db");
}

/// A database with its case.
struct Opened {
  explicit Opened(const std::string& name)
      : database(Database::openReadOnly(databasePath(name))), all(std::make_shared<const Case>(readCase(database))) {}
  std::int64_t number(const std::string& query) const { return database.queryInteger(query).value_or(-1); }
  Database database;
  std::shared_ptr<const Case> all;
};

}  // namespace descry::gui
