// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/finding/finding.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

template <auto kMember>
std::int64_t idOf(const Target& target) {
  return numberOf(target.*kMember);
}

constexpr std::array<std::pair<std::string_view, std::int64_t (*)(const Target&)>, 6> kParameters = {{
    {":device_id", idOf<&Target::deviceId>},
    {":guest_device_id", idOf<&Target::guestId>},
    {":host_device_id", idOf<&Target::hostId>},
    {":queue_id", idOf<&Target::queueId>},
    {":guest_queue_id", idOf<&Target::guestQueueId>},
    {":host_queue_id", idOf<&Target::hostQueueId>},
}};

void bind(Statement& statement, const Target& target) {
  for (int i = 0; i < statement.parameterCount(); ++i) {
    const std::string_view name = statement.parameterName(i);
    const auto* known = std::ranges::find(kParameters, name, [](const auto& entry) { return entry.first; });
    if (known == kParameters.end()) throw Error(fmt::format("the query of a finding has a parameter '{}'", name));
    statement.bind(i, known->second(target));
  }
}

std::vector<std::string> columnNames(const Statement& statement) {
  std::vector<std::string> names;
  for (int i = 0; i < statement.columnCount(); ++i) names.push_back(statement.columnName(i));
  return names;
}

/// SQLite writes the row as JSON itself, with the types it has there.
std::string withJson(std::string_view sql, const std::vector<std::string>& columns) {
  std::string members;
  for (const std::string& column : columns)
    members += fmt::format("{0}'{1}', \"{1}\"", members.empty() ? "" : ", ", column);
  return fmt::format("SELECT *, json_object({}) FROM ({})", members, sql);
}

Evidence::Value valueOf(const Statement& row, int column) {
  switch (row.type(column)) {
    case Statement::Type::Integer:
      return row.integer(column);
    case Statement::Type::Real:
      return row.real(column);
    case Statement::Type::Text:
      return std::string(row.text(column));
    default:
      return {};
  }
}

}  // namespace

const Evidence::Value& Evidence::at(std::string_view column) const {
  const auto found =
      std::ranges::find(m_columns, column, [](const auto& entry) { return std::string_view(entry.first); });
  if (found == m_columns.end()) throw Error(fmt::format("the evidence of a finding has no column {}", column));
  return found->second;
}

std::int64_t Evidence::integer(std::string_view column) const {
  const Value& value = at(column);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  if (const auto* real = std::get_if<double>(&value)) return static_cast<std::int64_t>(*real);
  return 0;
}

double Evidence::real(std::string_view column) const {
  const Value& value = at(column);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return 0;
}

std::string Evidence::text(std::string_view column) const {
  const auto* text = std::get_if<std::string>(&at(column));
  return text != nullptr ? *text : "";
}

EvidenceQuery::EvidenceQuery(const Database& database, std::string_view sql)
    : m_plain(database.prepare(sql)),
      m_columns(columnNames(m_plain)),
      m_row(database.prepare(withJson(sql, m_columns))) {}

std::optional<Evidence> EvidenceQuery::of(const Target& target) {
  bind(m_plain, target);
  bind(m_row, target);
  std::optional<Evidence> evidence;
  if (m_row.step()) {
    evidence.emplace();
    for (std::size_t i = 0; i < m_columns.size(); ++i)
      evidence->m_columns.emplace_back(m_columns[i], valueOf(m_row, static_cast<int>(i)));
    evidence->m_json = std::string(m_row.text(static_cast<int>(m_columns.size())));
    evidence->m_sql = m_plain.expandedSql();
  }
  m_row.reset();
  return evidence;
}

}  // namespace descry
