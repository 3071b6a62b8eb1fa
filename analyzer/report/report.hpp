// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "analyzer/page/names.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// How much a report in text says: one screen, everything, or everything with the SQL behind it.
enum class Detail { Screen, Full, Sql };

struct ReportOptions {
  std::string format = "text";
  std::string table = "causes";          ///< csv: which of reportTables() is written
  ReportLevel by = ReportLevel::Device;  ///< what a row of the text tables covers; JSON always has all levels
  int slowest = 10;                      ///< how many of the slowest chains are shown
  Detail detail = Detail::Screen;        ///< text; the other formats have everything
  bool colour = false;                   ///< text: ANSI colours
  bool forPaper = false;                 ///< html: nothing interactive
  int width = 80;                        ///< text: columns of the terminal (60 at least)
};

/// A case that is reported: its database, and the summary of it once somebody asks. One thread at a time.
class ReportedCase {
 public:
  ReportedCase(const Database& database, int slowest);
  ~ReportedCase();
  ReportedCase(const ReportedCase&) = delete;
  ReportedCase& operator=(const ReportedCase&) = delete;

  const Database& database() const { return m_database; }
  const Summary& summary() const;

 private:
  const Database& m_database;
  int m_slowest;
  mutable std::unique_ptr<Summary> m_summary;
};

/// A way to write a report: one entry in the list of reports.cpp.
struct ReportFormat {
  std::string_view name, extension, description;
  void (*write)(const ReportedCase& reported, const ReportOptions& options, std::ostream& out);
  bool isText = true;  ///< fit for a terminal
};

std::span<const ReportFormat> reportFormats();

/// Throws Error on an unknown name (and says the known ones).
const ReportFormat& formatNamed(std::string_view name);

/// The format that a file of this name has by its extension; nothing if none has it.
const ReportFormat* formatOfFile(std::string_view path);

/// A table that the format csv can write: a view of schemas/sql/views.sql in a fixed order.
struct ReportTable {
  std::string_view name, view, order;
};

std::span<const ReportTable> reportTables();

/// Writes what the analysis found. Throws Error on an unknown format (and names the known ones).
void writeReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out);
void writeReport(const Database& database, const ReportOptions& options, std::ostream& out);

}  // namespace descry
