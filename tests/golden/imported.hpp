// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/store/database.hpp"

namespace descry::golden {

/// One pair of halves as our database has it: times are raw, that is of each trace's own clock.
struct Pair {
  std::int64_t added = 0;    ///< Q of the guest half
  std::int64_t fetched = 0;  ///< f of the host half
  std::string guestQueue;    ///< "device:queue" with the number of virtioN
  std::string hostQueue;     ///< "address:queue", or the queue alone for vhost
};

/// A database made by the program that users run, in a process of its own.
class Imported {
 public:
  /// Runs `import ARGUMENTS -o NAME.db`; the arguments are shell text. Throws when no database came out of it.
  Imported(const std::string& name, const std::string& arguments);

  int exitCode() const { return m_exitCode; }
  const std::string& messages() const { return m_messages; }
  const Database& database() const { return *m_database; }

  std::int64_t integer(const std::string& sql) const;
  std::vector<std::int64_t> column(const std::string& sql) const;
  std::vector<std::vector<std::int64_t>> rows(const std::string& sql) const;
  /// First column of the first row as text; "NULL" if there is none.
  std::string text(const std::string& sql) const;
  std::vector<Pair> pairs() const;

 private:
  int m_exitCode = -1;
  std::string m_messages;
  std::optional<Database> m_database;
};

}  // namespace descry::golden
