// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/store/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "schemas/model/error.hpp"
#include "schemas/store/page_checks.hpp"
#include "schemas/system/output_file.hpp"

namespace descry {

namespace {

std::string freeSpaceHint(const std::filesystem::path& path) {
  std::error_code error;
  const auto space = std::filesystem::space(std::filesystem::absolute(path).parent_path(), error);
  if (error) return "";
  return fmt::format(" ({} MiB are free there)", space.available >> 20);
}

/// What SQLite's result means for the user: the file, SQLite's own words, and what to do where that is known.
std::string describe(sqlite3* handle, const std::filesystem::path& file, std::string_view doing) {
  const std::filesystem::path path = OutputFile::targetOf(file);
  const int code = sqlite3_extended_errcode(handle);
  const std::string said = fmt::format("{}: {}: {}", path.string(), doing, sqlite3_errmsg(handle));
  switch (code & 0xff) {
    case SQLITE_FULL:
      return fmt::format("{}: disk full{}; free some space or write somewhere else with -o", path.string(),
                         freeSpaceHint(path));
    case SQLITE_BUSY:
      return said + "; another program is using the file: wait for it or stop it";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return said + "; the file is damaged: import the traces again with descry import";
    case SQLITE_READONLY:
      if (code == SQLITE_READONLY_ROLLBACK)
        return fmt::format("{}: an analysis of it was interrupted; run descry analyze {} once to repair it",
                           path.string(), path.string());
      return said + "; the file or its directory is write-protected";
    case SQLITE_ERROR:
      // Views only grow: one that is missing is younger than the analysis of this file.
      if (std::string_view(sqlite3_errmsg(handle)).starts_with("no such "))
        return fmt::format("{}; if an earlier version of descry analysed this file, run descry analyze {}", said,
                           path.string());
      return said;
    case SQLITE_TOOBIG:
      return fmt::format("{}: a value is larger than {} KiB, and descry writes none that is", path.string(),
                         kMostValueBytes / 1024);
    case SQLITE_CONSTRAINT:
      return said + "; what is in the file cannot be: import the traces again with descry import";
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_DATA)
        return fmt::format("{}: a page of it has changed on the disk: import the traces again with descry import",
                           path.string());
      return fmt::format("{} ({})", said, std::strerror(sqlite3_system_errno(handle)));
    default:
      return said;
  }
}

std::filesystem::path pathOf(sqlite3* handle) {
  const char* name = sqlite3_db_filename(handle, "main");
  return name ? name : "";
}

[[noreturn]] void fail(sqlite3* handle, std::string_view doing) {
  throw Error(describe(handle, pathOf(handle), doing));
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kShown = 80;
  return text.size() <= kShown ? std::string(text) : fmt::format("{}...", text.substr(0, kShown));
}

std::string asUri(const std::filesystem::path& path, std::string_view mode) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '?' || c == '#' || c == '%')
      uri += fmt::format("%{:02x}", c);
    else
      uri += c;
  }
  return uri + "?mode=" + std::string(mode);
}

std::uint32_t bigEndian(const std::string& header, std::size_t at, std::size_t bytes = 4) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(header[at + i]);
  return value;
}

constexpr std::size_t kHeaderBytes = 100;
constexpr std::string_view kAgain = "import the traces again with descry import ... -o FILE";

/// The first 100 bytes, whose layout SQLite promises to keep (sqlite.org/fileformat2.html).
std::string readHeader(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status) && (!error || error == std::errc::no_such_file_or_directory))
    throw Error(fmt::format("{}: no such file; make it with descry import ... -o {}", path.string(), path.string()));
  if (std::filesystem::is_directory(status))
    throw Error(fmt::format("{}: is a directory, not a case database; to read a trace directory use descry import {}",
                            path.string(), path.string()));
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(fmt::format("{}: cannot open: {}", path.string(), std::strerror(errno)));
  std::string header(kHeaderBytes, '\0');
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  header.resize(static_cast<std::size_t>(file.gcount()));
  return header;
}

