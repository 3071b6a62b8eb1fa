// SPDX-License-Identifier: GPL-2.0-or-later
// The schema of a case database: made, made anew, and compared with that of a file.
#include <fmt/format.h>
#include <sqlite3.h>

#include <map>

#include "schemas/model/error.hpp"
#include "schemas/store/database.hpp"
#include "schemas/store/page_checks.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

struct Entry {
  std::string type, text;
  bool operator==(const Entry&) const = default;
};

std::map<std::string, Entry, std::less<>> entriesOf(const Database& database) {
  std::map<std::string, Entry, std::less<>> entries;
  Statement each = database.prepare("SELECT name, type, coalesce(sql, '') FROM sqlite_schema");
  while (each.step()) entries[std::string(each.text(0))] = {std::string(each.text(1)), std::string(each.text(2))};
  return entries;
}

}  // namespace

void Database::createSchema() {
  execute(sql::facts);
  execute(sql::results);
  execute(sql::views);
}

Database Database::blank() {
  Database names("names");
  names.open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY);
  return names;
}

void Database::recreateResults() {
  // The copy says which names belong to results.sql and views.sql; a user's own views are left alone.
  Database names = blank();
  names.execute(sql::results);
  names.execute(sql::views);
  auto each = names.prepare("SELECT upper(type), name FROM sqlite_schema WHERE type IN ('table', 'view')");
  while (each.step()) execute(fmt::format("DROP {} IF EXISTS {}", each.text(0), each.text(1)));
  execute(sql::results);
  execute(sql::views);
}

void Database::checkSchema(Missing missing) const {
  // What is in the schema must neither reach functions with effects nor be rewritten.
  sqlite3_db_config(m_handle.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(m_handle.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // A trigger whose row in the schema says that it is something else runs all the same.
  sqlite3_db_config(m_handle.get(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_limit(m_handle.get(), SQLITE_LIMIT_LENGTH, kMostValueBytes);
  static const auto ours = [] {
    Database names = blank();
    names.createSchema();
    return entriesOf(names);
  }();
  const auto refuse = [&](std::string_view what) {
    throw Error(
        fmt::format("{}: {}, so the file was changed by another program; import the traces again with descry import "
                    "... -o FILE",
                    m_path.string(), what));
  };
  const auto found = entriesOf(*this);
  // Another program has written to the file: then at least its pages have to fit together.
  if (!hasChecksums(m_handle.get()) && queryText("PRAGMA quick_check(1)") != "ok")
    throw Error(fmt::format("{}: the file is damaged; import the traces again with descry import", m_path.string()));
  for (const auto& [name, entry] : found)
    if (entry.type != "table" && entry.type != "view" && entry.type != "index") refuse("it has a trigger");
  for (const auto& [name, entry] : ours) {
    const auto there = found.find(name);
    if (there != found.end() && there->second != entry)
      refuse(fmt::format("its {} {} is not as descry makes it", entry.type, name));
    if (there == found.end() && missing == Missing::Refused)
      throw Error(fmt::format("{}: it has no {} {}; run descry analyze {}", m_path.string(), entry.type, name,
                              shellWord(m_path.string())));
  }
}

}  // namespace descry
