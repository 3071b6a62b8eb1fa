// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/case/time_unit.hpp"

#include <fmt/format.h>

#include "schemas/model/error.hpp"

namespace descry {

std::set<std::int64_t> tickCaptures(const Database& database) {
  std::set<std::int64_t> captures;
  Statement rows = database.prepare("SELECT capture_id FROM anomaly WHERE kind = 'clock-not-ns'");
  while (rows.step()) captures.insert(rows.integer(0));
  return captures;
}

void requireNanoseconds(const Database& database, std::string_view what) {
  Statement rows = database.prepare(
      "SELECT path FROM capture JOIN anomaly USING (capture_id) WHERE kind = 'clock-not-ns' ORDER BY capture_id");
  if (!rows.step()) return;
  throw Error(fmt::format(
      "{}: {} needs nanoseconds, but the clock of {} counts ticks: give the clock's frequency as \"tsc_khz\" "
      "in a facts file and import again, or record with `trace-cmd record -C mono`",
      database.path().string(), what, rows.text(0)));
}

}  // namespace descry
