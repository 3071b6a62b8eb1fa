// SPDX-License-Identifier: GPL-2.0-or-later
// Whether the numbers above can be trusted: clocks, losses, anomalies, what was not paired or not seen.
#include <fmt/format.h>

#include <ostream>

#include "analyzer/report/html_page.hpp"
#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

void writeClock(const Summary& summary, std::ostream& out) {
  if (summary.clock.empty()) return;
  HtmlTable table(out, "Clock: guest time minus host time",
                  {"quality", "offset", "±", "drift, ppb", "± ppb", "constraints"}, 1);
  for (const ClockSegmentRow& row : summary.clock) {
    const std::string from = fmt::format("FROM clock_view WHERE segment_id={}", row.segmentId);
    table.row({textCell(row.quality), timeCell(row.offset, "SELECT offset_ns " + from),
               timeCell(row.error, "SELECT error_ns " + from), countCell(row.driftPpb, "SELECT drift_ppb " + from),
               countCell(row.driftErrorPpb, "SELECT drift_error_ppb " + from),
               countCell(row.constraints, "SELECT constraints " + from)});
  }
  table.sql("SELECT * FROM clock_view;");
}

void writeCaptures(const Summary& summary, std::ostream& out) {
  if (summary.captures.empty()) return;
  HtmlTable table(out, "Captures",
                  {"side", "trace", "tool", "kernel", "SHA-256", "length", "events", "understood", "unknown", "lost"},
                  5);
  for (const CaptureRow& row : summary.captures) {
    const std::string where = fmt::format("FROM health_view WHERE capture_id={}", row.captureId);
    table.row({textCell(row.side), textCell(row.path), textCell(row.tool.value_or("")),
               textCell(row.kernel.value_or("")), textCell(row.sha256.value_or("").substr(0, 16)),
               timeCell(row.lastNs, fmt::format("SELECT last_ns FROM capture WHERE capture_id={}", row.captureId)),
               countCell(row.events, "SELECT events " + where), countCell(row.decoded, "SELECT decoded " + where),
               countCell(row.unknown, "SELECT unknown " + where),
               row.discarded < 0 ? textCell("some") : countCell(row.discarded, "SELECT discarded " + where)});
  }
  table.sql("SELECT * FROM health_view;");
}

void writeChains(const Summary& summary, std::ostream& out) {
  const ChainCounts& chains = summary.chains;
  HtmlTable table(out, "Chains", {"of all chains", "number"}, 1);
  const auto line = [&](std::string_view what, std::int64_t count, std::string_view condition) {
    table.row({textCell(what), countCell(count, fmt::format("SELECT count(*) FROM chain{}{}",
                                                            condition.empty() ? "" : " WHERE ", condition))});
  };
  line("all", chains.chains, "");
  line("incomplete: no end was seen", chains.incomplete, "flags & 2");
  line("paired: seen from both sides", chains.paired, "pair_id IS NOT NULL");
  line("seen by the guest only", chains.guestOnly, "flags & 4");
  line("seen by the host only", chains.hostOnly, "flags & 8");
  line("suspect: overlaps a loss", chains.suspect, "flags & 1");
  line("its order contradicts the clock: its sides are not put on one clock", chains.contradicted, "flags & 32");
  line("no common clock for its sides", chains.unsynchronised, "flags & 64");
}

void writeLosses(const Summary& summary, std::ostream& out) {
  if (summary.losses.empty()) return;
  HtmlTable table(out, "Losses", {"side", "reason", "where", "ranges", "span", "events"}, 3);
  for (const LossSummary& loss : summary.losses)
    table.row(
        {textCell(loss.side), textCell(loss.reason),
         textCell(loss.queue.empty() ? "the whole capture" : loss.device + " " + loss.queue),
         textCell(countText(loss.ranges)), textCell(timeText(loss.span)),
         textCell(loss.uncounted == loss.ranges ? "unknown"
                                                : countText(loss.events) + (loss.uncounted > 0 ? " or more" : ""))});
  table.sql(
      "SELECT side, reason, device, queue_name, count(*), sum(end_ns - begin_ns), sum(count) FROM loss_view"
      " GROUP BY capture_id, queue_id, reason;");
}

void writeAnomalies(const Summary& summary, std::ostream& out) {
  if (summary.anomalies.empty()) return;
  HtmlTable table(out, "Anomalies", {"severity", "kind", "the first", "times"}, 3);
  for (const AnomalySummary& anomaly : summary.anomalies)
    table.row({textCell(anomaly.severity), textCell(anomaly.kind), textCell(anomaly.detail),
               textCell(countText(anomaly.count))});
  table.sql("SELECT severity, kind, sum(count) FROM anomaly_view GROUP BY severity, kind;");
}

void writeProbes(const Summary& summary, std::ostream& out) {
  if (summary.probeCosts.empty()) return;
  HtmlTable table(out, "What the probes cost", {"side", "hits", "their time", "chains", "latency", "part of it"}, 1);
  for (const ProbeCostSummary& cost : summary.probeCosts) {
    const std::string from = fmt::format("FROM probe_cost_view WHERE capture_id={}", cost.captureId);
    table.row({textCell(cost.side), countCell(cost.hits, "SELECT hits " + from),
               timeCell(cost.cost, "SELECT probe_ns " + from), countCell(cost.chains, "SELECT chains " + from),
               timeCell(cost.latency, "SELECT latency_ns " + from),
               shareCell(cost.percent / 100, percentText(cost.percent / 100), "SELECT percent / 100 " + from)});
  }
  table.sql("SELECT * FROM probe_cost_view;");
}

void writeUnpaired(const Summary& summary, std::ostream& out) {
  if (summary.unpaired.empty()) return;
  HtmlTable table(out, "Halves without a partner", {"queue", "side", "why", "chains"}, 3);
  for (const UnpairedSummary& row : summary.unpaired)
    table.row({textCell(row.device + " " + row.queue), textCell(row.side), textCell(row.reason),
               textCell(countText(row.chains))});
  table.sql("SELECT device, queue_name, side, reason, chains FROM unpaired_view;");
}

}  // namespace

void writeHtmlHealth(const Summary& summary, std::ostream& out) {
  out << "<section id=\"health\"><h2>Health</h2>\n<ul class=\"notes\">\n";
  for (const std::string& sentence : summary.missing) out << "<li><b>Not seen:</b> " << htmlText(sentence) << "</li>\n";
  out << "</ul>\n";
  writeChains(summary, out);
  writeClock(summary, out);
  writeLosses(summary, out);
  writeAnomalies(summary, out);
  writeUnpaired(summary, out);
  writeProbes(summary, out);
  writeCaptures(summary, out);
  out << "</section>\n";
}

}  // namespace descry
