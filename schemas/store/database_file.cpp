// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/store/database_file.hpp"

#include <fmt/format.h>

#include <system_error>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

OutputRules completed(OutputRules rules) {
  if (!rules.isOurs) rules.isOurs = Database::isCase;
  return rules;
}

}  // namespace

DatabaseFile::DatabaseFile(std::filesystem::path path, OutputRules rules) {
  // SQLite seeks in its file: what a report can be written through to is refused here.
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
      !std::filesystem::is_directory(status))
    throw Error(fmt::format("{}: is not a regular file; the database needs one", path.string()));
  m_file = std::make_unique<OutputFile>(std::move(path), completed(std::move(rules)), OutputFile::Writers::One);
  m_database = Database::create(m_file->partPath());
}

DatabaseFile::DatabaseFile(DatabaseFile&&) noexcept = default;

// The connection goes before the file is removed.
DatabaseFile::~DatabaseFile() {
  m_database.reset();
}

void DatabaseFile::commit() {
  m_database->begin();
  m_database->commit();
  m_database.reset();
  m_file->commit();
  m_file.reset();
}

}  // namespace descry
