// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/store/table_io.hpp"

#include <fmt/format.h>

namespace descry::detail {

std::string insertText(const char* table, int columns, int rows) {
  std::string row = "(?";
  for (int column = 1; column < columns; ++column) row += ",?";
  row += ')';
  std::string text = fmt::format("INSERT INTO {} VALUES {}", table, row);
  for (int i = 1; i < rows; ++i) text += "," + row;
  return text;
}

}  // namespace descry::detail
