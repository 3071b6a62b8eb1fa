// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

void readValue(const Statement& statement, int column, std::int64_t& value) {
  value = statement.integerOr(column, kUnseen);
}
void readValue(const Statement& statement, int column, QueueId& value) {
  value = QueueId{statement.integerOr(column, kUnseen)};
}
void readValue(const Statement& statement, int column, DeviceId& value) {
  value = DeviceId{statement.integerOr(column, kUnseen)};
}
void readValue(const Statement& statement, int column, std::string& value) {
  value = std::string(statement.text(column));
}
void readValue(const Statement& statement, int column, OptionalText& value) {
  if (statement.isNull(column))
    value.reset();
  else
    value = std::string(statement.text(column));
}

}  // namespace

template <typename Row>
void readRow(const Statement& statement, int& column, Row& row) {
  std::apply([&](auto&... value) { (readValue(statement, column++, value), ...); }, row.columns());
}

#define DESCRY_ROW(Row) template void readRow<Row>(const Statement&, int&, Row&);
DESCRY_ALL_ROWS(DESCRY_ROW)
#undef DESCRY_ROW

}  // namespace descry
