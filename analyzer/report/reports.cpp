// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/case/summary.hpp"
#include "analyzer/report/formats.hpp"
#include "analyzer/report/report.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

constexpr std::array kFormats = {
    ReportFormat{"text", "txt", "for people: the answer first, then tables, health and the slowest chains",
                 writeTextReport},
    ReportFormat{"markdown", "md", "the same for a merge request or a wiki", writeMarkdownReport},
    ReportFormat{"html", "html", "one page for a browser: charts, tables, findings, the SQL of every number",
                 writeHtmlReport},
    ReportFormat{"pdf", "pdf", "the same page on paper, through WeasyPrint or Chromium", writePdfReport, false},
    ReportFormat{"csv", "csv", "one table of the public views, with every row", writeCsvReport},
    ReportFormat{"json", "json", "for programs: everything, as described by schemas/json/report.schema.json",
                 writeJsonReport},
    ReportFormat{"junit", "xml", "for CI: a test case per device and rule, which fails if the rule found something",
                 writeJunitReport},
};

}  // namespace

std::span<const ReportFormat> reportFormats() {
  return kFormats;
}

const ReportFormat* formatOfFile(std::string_view path) {
  const auto format = std::find_if(kFormats.begin(), kFormats.end(), [&](const ReportFormat& known) {
    return path.size() > known.extension.size() + 1 && path.ends_with(known.extension) &&
           path[path.size() - known.extension.size() - 1] == '.';
  });
  return format == kFormats.end() ? nullptr : &*format;
}

ReportedCase::ReportedCase(const Database& database, int slowest) : m_database(database), m_slowest(slowest) {}
ReportedCase::~ReportedCase() = default;

const Summary& ReportedCase::summary() const {
  if (!m_summary) m_summary = std::make_unique<Summary>(readSummary(m_database, m_slowest));
  return *m_summary;
}

const ReportFormat& formatNamed(std::string_view name) {
  const auto format =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const ReportFormat& known) { return known.name == name; });
  if (format != kFormats.end()) return *format;
  std::string names;
  for (const ReportFormat& known : kFormats) names += (names.empty() ? "" : ", ") + std::string(known.name);
  throw Error(fmt::format("unknown report format '{}'; formats are: {}", name, names));
}

void writeReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out) {
  formatNamed(options.format).write(reported, options, out);
}

void writeReport(const Database& database, const ReportOptions& options, std::ostream& out) {
  writeReport(ReportedCase(database, options.slowest), options, out);
}

}  // namespace descry
