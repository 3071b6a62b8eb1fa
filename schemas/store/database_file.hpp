// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "schemas/store/database.hpp"
#include "schemas/system/output_file.hpp"

namespace descry {

/// Writes a database into an OutputFile; until commit() an older file at `path` stays as it is. Two writers of one path
/// exclude each other.
class DatabaseFile {
 public:
  /// `rules` need not say what is ours: a case database is.
  explicit DatabaseFile(std::filesystem::path path, OutputRules rules = {});
  DatabaseFile(DatabaseFile&&) noexcept;
  ~DatabaseFile();

  Database& database() { return *m_database; }
  /// Ends the transaction, closes, syncs and renames; the database is gone then. Every TableWriter must have been
  /// flushed. Throws and leaves the old file when the disk is full.
  void commit();
  /// Where the unfinished file is: a second connection can read it while no transaction is open (Database::commit).
  const std::filesystem::path& partPath() const { return m_file->partPath(); }

 private:
  std::unique_ptr<OutputFile> m_file;  ///< null: moved from or committed
  std::optional<Database> m_database;
};

}  // namespace descry
