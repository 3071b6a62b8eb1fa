// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/bench/gui_database.hpp"

#include <fmt/format.h>

#include <vector>

#include "analyzer/run/analysis.hpp"
#include "schemas/store/database.hpp"

namespace descry::bench {

namespace {

/// The columns of a table with the position and the one absolute time shifted.
std::string shifted(const Database& database, const std::string& table, const std::string& time, std::int64_t positions,
                    std::int64_t ns) {
  std::string columns;
  Statement names = database.prepare("SELECT name FROM pragma_table_info(?)");
  names.bind(0, std::string_view(table));
  while (names.step()) {
    const std::string name(names.text(0));
    columns += columns.empty() ? "" : ", ";
    columns += name == "position" ? fmt::format("position + {}", positions)
               : name == time     ? fmt::format("{} + {}", name, ns)
                                  : name;
  }
  return columns;
}

}  // namespace

std::int64_t scaleUp(const std::filesystem::path& simulated, const std::filesystem::path& output, std::int64_t chains) {
  std::filesystem::copy_file(simulated, output, std::filesystem::copy_options::overwrite_existing);
  Database database = Database::openForAnalysis(output);
  const std::int64_t once = database.queryInteger("SELECT count(*) FROM guest_half").value_or(0);
  const std::int64_t positions = database.queryInteger("SELECT max(position) + 1 FROM guest_half").value_or(0);
  const std::int64_t span = database.queryInteger("SELECT max(last_ns) FROM capture").value_or(0) + 1'000'000;
  const std::int64_t times = std::max<std::int64_t>(1, (chains + once / 2) / once);
  for (std::int64_t copy = 1; copy < times; ++copy)
    for (const auto& [table, time] : {std::pair{"guest_half", "q_ns"}, {"host_half", "f_ns"}})
      database.execute(fmt::format("INSERT INTO {0} SELECT {1} FROM {0} WHERE position < {2}", table,
                                   shifted(database, table, time, copy * positions, copy * span), positions));
  database.execute(fmt::format("UPDATE capture SET last_ns = last_ns + {}", (times - 1) * span));
  database.execute(
      fmt::format("UPDATE queue_epoch SET last_position = last_position + {}, adds = adds * {}, fetches = fetches * {}",
                  (times - 1) * positions, times, times));
  analyze(database, {});
  database.commit();
  return times * once;
}

}  // namespace descry::bench