/// Checked before SQLite sees the file, so that a foreign file gets a clear answer and stays untouched.
void checkIdentity(const std::filesystem::path& path) {
  const std::string header = readHeader(path);
  if (header.empty()) throw Error(fmt::format("{}: the file is empty; {}", path.string(), kAgain));
  if (header.size() < kHeaderBytes || std::memcmp(header.data(), "SQLite format 3", 16) != 0)
    throw Error(
        fmt::format("{}: is not a case database (no SQLite file); give a file made by descry import", path.string()));
  if (bigEndian(header, 68) != static_cast<std::uint32_t>(kApplicationId))
    throw Error(
        fmt::format("{}: is an SQLite database of another program; give a file made by descry import", path.string()));
  if (const auto version = bigEndian(header, 60); version != static_cast<std::uint32_t>(kSchemaVersion))
    throw Error(
        fmt::format("{}: has schema version {}, this descry reads version {}; the file is only a cache of the "
                    "traces: {}",
                    path.string(), version, kSchemaVersion, kAgain));
  const std::uint32_t pageBytes = bigEndian(header, 16, 2);
  const std::uint64_t bytes = std::uint64_t{pageBytes == 1 ? 65536 : pageBytes} * bigEndian(header, 28);
  if (const auto size = std::filesystem::file_size(path); size < bytes)
    throw Error(fmt::format("{}: is cut short ({} of {} bytes); {}", path.string(), size, bytes, kAgain));
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view text) : m_database(database) {
  if (sqlite3_prepare_v3(database, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT, &m_statement,
                         nullptr) != SQLITE_OK)
    fail(database, "cannot prepare \"" + shortened(text) + "\"");
  m_hasValue.assign(static_cast<std::size_t>(sqlite3_bind_parameter_count(m_statement)), 0);
}

Statement::~Statement() {
  sqlite3_finalize(m_statement);
}

Statement::Statement(Statement&& other) noexcept
    : m_database(other.m_database),
      m_statement(std::exchange(other.m_statement, nullptr)),
      m_hasValue(std::move(other.m_hasValue)) {}

/// Whether the parameter had a value before. One that does not exist has its error from SQLite.
bool Statement::noteValue(int parameter, char hasValue) {
  const auto index = static_cast<std::size_t>(parameter);
  return index >= m_hasValue.size() || std::exchange(m_hasValue[index], hasValue) != 0;
}

void Statement::bind(int parameter, std::int64_t value) {
  noteValue(parameter, 1);
  if (sqlite3_bind_int64(m_statement, parameter + 1, value) != SQLITE_OK) fail(m_database, "cannot bind an integer");
}

void Statement::bind(int parameter, const ChainId& id) {
  bind(parameter, id.queueId);
  bind(parameter + 1, id.epoch);
  bind(parameter + 2, id.position);
}

void Statement::bind(int parameter, double value) {
  noteValue(parameter, 1);
  if (sqlite3_bind_double(m_statement, parameter + 1, value) != SQLITE_OK) fail(m_database, "cannot bind a number");
}

void Statement::bind(int parameter, std::string_view value) {
  noteValue(parameter, 1);
  // An empty view may have no address, which SQLite would take for NULL.
  if (sqlite3_bind_text(m_statement, parameter + 1, value.empty() ? "" : value.data(), static_cast<int>(value.size()),
                        SQLITE_TRANSIENT) != SQLITE_OK)
    fail(m_database, "cannot bind a text");
}

void Statement::bindNull(int parameter) {
  if (!noteValue(parameter, 0)) return;
  if (sqlite3_bind_null(m_statement, parameter + 1) != SQLITE_OK) fail(m_database, "cannot bind NULL");
}

int Statement::parameterCount() const {
  return sqlite3_bind_parameter_count(m_statement);
}

std::string_view Statement::parameterName(int parameter) const {
  const char* name = sqlite3_bind_parameter_name(m_statement, parameter + 1);
  return name ? name : "";
}

std::string Statement::expandedSql() const {
  const std::unique_ptr<char, decltype(&sqlite3_free)> text(sqlite3_expanded_sql(m_statement), &sqlite3_free);
  if (!text) fail(m_database, "no memory for the text of a statement");
  return text.get();
}

std::int64_t Statement::machineSteps() const {
  return sqlite3_stmt_status(m_statement, SQLITE_STMTSTATUS_VM_STEP, 0);
}

bool Statement::step() {
  const int result = sqlite3_step(m_statement);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  if ((result & 0xff) == SQLITE_INTERRUPT) {
    sqlite3_reset(m_statement);
    throw Cancelled();
  }
  const std::string message =
      describe(m_database, pathOf(m_database), "\"" + shortened(sqlite3_sql(m_statement)) + "\" failed");
  sqlite3_reset(m_statement);
  throw Error(message);
}

// The result repeats the error that step() has already reported.
void Statement::reset() {
  sqlite3_reset(m_statement);
}

int Statement::columnCount() const {
  return sqlite3_column_count(m_statement);
}

std::string Statement::columnName(int column) const {
  return sqlite3_column_name(m_statement, column);
}

bool Statement::isReadOnly() const {
  return sqlite3_stmt_readonly(m_statement) != 0;
}

Statement::Type Statement::type(int column) const {
  switch (sqlite3_column_type(m_statement, column)) {
    case SQLITE_INTEGER:
      return Type::Integer;
    case SQLITE_FLOAT:
      return Type::Real;
    case SQLITE_TEXT:
      return Type::Text;
    case SQLITE_BLOB:
      return Type::Blob;
    default:
      return Type::Null;
  }
}

bool Statement::isNull(int column) const {
  return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(m_statement, column);
}

