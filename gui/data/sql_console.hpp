// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "schemas/store/database.hpp"

namespace descry::gui {

using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string>;

/// The answer to a question in SQL, or what is wrong with it.
struct SqlResult {
  std::vector<std::string> columns;
  std::vector<std::vector<SqlValue>> rows;
  bool cut = false;  ///< there would be more than kMostRows or kMostBytes
  double milliseconds = 0;
  std::string error;
  int errorAt = -1;  ///< byte of the text, where SQLite says

  static constexpr std::size_t kMostRows = 100'000;
  static constexpr std::size_t kMostBytes = 64U << 20U;  ///< of its texts
};

/// Runs one statement that only reads. Throws nothing but Cancelled.
SqlResult runSql(const Database& database, const std::string& text);

/// A public view with its columns, from the comments of schemas/sql/views.sql.
struct PublicView {
  std::string name, purpose;
  std::vector<std::pair<std::string, std::string>> columns;  ///< name, meaning
};

std::vector<PublicView> publicViews();

}  // namespace descry::gui
