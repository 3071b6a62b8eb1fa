// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr int kIndent = 10;
constexpr std::size_t kMaxSegments = 4, kMaxAnomalies = 6, kMaxUnpaired = 5, kMaxLosses = 6;

/// The first paragraph of a section carries its name, the others are indented alike.
class Section {
 public:
  Section(TextPage& page, std::string name) : m_page(page), m_name(std::move(name)) {}

  void say(std::string_view text) {
    m_page.paragraph(fmt::format("{:<{}}", m_name, kIndent), text, kIndent, Ink::Bold);
    m_name.clear();
  }
  void item(std::string_view lead, std::string_view text, Ink ink = Ink::Plain) {
    m_page.paragraph(fmt::format("{:<{}}{}", "", kIndent, m_page.paint(ink, lead)), text, kIndent + 4);
  }
  void more(std::size_t all, std::size_t shown) {
    if (all > shown) item("", fmt::format("... and {} more", all - shown));
  }

 private:
  TextPage& m_page;
  std::string m_name;
};

std::string driftText(std::int64_t ppb) {
  const double ppm = static_cast<double>(ppb) / 1000;
  return fmt::format("{:.{}f}", ppm, std::abs(ppm) < 10 ? 2 : std::abs(ppm) < 100 ? 1 : 0);
}

void writeClock(const Summary& summary, TextPage& page) {
  Section section(page, "Clock");
  if (summary.captures.empty()) return;
  if (!summary.hasSide("guest") || !summary.hasSide("host")) return section.say("one side only: no cross-clock phases");
  if (summary.clock.empty())
    return section.say("no clock model: no chain was seen from both sides, so there are no cross-clock phases");
  Ns worst = 0;
  for (const ClockSegmentRow& segment : summary.clock) worst = std::max(worst, segment.error);
  if (summary.clock.size() > 1)
    section.say(
        fmt::format("{} segments (the clocks stepped, or several captures); every cross-clock phase is within ±{}",
                    summary.clock.size(), timeText(worst)));
  for (std::size_t i = 0; i < std::min(summary.clock.size(), kMaxSegments); ++i) {
    const ClockSegmentRow& segment = summary.clock[i];
    std::string text = fmt::format("guest = host {}, ±{}; drift {} ppm ±{}; quality {}; ", exactSeconds(segment.offset),
                                   timeText(segment.error), driftText(segment.driftPpb),
                                   driftText(segment.driftErrorPpb), printable(segment.quality));
    if (summary.clock.size() == 1) text += "1 segment, ";
    text += countText(segment.constraints, "constraint", "constraints");
    section.say(text);
  }
  section.more(summary.clock.size(), kMaxSegments);
}

std::string chainsText(const Summary& summary) {
  const ChainCounts& chains = summary.chains;
  std::string text = fmt::format("{} complete", countText(chains.complete, "chain", "chains"));
  const auto append = [&](std::int64_t count, std::string_view what) {
    if (count > 0) text += fmt::format(", {} {}", countText(count), what);
  };
  append(chains.incomplete, "incomplete");
  if (summary.inFlight > 0)
    text += fmt::format(" (of these {} still in flight at the end)", countText(summary.inFlight));
  append(chains.guestOnly, "seen by the guest only");
  append(chains.hostOnly, "seen by the host only");
  if (chains.leftOut > 0)
    text += fmt::format(" ({} of these left out of the numbers above)", countText(chains.leftOut));
  append(chains.unsynchronised, "without a common clock for their sides");
  append(chains.contradicted, "in an order that contradicts the clock (their sides are not put on one clock)");
  append(chains.suspect, "suspect: they overlap a loss");
  if (chains.suspect > 0)
    text += summary.suspectIncluded ? "; the numbers above include them" : "; the numbers above leave them out";
  return text + ".";
}

void writeLosses(const Summary& summary, Section& section) {
  for (std::size_t i = 0; i < std::min(summary.losses.size(), kMaxLosses); ++i) {
    const LossSummary& loss = summary.losses[i];
    std::string text = fmt::format("{}{}: {}, {} together, ", printable(loss.side),
                                   loss.queue.empty() ? "" : " " + printable(loss.device + " " + loss.queue),
                                   countText(loss.ranges, "range", "ranges"), timeText(loss.span));
    if (loss.uncounted == loss.ranges)
      text += "unknown number of events";
    else
      text += countText(loss.events, "event", "events") + (loss.uncounted > 0 ? " or more" : "");
    section.item(fmt::format("loss ({}) ", printable(loss.reason)), text, Ink::Red);
  }
  section.more(summary.losses.size(), kMaxLosses);
}