std::int64_t Statement::integerOr(int column, std::int64_t ifNull) const {
  // One look-up of the column for both questions: this is asked of every number of every half.
  sqlite3_value* const value = sqlite3_column_value(m_statement, column);
  return sqlite3_value_type(value) == SQLITE_NULL ? ifNull : sqlite3_value_int64(value);
}

double Statement::real(int column) const {
  return sqlite3_column_double(m_statement, column);
}

std::string_view Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(m_statement, column);
  if (!text) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column))};
}

void Database::Closer::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

void Database::open(int flags) {
  const std::string_view mode = (flags & SQLITE_OPEN_MEMORY)     ? "memory"
                                : (flags & SQLITE_OPEN_READONLY) ? "ro"
                                : (flags & SQLITE_OPEN_CREATE)   ? "rwc"
                                                                 : "rw";
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(asUri(m_path, mode).c_str(), &handle,
                                     flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                     (flags & SQLITE_OPEN_MEMORY) ? nullptr : checkedVfs());
  m_handle.reset(handle);
  if (result != SQLITE_OK) throw Error(describe(handle, m_path, "cannot open"));
  sqlite3_busy_timeout(handle, 2000);
}

bool Database::isCase(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string header(kHeaderBytes, '\0');
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  return file && header.starts_with("SQLite format 3") &&
         bigEndian(header, 68) == static_cast<std::uint32_t>(kApplicationId);
}

Database Database::openReadOnly(const std::filesystem::path& path) {
  checkIdentity(path);
  Database database(path);
  database.open(SQLITE_OPEN_READONLY);
  database.checkSchema(Missing::Refused);
  database.execute("PRAGMA cache_size = -65536; PRAGMA query_only = 1");
  return database;
}

Database Database::openForAnalysis(const std::filesystem::path& path) {
  checkIdentity(path);
  Database database(path);
  database.open(SQLITE_OPEN_READWRITE);
  database.checkSchema(Missing::Allowed);  // the results are made anew
  if (sqlite3_db_readonly(database.m_handle.get(), "main") == 1)
    throw Error(
        fmt::format("{}: no permission to write the results into it; change that or copy the file", path.string()));
  // A distribution may turn secure_delete on: dropping the old results would then write them all once more.
  database.execute(
      "PRAGMA secure_delete = OFF; PRAGMA journal_mode = DELETE; PRAGMA cache_size = -65536;"
      "PRAGMA temp_store = FILE; PRAGMA foreign_keys = OFF");
  database.begin();
  return database;
}

Database Database::create(const std::filesystem::path& path) {
  std::error_code ignored;
  if (const auto size = std::filesystem::file_size(path, ignored); !ignored && size > 0)
    throw Error(fmt::format("{}: exists already; a new database needs a free name", path.string()));
  Database database(path);
  database.open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  giveChecksums(database.m_handle.get());
  database.execute(
      "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
      "PRAGMA cache_size = -65536; PRAGMA temp_store = FILE; PRAGMA foreign_keys = OFF");
  database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kSchemaVersion));
  database.begin();
  database.createSchema();
  return database;
}

void Database::begin() {
  if (sqlite3_get_autocommit(m_handle.get())) execute("BEGIN IMMEDIATE");
}

void Database::commit() {
  // The limit keeps the planner's statistics cheap however many rows there are.
  if (!sqlite3_get_autocommit(m_handle.get())) execute("PRAGMA analysis_limit = 400; ANALYZE; COMMIT");
}

void Database::execute(std::string_view sqlText) {
  char* said = nullptr;
  const int result = sqlite3_exec(m_handle.get(), std::string(sqlText).c_str(), nullptr, nullptr, &said);
  sqlite3_free(said);
  if (result != SQLITE_OK) fail(m_handle.get(), "\"" + shortened(sqlText) + "\" failed");
}

Statement Database::prepare(std::string_view sqlText) const {
  return {m_handle.get(), sqlText};
}

void Database::stopWhen(std::function<bool()> stop) {
  constexpr int kSteps = 4000;
  m_stop = std::make_unique<std::function<bool()>>(std::move(stop));
  sqlite3_progress_handler(
      m_handle.get(), kSteps, [](void* function) { return (*static_cast<std::function<bool()>*>(function))() ? 1 : 0; },
      m_stop.get());
}

void Database::limitCache(std::int64_t bytes) {
  execute(fmt::format("PRAGMA cache_size = -{}", bytes / 1024));
}

std::optional<std::int64_t> Database::queryInteger(std::string_view sqlText) const {
  Statement statement = prepare(sqlText);
  if (!statement.step() || statement.isNull(0)) return std::nullopt;
  return statement.integer(0);
}

std::optional<std::string> Database::queryText(std::string_view sqlText) const {
  Statement statement = prepare(sqlText);
  if (!statement.step() || statement.isNull(0)) return std::nullopt;
  return std::string(statement.text(0));
}

}  // namespace descry
