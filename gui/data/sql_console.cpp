// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/sql_console.hpp"

#include <chrono>
#include <sstream>

#include "schemas/model/error.hpp"

namespace descry::gui {

namespace {

SqlValue valueAt(const Statement& row, int column) {
  switch (row.type(column)) {
    case Statement::Type::Integer:
      return row.integer(column);
    case Statement::Type::Real:
      return row.real(column);
    case Statement::Type::Text:
    case Statement::Type::Blob:
      return std::string(row.text(column));
    case Statement::Type::Null:
      break;
  }
  return std::monostate{};
}

}  // namespace

SqlResult runSql(const Database& database, const std::string& text) {
  SqlResult result;
  const auto began = std::chrono::steady_clock::now();
  try {
    Statement statement = database.prepareTyped(text, result.errorAt);
    // VACUUM INTO asks for permission only while it runs.
    if (!statement.isReadOnly()) throw Error("this console only reads: use sqlite3 to change a copy of the file");
    std::size_t bytes = 0;
    for (int column = 0; column < statement.columnCount(); ++column)
      result.columns.push_back(statement.columnName(column));
    while (statement.step()) {
      if (result.rows.size() == SqlResult::kMostRows || bytes > SqlResult::kMostBytes) {
        result.cut = true;
        break;
      }
      auto& row = result.rows.emplace_back();
      for (int column = 0; column < statement.columnCount(); ++column) {
        row.push_back(valueAt(statement, column));
        if (const auto* words = std::get_if<std::string>(&row.back())) bytes += words->size();
      }
    }
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    result.error = error.what();
  }
  result.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  return result;
}

std::vector<PublicView> publicViews() {
  std::vector<PublicView> views;
  std::istringstream lines{std::string(sql::views)};
  std::string remarks;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("CREATE VIEW ")) {
      views.push_back({line.substr(12, line.find(' ', 12) - 12), remarks, {}});
      remarks.clear();
    } else if (line.starts_with("-- ")) {
      remarks += (remarks.empty() ? "" : " ") + line.substr(3);
    } else if (line.empty()) {
      remarks.clear();
    } else if (const auto comment = line.rfind(" -- "); comment != std::string::npos && !views.empty()) {
      const auto as = line.rfind(" AS ", comment);
      if (as == std::string::npos) continue;
      std::string name = line.substr(as + 4, comment - as - 4);
      while (!name.empty() && (name.back() == ',' || name.back() == ' ')) name.pop_back();
      if (name.find(' ') == std::string::npos) views.back().columns.emplace_back(name, line.substr(comment + 4));
    }
  }
  return views;
}

}  // namespace descry::gui
