// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/case/summary.hpp"
#include "analyzer/report/report.hpp"

namespace descry {

namespace web {
/// analyzer/report/web/*, and Chart.js with its licence, compiled in.
extern const std::string_view css, script, chartLibrary;
}  // namespace web

std::string timeCell(Ns ns, const std::string& sql, bool about = false);
std::string countCell(std::int64_t count, const std::string& sql);
/// `part` of `whole` as a percentage; the statement returns it as a part of 1.
std::string shareCell(double share, std::string_view shown, const std::string& sql, std::string_view markedCause = {});
std::string textCell(std::string_view text);

/// A table whose columns sort. `texts` columns from the left are words.
class HtmlTable {
 public:
  HtmlTable(std::ostream& out, std::string_view caption, const std::vector<std::string>& columns, std::size_t texts);
  ~HtmlTable();
  HtmlTable(const HtmlTable&) = delete;
  HtmlTable& operator=(const HtmlTable&) = delete;

  /// Cells of the functions above; `attributes` go into the row's tag.
  void row(const std::vector<std::string>& cells, std::string_view attributes = {});
  /// The statement for the whole table, shown under it.
  void sql(std::string statement) { m_sql = std::move(statement); }

 private:
  std::ostream& m_out;
  std::string m_sql;
};

/// From the document's first byte to the start of its content.
void beginHtml(std::ostream& out, std::string_view title, std::string_view kind);
/// From the end of the content to the document's last byte.
void endHtml(std::ostream& out, bool interactive);

// The sections of the page, each in a file of its own.
void writeHtmlFindings(const Summary& summary, std::ostream& out);
void writeHtmlLevels(const Summary& summary, ReportLevel by, std::ostream& out);
void writeHtmlDistribution(const ReportedCase& reported, std::ostream& out);
void writeHtmlSlowest(const Summary& summary, std::ostream& out);
void writeHtmlHealth(const Summary& summary, std::ostream& out);

}  // namespace descry
