// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

/// A parameter keeps its value from one row to the next: most numbers of a row are those of the row before, or were not
/// seen, as at first. Comparing costs a tenth of binding. `bound` is what the parameter has.
void bindValue(Statement& statement, int parameter, std::int64_t value, std::int64_t& bound) {
  if (value == bound) return;
  bound = value;
  if (value == kUnseen)
    statement.bindNull(parameter);
  else
    statement.bind(parameter, value);
}
void bindValue(Statement& statement, int parameter, QueueId value, std::int64_t& bound) {
  bindValue(statement, parameter, numberOf(value), bound);
}
void bindValue(Statement& statement, int parameter, DeviceId value, std::int64_t& bound) {
  bindValue(statement, parameter, numberOf(value), bound);
}
void bindValue(Statement& statement, int parameter, const std::string& value, std::int64_t&) {
  statement.bind(parameter, std::string_view(value));
}
void bindValue(Statement& statement, int parameter, const OptionalText& value, std::int64_t&) {
  if (value)
    statement.bind(parameter, std::string_view(*value));
  else
    statement.bindNull(parameter);
}

/// "INSERT INTO t VALUES (?,?),(?,?)..." for `rows` rows.
std::string insertText(const char* table, std::size_t columns, std::size_t rows) {
  std::string row = "(?";
  for (std::size_t column = 1; column < columns; ++column) row += ",?";
  row += ')';
  std::string text = fmt::format("INSERT INTO {} VALUES {}", table, row);
  for (std::size_t i = 1; i < rows; ++i) text += "," + row;
  return text;
}

template <typename Key, typename Tuple, std::size_t... I>
Key keyOf(const Tuple& columns, std::index_sequence<I...>) {
  return Key(static_cast<std::tuple_element_t<I, Key>>(std::get<I>(columns))...);
}

// By key alone, so that tables with the same types in their key share it.
template <typename Key>
void sortByKey(std::vector<detail::BatchEntry<Key>>& entries) {
  const auto before = [](const auto& a, const auto& b) { return a.key < b.key; };
  if (!std::is_sorted(entries.begin(), entries.end(), before)) std::sort(entries.begin(), entries.end(), before);
}

// SQLite leaves pages of a clustered table 7/8 full when rows come in the order of their keys: each time it adds a page
// it evens out the last three. So one row in nine comes after the others and fills that room: 12 % unused becomes 3 to
// 6 %, with fewer pages to even out.
constexpr std::size_t kLateEvery = 9;
constexpr std::size_t kFewRows = 1024;  ///< within a few pages there is nothing to gain

template <typename Entry>
void putSomeLast(std::vector<Entry>& sorted, std::vector<Entry>& late) {
  if (sorted.size() < kFewRows) return;
  late.clear();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i % kLateEvery == kLateEvery - 1)
      late.push_back(sorted[i]);
    else
      sorted[kept++] = sorted[i];
  }
  std::copy(late.begin(), late.end(), sorted.begin() + static_cast<std::ptrdiff_t>(kept));
}

}  // namespace

template <typename Row>
TableWriter<Row>::TableWriter(Database& database)
    : m_many(insertOf(database, kRowsPerInsert)), m_one(insertOf(database, 1)) {}

template <typename Row>
typename TableWriter<Row>::Insert TableWriter<Row>::insertOf(Database& database, std::size_t rows) {
  constexpr std::size_t columns = std::tuple_size_v<detail::Columns<Row>>;
  return {database.prepare(insertText(Row::table, columns, rows)), std::vector<std::int64_t>(columns * rows, kUnseen)};
}

template <typename Row>
void TableWriter<Row>::flush() {
  if (m_rows.empty()) return;
  if (m_writer == nullptr) {
    write(m_rows);
    m_rows.clear();
    return;
  }
  auto rows = std::make_shared<std::vector<Row>>(std::move(m_rows));
  m_rows = {};
  m_rows.reserve(kBatch);
  m_writer->post([this, rows] { write(*rows); });
}

template <typename Row>
void TableWriter<Row>::write(std::vector<Row>& rows) {
  // Copies of the keys are sorted and not the rows: a row is 80 to 300 bytes.
  using Key = detail::Key<Row>;
  m_order.clear();
  for (std::size_t i = 0; i < rows.size(); ++i)
    m_order.push_back({keyOf<Key>(rows[i].columns(), std::make_index_sequence<Row::keyColumns>{}), i});
  sortByKey(m_order);
  putSomeLast(m_order, m_late);
  std::size_t next = 0;
  for (; next + kRowsPerInsert <= rows.size(); next += kRowsPerInsert) insert(m_many, rows, next, kRowsPerInsert);
  for (; next < rows.size(); ++next) insert(m_one, rows, next, 1);
}

template <typename Row>
void TableWriter<Row>::insert(Insert& into, std::vector<Row>& rows, std::size_t first, std::size_t count) {
  std::size_t parameter = 0;
  const auto bind = [&](auto& value) {
    bindValue(into.statement, static_cast<int>(parameter), value, into.bound[parameter]);
    ++parameter;
  };
  for (std::size_t i = first; i < first + count; ++i)
    std::apply([&](auto&... value) { (bind(value), ...); }, rows[m_order[i].row].columns());
  into.statement.step();
  into.statement.reset();
}

#define DESCRY_ROW(Row) template class TableWriter<Row>;
DESCRY_ALL_ROWS(DESCRY_ROW)
#undef DESCRY_ROW

}  // namespace descry
