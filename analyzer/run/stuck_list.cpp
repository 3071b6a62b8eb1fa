// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/run/stuck_list.hpp"

#include <fmt/format.h>

#include "schemas/store/table_io.hpp"

namespace descry {

std::vector<StuckChainRow> readStuck(const Database& database, const Condition& condition) {
  // Few chains are stuck: each is looked up by its key, where a join would read all chains.
  Statement meets =
      database.prepare(fmt::format("SELECT 1 FROM chain_view WHERE queue_id = ? AND epoch = ? AND position = ?{}",
                                   condition.empty() ? "" : " AND (" + condition.sql + ")"));
  std::vector<StuckChainRow> stuck;
  for (StuckChainRow& row :
       readAll<StuckChainRow>(database, "WHERE back = 0 ORDER BY age_ns DESC, queue_id, epoch, position")) {
    meets.reset();
    meets.bind(0, ChainId{row.queueId, row.epoch, row.position});
    condition.bind(meets, 3);
    if (meets.step()) stuck.push_back(std::move(row));
  }
  return stuck;
}

}  // namespace descry
