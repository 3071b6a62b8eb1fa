// SPDX-License-Identifier: GPL-2.0-or-later
// Whether the numbers above can be trusted: clocks, losses, anomalies, what was not paired or not seen.
#include "analyzer/page/health_tables.hpp"

#include <fmt/format.h>

#include "analyzer/page/cells.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

/// The first `words` columns are words, the others numbers.
Table numbered(std::string caption, const std::vector<std::string>& columns, std::size_t words) {
  Table table{std::move(caption), {}, {}};
  for (std::size_t i = 0; i < columns.size(); ++i)
    table.columns.push_back({columns[i], i < words ? Column::Align::Left : Column::Align::Right});
  return table;
}

Table clockTable(const Summary& summary) {
  Table table = numbered("Clock: guest time minus host time",
                         {"quality", "offset", "±", "drift, ppb", "± ppb", "constraints"}, 1);
  for (const ClockSegmentRow& row : summary.clock) {
    const std::string from = fmt::format("FROM clock_view WHERE segment_id={}", row.segmentId);
    table.rows.push_back({textCell(row.quality), timeCell(row.offset, "SELECT offset_ns " + from),
                          timeCell(row.error, "SELECT error_ns " + from),
                          countCell(row.driftPpb, "SELECT drift_ppb " + from),
                          countCell(row.driftErrorPpb, "SELECT drift_error_ppb " + from),
                          countCell(row.constraints, "SELECT constraints " + from)});
  }
  table.sql = "SELECT * FROM clock_view;";
  return table;
}

Table capturesTable(const Summary& summary) {
  Table table =
      numbered("Captures",
               {"side", "trace", "tool", "kernel", "SHA-256", "length", "events", "understood", "unknown", "lost"}, 5);
  for (const CaptureRow& row : summary.captures) {
    const std::string where = fmt::format("FROM health_view WHERE capture_id={}", row.captureId);
    table.rows.push_back(
        {textCell(row.side), textCell(row.path), textCell(row.tool.value_or("")), textCell(row.kernel.value_or("")),
         textCell(row.sha256.value_or("").substr(0, 16)),
         timeCell(row.last, fmt::format("SELECT last_ns FROM capture WHERE capture_id={}", row.captureId)),
         countCell(row.events, "SELECT events " + where), countCell(row.decoded, "SELECT decoded " + where),
         countCell(row.unknown, "SELECT unknown " + where),
         row.discarded < 0 ? textCell("some") : countCell(row.discarded, "SELECT discarded " + where)});
  }
  table.sql = "SELECT * FROM health_view;";
  return table;
}

Table chainsTable(const Summary& summary) {
  const ChainCounts& chains = summary.chains;
  Table table = numbered("Chains", {"of all chains", "number"}, 1);
  const auto line = [&](std::string_view what, std::int64_t count, std::string_view condition) {
    table.rows.push_back(
        {textCell(std::string(what)), countCell(count, fmt::format("SELECT count(*) FROM chain_state_view{}{}",
                                                                   condition.empty() ? "" : " WHERE ", condition))});
  };
  line("all", chains.chains, "");
  line("incomplete: no end was seen", chains.incomplete, "incomplete");
  line("paired: seen from both sides", chains.paired, "pair_id IS NOT NULL");
  line("seen by the guest only", chains.guestOnly, "guest_half_only");
  line("seen by the host only", chains.hostOnly, "host_half_only");
  line("suspect: overlaps lost events", chains.suspect, "suspect");
  line("its order contradicts the clock, so its two sides stay on separate clocks", chains.contradicted,
       "order_contradicted");
  line("no common clock for its sides", chains.unsynchronised, "clock_unknown");
  return table;
}

Table lossesTable(const Summary& summary) {
  Table table = numbered("Losses", {"side", "reason", "where", "ranges", "span", "events"}, 3);
  for (const LossSummary& loss : summary.losses)
    table.rows.push_back(
        {textCell(loss.side), textCell(loss.reason),
         textCell(loss.queue.empty() ? "the whole capture" : loss.device + " " + loss.queue), countCell(loss.ranges),
         timeCell(loss.span),
         textCell(loss.uncounted == loss.ranges ? "unknown"
                                                : countText(loss.events) + (loss.uncounted > 0 ? " or more" : ""))});
  table.sql =
      "SELECT side, reason, device, queue_name, count(*), sum(end_ns - begin_ns), sum(count) FROM loss_view"
      " GROUP BY capture_id, queue_id, reason;";
  return table;
}

Table anomaliesTable(const Summary& summary) {
  Table table = numbered("Anomalies", {"severity", "kind", "the first", "times"}, 3);
  for (const AnomalySummary& anomaly : summary.anomalies)
    table.rows.push_back({textCell(std::string(wordOf(anomaly.severity))), textCell(anomaly.kind),
                          textCell(anomaly.detail), countCell(anomaly.count)});
  table.sql = "SELECT severity, kind, sum(count) FROM anomaly_view GROUP BY severity, kind;";
  return table;
}

Table probesTable(const Summary& summary) {
  Table table = numbered("What the probes cost", {"side", "hits", "their time", "chains", "latency", "part of it"}, 1);
  for (const ProbeCostSummary& cost : summary.probeCosts) {
    const std::string from = fmt::format("FROM probe_cost_view WHERE capture_id={}", cost.captureId);
    table.rows.push_back({textCell(cost.side), countCell(cost.hits, "SELECT hits " + from),
                          timeCell(cost.cost, "SELECT probe_ns " + from),
                          countCell(cost.chains, "SELECT chains " + from),
                          timeCell(cost.latency, "SELECT latency_ns " + from),
                          shareCell(cost.percent / 100, "SELECT percent / 100 " + from)});
  }
  table.sql = "SELECT * FROM probe_cost_view;";
  return table;
}

Table unpairedTable(const Summary& summary) {
  Table table = numbered("Halves without a partner", {"queue", "side", "why", "chains"}, 3);
  for (const UnpairedSummary& row : summary.unpaired)
    table.rows.push_back(
        {textCell(row.device + " " + row.queue), textCell(row.side), textCell(row.reason), countCell(row.chains)});
  table.sql = "SELECT device, queue_name, side, reason, chains FROM unpaired_view;";
  return table;
}

}  // namespace

std::vector<Table> healthTables(const Summary& summary) {
  std::vector<Table> tables = {chainsTable(summary),    clockTable(summary),    lossesTable(summary),
                               anomaliesTable(summary), unpairedTable(summary), probesTable(summary),
                               capturesTable(summary)};
  std::erase_if(tables, [](const Table& table) { return table.rows.empty(); });
  return tables;
}

}  // namespace descry
