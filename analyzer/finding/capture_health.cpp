// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with the traces themselves, and so with everything else that is said: lost events, doubtful ones, one
// side missing, a clock that is known less precisely than what it has to measure.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

std::string query(const Target&) {
  return "SELECT h.guest_captures, h.host_captures, h.losing_captures, h.loss_ranges, h.lost_events, h.probes_missed,"
         " a.warnings, a.errors, a.worst, k.clock_failures, k.clock_error_ns, c.chains, c.mean_latency_ns FROM"
         " (SELECT coalesce(sum(side = 'guest'), 0) AS guest_captures, coalesce(sum(side = 'host'), 0) AS "
         "host_captures,"
         " coalesce(sum(discarded <> 0), 0) AS losing_captures, coalesce(sum(loss_ranges), 0) AS loss_ranges,"
         " coalesce(sum(max(discarded, 0)), 0) AS lost_events, coalesce(sum(probes_missed), 0) AS probes_missed"
         " FROM health_view) h,"
         " (SELECT coalesce(sum(CASE WHEN severity = 'warning' THEN count END), 0) AS warnings,"
         " coalesce(sum(CASE WHEN severity = 'error' THEN count END), 0) AS errors, (SELECT kind FROM anomaly_view "
         "WHERE"
         " severity <> 'info' ORDER BY severity = 'error' DESC, count DESC, kind LIMIT 1) AS worst FROM anomaly_view) "
         "a,"
         " (SELECT coalesce(sum(quality = 'fail'), 0) AS clock_failures, max(error_ns) AS clock_error_ns FROM "
         "clock_view) k,"
         " (SELECT coalesce(sum(chains), 0) AS chains, sum(total_ns) / nullif(sum(chains), 0) AS mean_latency_ns"
         " FROM cause_view WHERE cause = 'latency' AND scope = 'full') c";
}

void add(std::string& text, const std::string& sentence) {
  text += (text.empty() ? "" : " ") + sentence;
}

std::string damage(const Evidence& evidence) {
  std::string text;
  if (evidence.integer("losing_captures") > 0)
    add(text, fmt::format("{} of the traces lost events ({} are counted).", evidence.integer("losing_captures"),
                          evidence.integer("lost_events")));
  if (const auto missed = evidence.integer("probes_missed"); missed > 0)
    add(text, fmt::format("{} probe hits were skipped because they nested.", missed));
  if (const auto ranges = evidence.integer("loss_ranges"); ranges > 0)
    add(text, fmt::format("In {} time ranges an absence proves nothing.", ranges));
  if (evidence.integer("warnings") + evidence.integer("errors") > 0)
    add(text, fmt::format("{} events are doubtful and {} make results doubtful, most of them of the kind '{}'.",
                          evidence.integer("warnings"), evidence.integer("errors"), evidence.text("worst")));
  if (evidence.integer("clock_failures") > 0) add(text, "The clocks of the two sides contradict each other.");
  return text;
}

std::string limits(const Evidence& evidence) {
  std::string text;
  const auto guests = evidence.integer("guest_captures"), hosts = evidence.integer("host_captures");
  if (guests == 0 || hosts == 0)
    add(text, fmt::format("Only the {} was recorded: what happens on the other side is part of no number.",
                          guests == 0 ? "host" : "guest"));
  const auto error = evidence.integer("clock_error_ns"), mean = evidence.integer("mean_latency_ns");
  if (mean > 0 && error > mean)
    add(text,
        fmt::format("The clocks are known to +-{}, which is more than the mean latency of {}: how a latency splits "
                    "at the border of the two sides is uncertain.",
                    duration(error), duration(mean)));
  return text;
}

std::optional<Verdict> judge(const Target&, const Evidence& evidence) {
  if (evidence.integer("guest_captures") + evidence.integer("host_captures") == 0) return std::nullopt;
  const std::string damaged = damage(evidence), limited = limits(evidence);
  if (damaged.empty() && limited.empty()) return std::nullopt;
  Verdict verdict;
  const bool doubtful = evidence.integer("errors") > 0 || evidence.integer("clock_failures") > 0;
  verdict.severity = doubtful ? "critical" : damaged.empty() ? "info" : "warning";
  verdict.confidence = "high";
  verdict.sample = evidence.integer("chains");
  verdict.title = !damaged.empty() ? "The capture is damaged: some of the numbers below stand on incomplete traces"
                                   : "The capture is sound, with limits";
  verdict.why = damaged;
  if (!limited.empty()) add(verdict.why, limited);
  verdict.change =
      "Record again: 'descry record' on both sides with larger buffers ('--buffer'), fewer probes ('--detail'), or a "
      "shorter time; 'descry doctor' says what is in the way. For nested kprobes use fprobe events or 'descry record'.";
  verdict.cost = "Larger buffers take kernel memory while recording.";
  verdict.howToCheck = "'SELECT * FROM loss_view' and 'SELECT * FROM anomaly_view' touch no queue you care about.";
  return verdict;
}

std::string lacks(const Target&, const Evidence&) {
  return "";
}

}  // namespace

const Rule kCaptureHealth{"capture-health", Rule::Subject::Case, query, judge, lacks};

}  // namespace descry
