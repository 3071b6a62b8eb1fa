// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>

namespace descry {

class ReportedCase;
struct ReportOptions;

// One function per format, each in a file of its own; reports.cpp lists them.
void writeTextReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out);
void writeJsonReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out);
void writeMarkdownReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out);
void writeJunitReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out);
void writeHtmlReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out);
void writePdfReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out);
void writeCsvReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out);

}  // namespace descry
