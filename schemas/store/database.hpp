// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/model/ids.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace descry {

/// Version of the tables in schemas/sql/*.sql. A file of another version is not converted: it is a cache of the traces.
inline constexpr int kSchemaVersion = 12;
/// "Dscr" in the SQLite header, so that file(1) and we can tell a case database from any other.
inline constexpr int kApplicationId = 0x44736372;

/// Larger values of an existing file are refused: no value of ours is a hundredth of it, and one of 200 MB would keep a
/// report busy for minutes.
inline constexpr int kMostValueBytes = 1 << 20;

namespace sql {
/// The text of schemas/sql/*.sql, compiled in.
extern const std::string_view facts;
extern const std::string_view results;
extern const std::string_view views;
/// schemas/sql/aliases.txt: how traces name the points (collector/decode reads it).
extern const std::string_view aliases;
/// The query of a finding: schemas/sql/findings/<rule>.sql on one line, without comments. Empty: that rule has none.
std::string_view finding(std::string_view rule);
}  // namespace sql

/// A prepared statement. Parameters and columns count from 0. Belongs to one Database and its thread.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view text);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  void bind(int parameter, std::int64_t value);
  void bind(int parameter, QueueId id) { bind(parameter, numberOf(id)); }
  void bind(int parameter, DeviceId id) { bind(parameter, numberOf(id)); }
  /// Three parameters, or columns, from this one on: queue_id, epoch, position.
  void bind(int parameter, const ChainId& id);
  void bind(int parameter, double value);
  void bind(int parameter, std::string_view value);
  void bindNull(int parameter);
  int parameterCount() const;
  /// ":device_id"; empty for one without a name.
  std::string_view parameterName(int parameter) const;
  /// The text with the values that are bound now in place of the parameters: it runs anywhere.
  std::string expandedSql() const;
  /// Steps of SQLite's machine that it has taken so far: what it costs, independent of the computer.
  std::int64_t machineSteps() const;
  /// True while there is a row. Throws Cancelled when Database::stopWhen says so.
  bool step();
  void reset();

  /// False for anything that could change the file.
  bool isReadOnly() const;
  int columnCount() const;
  std::string columnName(int column) const;
  /// What SQLite holds in this column of this row.
  enum class Type { Null, Integer, Real, Text, Blob };
  Type type(int column) const;
  bool isNull(int column) const;
  std::int64_t integer(int column) const;
  std::int64_t integerOr(int column, std::int64_t ifNull) const;
  QueueId queueId(int column) const { return QueueId{integer(column)}; }
  DeviceId deviceId(int column) const { return DeviceId{integer(column)}; }
  ChainId chainId(int column) const { return {queueId(column), integer(column + 1), integer(column + 2)}; }
  double real(int column) const;
  /// Valid until the next step().
  std::string_view text(int column) const;

 private:
  bool noteValue(int parameter, char hasValue);

  sqlite3* m_database;
  sqlite3_stmt* m_statement = nullptr;
  std::vector<char> m_hasValue;  ///< parameters that are not NULL: most NULLs follow a NULL and need no call
};

/// One SQLite connection; one thread at a time. The only owner of sqlite3* in the project together with Statement.
/// Every failure is an Error that names the file and says what SQLite said.
class Database {
 public:
  /// True for a case database of any version.
  static bool isCase(const std::filesystem::path& path);
  /// Opens a finished case database to read; checks application_id and version first. Creates no file beside it.
  static Database openReadOnly(const std::filesystem::path& path);
  /// Opens a finished case database to replace its results. A write transaction is open on return and ends with
  /// commit(); without it (an error, a crash) the old results stay.
  static Database openForAnalysis(const std::filesystem::path& path);
  /// Creates an empty database with all tables and views for bulk loading (no journal: an error means throw it away).
  /// A write transaction is open on return and ends with commit().
  static Database create(const std::filesystem::path& path);

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// Starts a write transaction unless one is open.
  void begin();
  /// Renews the planner's statistics and ends the write transaction if one is open; what was written is then visible
  /// to other connections.
  void commit();
  /// Drops the tables of results.sql and all of views.sql and makes them anew, empty. Needs a write transaction.
  void recreateResults();

  /// Runs one or more statements and ignores their rows.
  void execute(std::string_view sqlText);
  Statement prepare(std::string_view sqlText) const;
  /// For text that people typed or that a file holds: prepares its only statement, which can do nothing but read this
  /// file. Throws an Error with SQLite's words when it is none, when another one follows, or when it is wrong;
  /// `errorAt` is then the byte it is about, or -1.
  Statement prepareTyped(std::string_view sqlText, int& errorAt) const;
  /// From now on `stop` is asked every few thousand steps of SQLite's machine, on the thread that runs a statement;
  /// when it returns true, that statement's step() throws Cancelled.
  void stopWhen(std::function<bool()> stop);
  /// Memory for pages of the file; 64 MiB unless told.
  void limitCache(std::int64_t bytes);
  /// First column of the first row; nothing if there is no row or it is NULL.
  std::optional<std::int64_t> queryInteger(std::string_view sqlText) const;
  std::optional<std::string> queryText(std::string_view sqlText) const;
  const std::filesystem::path& path() const { return m_path; }

 private:
  explicit Database(std::filesystem::path path) : m_path(std::move(path)) {}
  void open(int flags);
  /// An empty database in memory.
  static Database blank();
  void createSchema();
  /// For a file that may come from anywhere: throws an Error for a table or view that is not as we make it, and for a
  /// trigger, because reading them would run what somebody else wrote. A user's own views and tables may be there.
  enum class Missing { Refused, Allowed };
  void checkSchema(Missing missing) const;

  struct Closer {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::filesystem::path m_path;
  std::unique_ptr<std::function<bool()>> m_stop;
  std::unique_ptr<sqlite3, Closer> m_handle;
};

}  // namespace descry
