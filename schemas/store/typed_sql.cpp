// SPDX-License-Identifier: GPL-2.0-or-later
// SQL that a person typed or that stands in a file: it may read the case, and nothing else.
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "schemas/model/error.hpp"
#include "schemas/store/database.hpp"

namespace descry {

namespace {

/// Questions about the schema that change nothing, whatever their argument is.
constexpr std::array<std::string_view, 8> kDescribing = {"table_info",       "table_xinfo", "table_list",
                                                         "index_list",       "index_info",  "database_list",
                                                         "foreign_key_list", "index_xinfo"};
/// Settings that may be read. With an argument they would be set.
constexpr std::array<std::string_view, 5> kReadable = {"user_version", "application_id", "page_size", "page_count",
                                                       "schema_version"};

bool mayAsk(const char* pragma, const char* argument) {
  return std::ranges::find(kDescribing, pragma) != kDescribing.end() ||
         (argument == nullptr && std::ranges::find(kReadable, pragma) != kReadable.end());
}

/// ATTACH would open other files of the user, PRAGMA would take back what protects this one.
int allowReading(void*, int action, const char* first, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_PRAGMA:
      return mayAsk(first, second) ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

class OnlyReading {
 public:
  explicit OnlyReading(sqlite3* database) : m_database(database) {
    sqlite3_set_authorizer(database, allowReading, nullptr);
  }
  ~OnlyReading() { sqlite3_set_authorizer(m_database, nullptr, nullptr); }
  OnlyReading(const OnlyReading&) = delete;
  OnlyReading& operator=(const OnlyReading&) = delete;

 private:
  sqlite3* m_database;
};

}  // namespace

Statement Database::prepareTyped(std::string_view sqlText, int& errorAt) const {
  const OnlyReading guard(m_handle.get());
  errorAt = -1;
  const auto prepared = [&](std::string_view text, const char** tail) {
    sqlite3_stmt* handle = nullptr;
    const int result = sqlite3_prepare_v2(m_handle.get(), text.data(), static_cast<int>(text.size()), &handle, tail);
    if ((result & 0xff) == SQLITE_AUTH)
      throw Error("only SELECT from the tables and views of this file is possible here: use sqlite3 on a copy of it");
    if (result != SQLITE_OK) {
      const int offset = sqlite3_error_offset(m_handle.get());
      if (offset >= 0) errorAt = offset + static_cast<int>(text.data() - sqlText.data());
      throw Error(sqlite3_errmsg(m_handle.get()));
    }
    const bool any = handle != nullptr;
    sqlite3_finalize(handle);
    return any;
  };
  const char* tail = nullptr;
  if (!prepared(sqlText, &tail)) throw Error("there is no statement");
  const auto used = static_cast<std::size_t>(tail - sqlText.data());
  if (prepared(sqlText.substr(used), &tail)) {
    errorAt = static_cast<int>(used);
    throw Error("one statement at a time");
  }
  return {m_handle.get(), sqlText.substr(0, used)};
}

}  // namespace descry
