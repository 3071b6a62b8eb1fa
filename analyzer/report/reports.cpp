// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/report/formats.hpp"
#include "analyzer/report/report.hpp"
#include "analyzer/report/summary.hpp"
#include "schemas/error.hpp"

namespace descry {

namespace {

constexpr std::array kFormats = {
    ReportFormat{"text", "for people: the answer first, then tables, health and the slowest chains", writeTextReport},
    ReportFormat{"json", "for programs: everything, as described by schemas/report.schema.json", writeJsonReport},
};

}  // namespace

std::span<const ReportFormat> reportFormats() {
  return kFormats;
}

void writeReport(const Database& database, const ReportOptions& options, std::ostream& out) {
  const auto format = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const ReportFormat& known) { return known.name == options.format; });
  if (format == kFormats.end()) {
    std::string names;
    for (const ReportFormat& known : kFormats) names += (names.empty() ? "" : ", ") + std::string(known.name);
    throw Error(fmt::format("report format '{}' is not known; use one of: {}", options.format, names));
  }
  format->write(readSummary(database, options.slowest), options, out);
}

}  // namespace descry
