// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "analyzer/report/palette.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

constexpr int kLeastBar = 12, kLeastHead = 4;

std::string legend(const TextPage& page) {
  std::string text;
  for (const Cause cause : kBarOrder)
    text += fmt::format("{}{} {}", text.empty() ? "" : "  ",
                        page.paint(inkOf(cause), page.coloured() ? "█" : std::string(1, infoOf(cause).letter)),
                        infoOf(cause).name);
  return text;
}

Ns totalOf(const CauseBar& bar) {
  return std::accumulate(bar.causes.begin(), bar.causes.end(), Ns{0});
}

/// Columns of each part of the bar, adding up to `columns`: whole parts first, then the largest remainders.
std::array<int, kCauses> divide(const CauseBar& bar, int columns) {
  const auto total = static_cast<double>(totalOf(bar));
  std::array<int, kCauses> parts{};
  std::array<double, kCauses> rest{};
  int left = columns;
  for (std::size_t i = 0; i < kCauses && total > 0; ++i) {
    const double exact = static_cast<double>(bar.causes[i]) / total * columns;
    parts[i] = static_cast<int>(exact);
    rest[i] = exact - parts[i];
    left -= parts[i];
  }
  for (; left > 0; --left) {
    const auto largest = std::max_element(rest.begin(), rest.end());
    if (*largest <= 0) break;
    ++parts[static_cast<std::size_t>(largest - rest.begin())];
    *largest = 0;
  }
  return parts;
}

std::string barText(const CauseBar& bar, Ns longest, int columns, const TextPage& page) {
  const double scale = longest > 0 ? static_cast<double>(totalOf(bar)) / static_cast<double>(longest) : 1;
  const auto parts = divide(bar, std::clamp(static_cast<int>(scale * columns + 0.5), 1, columns));
  std::string text;
  for (const Cause cause : kBarOrder) {
    std::string part;
    for (int column = 0; column < parts[static_cast<std::size_t>(cause)]; ++column)
      page.coloured() ? part += "█" : part += infoOf(cause).letter;
    if (!part.empty()) text += page.paint(inkOf(cause), part);
  }
  return text;
}

Ink inkOf(const Cell& cell) {
  for (std::size_t i = 0; i < kCauses; ++i)
    if (cell.cause == kCauseNames[i]) return inkOf(static_cast<Cause>(i));
  return cell.ink;
}

/// A name under its group: its head gives way before its tail, which tells the rows apart.
std::string shortName(const Cell& cell, int columns) {
  const std::string tail = cell.tail.empty() ? "" : " " + printable(cell.tail);
  return "  " + fitted(printable(cell.head), std::max(kLeastHead, columns - 3 - columnsOf(tail))) + tail;
}

class Layout {
 public:
  Layout(const Table& table, TextPage& page) : m_table(table), m_page(page) {
    for (const Column& column : table.columns) m_widths.push_back(columnsOf(nameOf(column)));
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      for (const auto& row : table.rows) {
        m_widths[i] = std::max(m_widths[i], naturalWidth(row[i]));
        if (row[i].bar) m_longest = std::max(m_longest, totalOf(*row[i].bar));
      }
      if (const int most = table.columns[i].most; most > 0) m_widths[i] = std::min(m_widths[i], most);
      m_widths[i] = std::max(m_widths[i], table.columns[i].width);
    }
    int others = 0;
    for (std::size_t part = 0; part < parts(); ++part) others = std::max(others, widthOf(part, 1));
    if (!table.columns.empty() && table.columns.front().most == 0)
      m_widths[0] = std::min(m_widths[0], std::max(table.columns.front().width, page.width() - others));
  }

  std::size_t parts() const { return std::max<std::size_t>(1, m_table.parts.size()); }

  void header(std::size_t part) {
    std::string line;
    for (std::size_t i = 0; i < m_table.columns.size(); ++i)
      if (has(i, part))
        line +=
            padded(i, i == 0 && !m_table.parts.empty() ? m_table.parts[part] : nameOf(m_table.columns[i]), Ink::Plain);
    put(m_table.parts.empty() ? Ink::Faint : Ink::Bold, std::move(line));
  }

  void rows(std::size_t part) {
    std::string group;
    for (const auto& row : m_table.rows) {
      if (row.front().group != group) {
        group = row.front().group;
        m_page.line(m_page.paint(Ink::Bold, printable(group)));
      }
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i)
        if (has(i, part)) line += padded(i, shown(row[i], i, part), inkOf(row[i]));
      put(Ink::Plain, std::move(line));
    }
  }

 private:
  static std::string nameOf(const Column& column) { return column.shortName.empty() ? column.name : column.shortName; }

  static int naturalWidth(const Cell& cell) {
    if (cell.head.empty()) return columnsOf(printable(cell.text));
    return 3 + columnsOf(printable(cell.head)) + (cell.tail.empty() ? 0 : 1 + columnsOf(printable(cell.tail)));
  }

  bool has(std::size_t i, std::size_t part) const {
    const Column& column = m_table.columns[i];
    return shows(column.media, Media::Text) && (i == 0 || column.part == part);
  }

  /// Of the columns of a part from `first` on; bars take what is left.
  int widthOf(std::size_t part, std::size_t first) const {
    int width = 0;
    for (std::size_t i = first; i < m_table.columns.size(); ++i)
      if (has(i, part)) width += m_table.columns[i].gap + m_widths[i];
    return width;
  }

  std::string shown(const Cell& cell, std::size_t i, std::size_t part) const {
    if (cell.bar)
      return barText(*cell.bar, m_longest, std::max(kLeastBar, m_page.width() - widthOf(part, 0) + m_widths[i]),
                     m_page);
    return cell.head.empty() ? fitted(printable(cell.text), m_widths[i]) : shortName(cell, m_widths[i]);
  }

  std::string padded(std::size_t i, const std::string& text, Ink ink) const {
    const std::string blanks(static_cast<std::size_t>(std::max(0, m_widths[i] - columnsOf(text))), ' ');
    const std::string gap(static_cast<std::size_t>(m_table.columns[i].gap), ' ');
    const std::string painted = m_page.paint(ink, text);
    return gap + (m_table.columns[i].align == Column::Align::Right ? blanks + painted : painted + blanks);
  }

  void put(Ink ink, std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    m_page.line(m_page.paint(ink, line));
  }

  const Table& m_table;
  TextPage& m_page;
  std::vector<int> m_widths;
  Ns m_longest = 0;
};

}  // namespace

void printTextTable(const Table& table, TextPage& page) {
  Layout layout(table, page);
  for (std::size_t part = 0; part < layout.parts(); ++part) {
    if (part > 0) page.line();
    layout.header(part);
    layout.rows(part);
  }
  const bool bars = std::any_of(table.rows.begin(), table.rows.end(), [](const auto& row) {
    return std::any_of(row.begin(), row.end(), [](const Cell& cell) { return cell.bar.has_value(); });
  });
  if (bars) page.line("  " + legend(page));
}

}  // namespace descry
