// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with the traces themselves, and so with everything else that is said: lost events, doubtful ones, one
// side missing, a clock that is known less precisely than what it has to measure.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

void add(std::string& text, const std::string& sentence) {
  text += (text.empty() ? "" : " ") + sentence;
}

std::string damage(const Evidence& evidence) {
  std::string text;
  if (evidence.integer("losing_captures") > 0)
    add(text, fmt::format("{} lost events ({} of them were counted).",
                          countText(evidence.integer("losing_captures"), "trace", "traces"),
                          countText(evidence.integer("lost_events"))));
  if (const auto missed = evidence.integer("probes_missed"); missed > 0)
    add(text, fmt::format("{} skipped because probes nested.", countText(missed, "probe hit was", "probe hits were")));
  if (const auto ranges = evidence.integer("loss_ranges"); ranges > 0)
    add(text, fmt::format("Events were lost in {}: what is absent there may have happened.",
                          countText(ranges, "time range", "time ranges")));
  const std::int64_t warnings = evidence.integer("warnings") - evidence.integer("contradictions");
  if (warnings + evidence.integer("errors") > 0)
    add(text, fmt::format("{} in doubt, and {} results doubtful; the most frequent kind is '{}'.",
                          countText(warnings, "event is", "events are"),
                          countText(evidence.integer("errors"), "event makes", "events make"), evidence.text("worst")));
  if (evidence.integer("clock_failures") > 0) add(text, "The clocks of the two sides contradict each other.");
  return text;
}

std::string limits(const Evidence& evidence) {
  std::string text;
  if (const auto facts = evidence.integer("contradictions"); facts > 0)
    add(text, fmt::format("{} each other or the trace, which counts then.",
                          countText(facts, "fact contradicts", "facts contradict")));
  const auto guests = evidence.integer("guest_captures"), hosts = evidence.integer("host_captures");
  if (guests == 0 || hosts == 0)
    add(text, fmt::format("Only the {} was recorded: the numbers do not cover what happens on the other side.",
                          guests == 0 ? "host" : "guest"));
  const auto error = evidence.integer("clock_error_ns"), mean = evidence.integer("mean_latency_ns");
  if (mean > 0 && error > mean)
    add(text, fmt::format("The two clocks are aligned to +-{} only, which is more than the mean latency of {}: how a "
                          "latency splits between the two sides is uncertain.",
                          timeText(error), timeText(mean)));
  return text;
}

/// What helps against each cause that was seen.
std::string change(const Evidence& evidence) {
  std::string text;
  const auto against = [&](std::string_view column, std::string_view advice) {
    if (evidence.integer(column) > 0) add(text, std::string(advice));
  };
  against("tick_clocks",
          "Record with a clock that counts nanoseconds: 'trace-cmd record -C mono', or 'echo mono > "
          "/sys/kernel/tracing/trace_clock'.");
  against("stepped_clocks", "Record with a clock that nothing sets while it runs: 'mono' of ftrace, LTTng's default.");
  against(
      "lttng_losses",
      "Give LTTng larger buffers: 'descry record --buffer', or 'lttng enable-channel --subbuf-size'; or record less "
      "('--detail light').");
  against("ftrace_losses",
          "Give ftrace larger buffers: 'trace-cmd record -b 65536' (KiB for each CPU), or 'echo 65536 > "
          "/sys/kernel/tracing/buffer_size_kb'; or record fewer events.");
  if (evidence.known("cut"))
    add(text,
        fmt::format("Copy the whole file again, or let the recording come to its end: {}.", evidence.text("cut")));
  against("unreadable_lines",
          "Send a trace as an attached file: lines that were pasted into a mail or edited cannot be read any more.");
  against("contradictions", "Give only the facts of this machine, as it was when it was recorded.");
  against("probes_missed", "Against nested kprobes, use fprobe events or 'descry record'.");
  if (text.empty() && evidence.integer("guest_captures") == 0) add(text, "Record the guest as well.");
  if (text.empty() && evidence.integer("host_captures") == 0) add(text, "Record the host as well.");
  if (text.empty()) add(text, "Record again, for longer or with more requests.");
  return text + " 'descry doctor' says what prevents a better capture.";
}

/// The first of it, in one line.
std::string action(const Evidence& evidence) {
  const auto seen = [&](std::string_view column) { return evidence.integer(column) > 0; };
  if (seen("tick_clocks") || seen("stepped_clocks")) return "Record with another clock: trace-cmd record -C mono";
  if (seen("lttng_losses")) return "Record with larger buffers: descry record --buffer 65536";
  if (seen("ftrace_losses")) return "Record with larger buffers: trace-cmd record -b 65536";
  if (evidence.known("cut")) return "Copy the whole file again, or let the recording come to its end";
  if (seen("unreadable_lines")) return "Send the trace as an attached file, not pasted into a mail";
  if (seen("probes_missed")) return "Record without nested kprobes: descry record";
  if (seen("contradictions")) return "Give only the facts of this machine, as it was when recorded";
  if (seen("guest_captures") && seen("host_captures")) return "See what prevents a better capture: descry doctor";
  return fmt::format("Record the {} as well: descry record", seen("guest_captures") ? "host" : "guest");
}

std::optional<Verdict> judge(const Target&, const Evidence& evidence) {
  if (evidence.integer("guest_captures") + evidence.integer("host_captures") == 0) return std::nullopt;
  const std::string damaged = damage(evidence), limited = limits(evidence);
  if (damaged.empty() && limited.empty()) return std::nullopt;
  Verdict verdict;
  const bool doubtful = evidence.integer("errors") > 0 || evidence.integer("clock_failures") > 0;
  const bool contradicted = evidence.integer("contradictions") > 0;
  verdict.severity = doubtful                           ? Severity::Critical
                     : damaged.empty() && !contradicted ? Severity::Info
                                                        : Severity::Warning;
  verdict.confidence = "high";
  verdict.sample = evidence.integer("chains");
  verdict.title = !damaged.empty() ? "The capture is damaged: some numbers come from incomplete traces"
                  : contradicted   ? "The facts contradict each other or the trace"
                                   : "The capture is sound, with limits";
  verdict.why = damaged;
  if (!limited.empty()) add(verdict.why, limited);
  verdict.change = change(evidence);
  verdict.action = action(evidence);
  if (evidence.integer("lttng_losses") + evidence.integer("ftrace_losses") > 0)
    verdict.cost = "Larger buffers take kernel memory during the recording.";
  else
    verdict.cost = "One more recording.";
  verdict.howToCheck =
      "Run 'SELECT * FROM loss_view' and 'SELECT * FROM anomaly_view': if neither names a queue that you care about, "
      "its numbers are sound.";
  return verdict;
}

std::string lacks(const Target&, const Evidence&) {
  return "";
}

}  // namespace

const Rule kCaptureHealth{"capture-health", Rule::Subject::Case, judge, lacks};

}  // namespace descry
