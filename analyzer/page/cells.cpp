// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/page/cells.hpp"

#include <fmt/format.h>

#include "schemas/text/quantity.hpp"

namespace descry {

Cell textCell(std::string text) {
  Cell cell;
  cell.text = std::move(text);
  return cell;
}

Cell timeCell(Ns ns, std::string sql, bool about) {
  Cell cell;
  cell.text = (about ? "~" : "") + timeText(ns);
  cell.value = fmt::format("{}", ns);
  cell.sql = std::move(sql);
  return cell;
}

Cell countCell(std::int64_t count, std::string sql) {
  Cell cell;
  cell.text = countText(count);
  cell.value = fmt::format("{}", count);
  cell.sql = std::move(sql);
  return cell;
}

Cell shareCell(double share, std::string sql, std::string shown) {
  Cell cell;
  cell.text = shown.empty() ? percentText(share) : std::move(shown);
  cell.value = fmt::format("{:.6f}", share);
  cell.sql = std::move(sql);
  return cell;
}

Cell changeCell(double relative, std::string text) {
  Cell cell;
  cell.text = std::move(text);
  cell.value = fmt::format("{:.6f}", relative);
  return cell;
}

Cell orDash(Cell cell) {
  if (cell.value == "0") cell.text = "-";
  return cell;
}

}  // namespace descry
