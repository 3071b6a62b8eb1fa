// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <ostream>

#include "analyzer/report/html_page.hpp"
#include "analyzer/report/svg_bars.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

std::string contentOf(const Cell& cell) {
  std::string text = htmlText(cell.text);
  if (cell.bar) text += smallBar(*cell.bar, kCellPatterns);
  if (cell.strong) text = fmt::format("<b>{}</b>", text);
  if (!cell.link.empty()) text = fmt::format("<a href=\"{}\">{}</a>", htmlText(cell.link), text);
  if (!cell.badge.empty()) text += fmt::format(" <span class=\"badge warning\">{}</span>", htmlText(cell.badge));
  if (!cell.more.empty()) text = fmt::format("<details><summary>{}</summary>{}</details>", text, htmlText(cell.more));
  return text;
}

std::string classOf(const Cell& cell, const Column& column) {
  std::string names;
  const auto add = [&](bool applies, const std::string& name) {
    if (applies) names += (names.empty() ? "" : " ") + name;
  };
  add(column.align == Column::Align::Right, "n");
  add(!cell.cause.empty(), "most c-" + cell.cause);
  add(cell.bar.has_value(), "bar-cell");
  add(!cell.more.empty(), "life");
  return names.empty() ? "" : fmt::format(" class=\"{}\"", names);
}

void writeCell(const Cell& cell, const Column& column, std::ostream& out) {
  out << "<td" << classOf(cell, column);
  if (!cell.value.empty()) out << fmt::format(" data-v=\"{}\"", htmlText(cell.value));
  if (!cell.sql.empty()) out << fmt::format(" data-sql=\"{}\"", htmlText(cell.sql));
  out << '>' << contentOf(cell) << "</td>";
}

}  // namespace

void writeHtmlTable(const Table& table, std::ostream& out) {
  out << fmt::format("<div class=\"scroll\"><table class=\"sortable{}{}\"><caption>{}</caption>\n<thead><tr>",
                     table.style.empty() ? "" : " ", table.style, htmlText(table.caption));
  for (const Column& column : table.columns)
    if (shows(column.media, Media::Html))
      out << fmt::format("<th scope=\"col\"{}>{}</th>", column.align == Column::Align::Right ? " class=\"n\"" : "",
                         htmlText(column.name));
  out << "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out << "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      if (shows(table.columns[i].media, Media::Html)) writeCell(row[i], table.columns[i], out);
    out << "</tr>\n";
  }
  out << "</tbody></table></div>\n";
  if (!table.sql.empty())
    out << fmt::format("<details class=\"sql\"><summary>SQL of this table</summary><pre>{}</pre></details>\n",
                       htmlText(table.sql));
}

}  // namespace descry
