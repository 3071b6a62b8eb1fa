// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>

namespace descry {

struct Summary;
struct ReportOptions;

// One function per format, each in a file of its own; reports.cpp lists them.
void writeTextReport(const Summary& summary, const ReportOptions& options, std::ostream& out);
void writeJsonReport(const Summary& summary, const ReportOptions& options, std::ostream& out);

}  // namespace descry
