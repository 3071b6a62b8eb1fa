// SPDX-License-Identifier: GPL-2.0-or-later
// Tables for spreadsheets and scripts, as RFC 4180 has them but with the line ends of this system. NULL is an empty
// field; a text that is empty is "".
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

#include "analyzer/case/time_unit.hpp"
#include "analyzer/report/formats.hpp"
#include "analyzer/report/report.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

// The order is part of the table: the same database gives the same bytes.
constexpr std::array kTables = {
    ReportTable{"causes", "cause_view", "device_id, queue_id, cause"},
    ReportTable{"chains", "chain_view", "queue_id, epoch, position"},
    ReportTable{"devices", "device_view", "guest_device_id, host_device_id"},
    ReportTable{"queues", "queue_view", "device_id, queue_id, epoch"},
    ReportTable{"findings", "finding_view", "finding_id"},
    ReportTable{"misses", "miss_view", "queue_id, raised_ns, position, iova"},
    ReportTable{"doorbells", "doorbell_view", "queue_id, ns"},
    ReportTable{"interrupts", "interrupt_view", "queue_id, ns"},
    ReportTable{"captures", "health_view", "capture_id"},
    ReportTable{"clock", "clock_view", "segment_id"},
    ReportTable{"probes", "probe_cost_view", "capture_id"},
    ReportTable{"losses", "loss_view", "capture_id, begin_ns, queue_id"},
    ReportTable{"anomalies", "anomaly_view", "severity, kind, capture_id, queue_id, first_ns"},
    ReportTable{"unpaired", "unpaired_view", "queue_id, epoch, reason"},
};

void writeField(const Statement& row, int column, std::ostream& out) {
  switch (row.type(column)) {
    case Statement::Type::Null:
      break;
    case Statement::Type::Integer:
      out << row.integer(column);
      break;
    case Statement::Type::Real:
      out << fmt::format("{}", row.real(column));  // the shortest text that reads back as the same number
      break;
    case Statement::Type::Text:
    case Statement::Type::Blob:
      out << csvText(row.text(column));
      break;
  }
}

}  // namespace

std::span<const ReportTable> reportTables() {
  return kTables;
}

void writeCsvReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out) {
  const auto table = std::find_if(kTables.begin(), kTables.end(),
                                  [&](const ReportTable& known) { return known.name == options.table; });
  if (table == kTables.end()) {
    std::string names;
    for (const ReportTable& known : kTables) names += (names.empty() ? "" : ", ") + std::string(known.name);
    throw Error(fmt::format("unknown table '{}'; tables are: {}", options.table, names));
  }
  Statement rows = reported.database().prepare(fmt::format("SELECT * FROM {} ORDER BY {}", table->view, table->order));
  const int columns = rows.columnCount();
  bool hasTimes = false;
  for (int column = 0; column < columns; ++column) hasTimes |= rows.columnName(column).ends_with("_ns");
  if (hasTimes) requireNanoseconds(reported.database(), fmt::format("the table {}", table->name));
  for (int column = 0; column < columns; ++column) out << (column > 0 ? "," : "") << rows.columnName(column);
  out << '\n';
  while (rows.step()) {
    for (int column = 0; column < columns; ++column) {
      if (column > 0) out << ',';
      writeField(rows, column, out);
    }
    out << '\n';
  }
}

}  // namespace descry
