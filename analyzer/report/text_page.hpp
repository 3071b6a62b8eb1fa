// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "analyzer/page/page.hpp"
#include "analyzer/report/report.hpp"

namespace descry {

Ink inkOf(Cause cause);

/// Lines of text of a given width, coloured or not.
class TextPage {
 public:
  TextPage(std::ostream& out, const ReportOptions& options);

  int width() const { return m_width; }
  bool coloured() const { return m_coloured; }
  /// `text` in colour when the page has colours; pad before painting.
  std::string paint(Ink ink, std::string_view text) const;

  void line(std::string_view text = {});
  void heading(std::string_view text);
  /// Wraps at the width; following lines are indented. `lead` is painted and starts the first line.
  void paragraph(std::string_view lead, std::string_view text, int indent, Ink leadInk = Ink::Plain);

 private:
  std::ostream& m_out;
  int m_width;
  bool m_coloured;
};

/// Columns a text takes on a terminal: its code points without colours.
int columnsOf(std::string_view text);
/// `text` cut to `columns`, with ".." where something was left out.
std::string fitted(std::string_view text, int columns);

}  // namespace descry
