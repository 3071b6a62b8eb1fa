// SPDX-License-Identifier: GPL-2.0-or-later
// The phases of each queue: of what its causes consist.
#include "analyzer/page/phases.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/page/cells.hpp"
#include "analyzer/page/names.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

constexpr double kWorthShowing = 0.005;  // of the queue's latency

std::string causesText(const PhaseTotalRow& phase) {
  std::string text;
  for (const CauseInfo& info : kCauseTable)
    if (phase.causes[info.cause] > 0) text += (text.empty() ? "" : ", ") + std::string(info.name);
  return text;
}

std::vector<Cell> rowOf(const Summary& summary, const LevelSummary& queue, const PhaseTotalRow& phase) {
  const std::string from =
      fmt::format("FROM phase_view WHERE queue_id={} AND phase={}", queue.queueId, sqlText(phase.phase));
  const auto largest = std::max_element(kCauseTable.begin(), kCauseTable.end(), [&](const auto& a, const auto& b) {
    return phase.causes[a.cause] < phase.causes[b.cause];
  });
  Cell causes = textCell(causesText(phase));
  causes.cause = largest->name;
  const bool about = phase.exact == 0;
  return {textCell(levelText(summary, queue)),
          textCell(phase.phase),
          countCell(phase.chains, "SELECT chains " + from),
          timeCell(phase.p50, "SELECT p50_ns " + from, about),
          timeCell(phase.p99, "SELECT p99_ns " + from, about),
          timeCell(phase.max, "SELECT max_ns " + from),
          shareCell(queue.share(phase.total),
                    fmt::format(
                        "SELECT round(1.0 * total_ns / (SELECT sum(total_ns) FROM phase_view WHERE queue_id={}), 6) {}",
                        queue.queueId, from)),
          std::move(causes)};
}

}  // namespace

Table phaseTable(const Summary& summary) {
  using Align = Column::Align;
  Table table{"Phases by queue", {}, {}};
  table.columns = {{"queue", Align::Left, 14, 24}, {"phase", Align::Left, 8, 0, 1}, {"chains", Align::Right, 9},
                   {"p50", Align::Right, 9},       {"p99", Align::Right, 9},        {"max", Align::Right, 9},
                   {"latency", Align::Right, 8},   {"cause", Align::Left, 0, 0, 1}};
  for (const LevelSummary& queue : summary.queues)
    for (const PhaseTotalRow& phase : queue.phases)
      if (queue.share(phase.total) >= kWorthShowing) table.rows.push_back(rowOf(summary, queue, phase));
  table.sql = "SELECT * FROM phase_view ORDER BY queue_id, rank;";
  return table;
}

}  // namespace descry