void writeAnomalies(const Summary& summary, Section& section) {
  for (std::size_t i = 0; i < std::min(summary.anomalies.size(), kMaxAnomalies); ++i) {
    const AnomalySummary& anomaly = summary.anomalies[i];
    std::string kind = printable(anomaly.kind);
    std::replace(kind.begin(), kind.end(), '-', ' ');
    const Ink ink = anomaly.severity == "error" ? Ink::Red : anomaly.severity == "warning" ? Ink::Yellow : Ink::Faint;
    section.item(printable(anomaly.severity) + " ",
                 fmt::format("{}, {}: {}", kind, countText(anomaly.count, "time", "times"), printable(anomaly.detail)),
                 ink);
  }
  section.more(summary.anomalies.size(), kMaxAnomalies);
}

void writeUnpaired(const Summary& summary, Section& section) {
  for (std::size_t i = 0; i < std::min(summary.unpaired.size(), kMaxUnpaired); ++i) {
    const UnpairedSummary& unpaired = summary.unpaired[i];
    section.item("unpaired ",
                 fmt::format("{} {} ({}), {}: {}", printable(unpaired.device), printable(unpaired.queue),
                             printable(unpaired.side), countText(unpaired.chains, "chain", "chains"),
                             printable(unpaired.reason)),
                 Ink::Yellow);
  }
  section.more(summary.unpaired.size(), kMaxUnpaired);
}

std::string verdict(const Summary& summary) {
  std::map<std::string, std::int64_t> bySeverity;
  for (const AnomalySummary& anomaly : summary.anomalies) bySeverity[anomaly.severity] += anomaly.count;
  std::int64_t ranges = 0, unpaired = 0;
  for (const LossSummary& loss : summary.losses) ranges += loss.ranges;
  for (const UnpairedSummary& row : summary.unpaired) unpaired += row.chains;

  std::string text = ranges == 0 ? "no loss" : "loss in " + countText(ranges, "time range", "time ranges");
  if (summary.anomalies.empty()) text += ", no anomaly";
  for (const char* severity : {"error", "warning", "info"})
    if (const std::int64_t count = bySeverity[severity]; count > 0)
      text += ", " + countText(count, severity, fmt::format("{}s", severity));
  if (summary.hasSide("guest") && summary.hasSide("host"))
    text += unpaired == 0 ? ", everything paired" : ", " + countText(unpaired, "half", "halves") + " unpaired";
  return text + ".";
}

// Nothing is subtracted: nobody knows which part of a measured time was a probe's. But it can be said how much it is.
void writeProbes(const Summary& summary, TextPage& page) {
  constexpr double kMuch = 5;
  Section section(page, "Probes");
  for (const ProbeCostSummary& cost : summary.probeCosts) {
    const auto perChain = [&cost](std::int64_t sum) {
      return static_cast<double>(sum) / static_cast<double>(cost.chains);
    };
    const std::string text =
        fmt::format("{}: {:.1f} hits per chain take {}, probably {:.1f} % of its latency", printable(cost.side),
                    perChain(cost.hits), timeText(perChain(cost.cost)), cost.percent);
    section.say(text + (cost.percent > kMuch ? "; record with --detail light." : "."));
  }
  std::string text;
  for (const LevelSummary& level : summary.byDevice)
    if (level.device != nullptr && level.probedHalves > 0)
      text += fmt::format("{}{} {:.0f}", text.empty() ? "" : ", ", deviceText(summary, *level.device),
                          static_cast<double>(level.probeHits) / static_cast<double>(level.probedHalves));
  if (!text.empty())
    section.say("guest probe hits per chain: " + text +
                "; their own time is part of the latency, mostly of its causes "
                "in the guest.");
}

void writeCaptures(const Summary& summary, TextPage& page) {
  Section section(page, "Captures");
  for (const CaptureRow& capture : summary.captures) {
    std::string text =
        fmt::format("{}: {} ({}", printable(capture.side), printable(capture.path), printable(capture.source));
    for (const OptionalText* extra : {&capture.tool, &capture.hostName, &capture.kernel})
      if (*extra && !(*extra)->empty()) text += ", " + printable(**extra);
    text += fmt::format("): {} in {}", countText(capture.events, "event", "events"), timeText(capture.lastNs));
    if (capture.unknown > 0) text += fmt::format(", {} of unknown name", countText(capture.unknown));
    if (capture.discarded < 0)
      text += ", an unknown number lost";
    else if (capture.discarded > 0)
      text += fmt::format(", {} lost", countText(capture.discarded));
    if (seen(capture.probesMissed) && capture.probesMissed > 0)
      text +=
          fmt::format(", {} skipped because they nested", countText(capture.probesMissed, "kprobe hit", "kprobe hits"));
    section.say(text + ".");
  }
}

}  // namespace

void writeHealth(const Summary& summary, TextPage& page) {
  page.line();
  writeClock(summary, page);
  if (!summary.captures.empty()) {
    Section health(page, "Health");
    health.say(verdict(summary));
    writeLosses(summary, health);
    writeAnomalies(summary, health);
    writeUnpaired(summary, health);
    health.item("", chainsText(summary));
  }
  writeProbes(summary, page);
  writeCaptures(summary, page);
  Section missing(page, "Not seen");
  for (const std::string& sentence : summary.missing) missing.say(printable(sentence));
}

}  // namespace descry
