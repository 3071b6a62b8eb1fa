// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "schemas/database.hpp"

namespace descry {

struct Summary;

enum class ReportLevel { Transport, Device, Queue };

struct ReportOptions {
  std::string format = "text";
  ReportLevel by = ReportLevel::Device;  ///< what a row of the text tables covers; JSON always has all levels
  int slowest = 10;                      ///< how many of the slowest chains are shown
  bool colour = false;                   ///< text: ANSI colours
  int width = 80;                        ///< text: columns of the terminal (60 at least)
};

/// A way to write a report: one entry in the list of reports.cpp.
struct ReportFormat {
  std::string_view name, description;
  void (*write)(const Summary& summary, const ReportOptions& options, std::ostream& out);
};

std::span<const ReportFormat> reportFormats();

/// Writes what the analysis found. Throws Error on an unknown format (and names the known ones).
void writeReport(const Database& database, const ReportOptions& options, std::ostream& out);

}  // namespace descry
