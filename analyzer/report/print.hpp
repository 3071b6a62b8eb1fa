// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>

#include "analyzer/page/page.hpp"

namespace descry {

struct ReportOptions;

// A page in each medium. The printers make the texts of the page safe for their medium.

void printText(const Page& page, const ReportOptions& options, std::ostream& out);
void printMarkdown(const Page& page, std::ostream& out);
void printHtml(const Page& page, const ReportOptions& options, std::ostream& out);

}  // namespace descry
