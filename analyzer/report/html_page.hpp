// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <string_view>

#include "analyzer/page/page.hpp"

namespace descry {

namespace web {
/// analyzer/report/web/*, and Chart.js with its licence, compiled in.
extern const std::string_view css, script, chartLibrary;
}  // namespace web

/// From the document's first byte to the start of its content.
void beginHtml(std::ostream& out, std::string_view title, std::string_view kind);
/// From the end of the content to the document's last byte. `interactive`: with the script.
void endHtml(std::ostream& out, bool interactive);

/// A table whose columns sort, by the numbers of its cells and not by their texts.
void writeHtmlTable(const Table& table, std::ostream& out);

}  // namespace descry
