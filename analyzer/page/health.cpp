// SPDX-License-Identifier: GPL-2.0-or-later
// Whether the numbers above can be trusted, in sentences; health_tables.cpp has the tables.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analyzer/page/case_page.hpp"
#include "analyzer/page/health_tables.hpp"
#include "schemas/model/probe_cost.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr std::size_t kMaxSegments = 4, kMaxAnomalies = 6, kMaxUnpaired = 5, kMaxLosses = 6;

void sayMore(Terms::Term& term, std::size_t all, std::size_t shown) {
  if (all > shown) term.items.push_back({"", fmt::format("... and {} more", all - shown), {}, Ink::Plain});
}

std::string driftText(std::int64_t ppb) {
  const double ppm = static_cast<double>(ppb) / 1000;
  return fmt::format("{:.{}f}", ppm, std::abs(ppm) < 10 ? 2 : std::abs(ppm) < 100 ? 1 : 0);
}

std::string_view clockSourceText(std::string_view source) {
  if (source == "tsc") return "; bounded by the time stamp counters and KVM's offset between them";
  if (source == "kvm") return "; bounded also by what KVM saw";
  if (source == "contradicted") return "; the time stamp counters say something else, and are not used";
  return "";
}

Terms::Term clockTerm(const Summary& summary) {
  Terms::Term term{"Clock", {}};
  const auto say = [&](std::string text) { term.says.push_back(std::move(text)); };
  if (summary.captures.empty()) return term;
  if (!summary.hasSide("guest") || !summary.hasSide("host")) {
    say("one side only: no cross-clock phases");
    return term;
  }
  if (summary.clock.empty()) {
    say("no clock model: no chain was seen from both sides, so there are no cross-clock phases");
    return term;
  }
  Ns worst = 0;
  for (const ClockSegmentRow& segment : summary.clock) worst = std::max(worst, segment.error);
  if (summary.clock.size() > 1)
    say(fmt::format("{} segments (the clocks stepped, or several captures); every cross-clock phase is within ±{}",
                    summary.clock.size(), timeText(worst)));
  for (std::size_t i = 0; i < std::min(summary.clock.size(), kMaxSegments); ++i) {
    const ClockSegmentRow& segment = summary.clock[i];
    std::string text = fmt::format("guest = host {}, ±{}; drift {} ppm ±{}; quality {}; ", exactSeconds(segment.offset),
                                   timeText(segment.error), driftText(segment.driftPpb),
                                   driftText(segment.driftErrorPpb), segment.quality);
    if (summary.clock.size() == 1) text += "1 segment, ";
    text += countText(segment.constraints, "constraint", "constraints");
    text += clockSourceText(segment.source);
    say(text);
  }
  sayMore(term, summary.clock.size(), kMaxSegments);
  return term;
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
    text += fmt::format(" ({} of these excluded from the numbers above)", countText(chains.leftOut));
  append(chains.unsynchronised, "without a common clock for their sides");
  append(chains.contradicted, "in an order that contradicts the clock (their two sides stay on separate clocks)");
  append(chains.suspect, "suspect because they overlap lost events");
  if (chains.suspect > 0)
    text += summary.suspectIncluded ? "; the numbers above include them" : "; the numbers above exclude them";
  return text + ".";
}

void addLosses(const Summary& summary, Terms::Term& term) {
  for (std::size_t i = 0; i < std::min(summary.losses.size(), kMaxLosses); ++i) {
    const LossSummary& loss = summary.losses[i];
    std::string text = fmt::format("{}{}: {}, {} together, ", loss.side,
                                   loss.queue.empty() ? "" : " " + loss.device + " " + loss.queue,
                                   countText(loss.ranges, "range", "ranges"), timeText(loss.span));
    if (loss.uncounted == loss.ranges)
      text += "unknown number of events";
    else
      text += countText(loss.events, "event", "events") + (loss.uncounted > 0 ? " or more" : "");
    term.items.push_back({fmt::format("loss ({}) ", loss.reason), text, {}, Ink::Red});
  }
  sayMore(term, summary.losses.size(), kMaxLosses);
}

void addAnomalies(const Summary& summary, Terms::Term& term) {
  for (std::size_t i = 0; i < std::min(summary.anomalies.size(), kMaxAnomalies); ++i) {
    const AnomalySummary& anomaly = summary.anomalies[i];
    std::string kind = anomaly.kind;
    std::replace(kind.begin(), kind.end(), '-', ' ');
    const Ink ink = anomaly.severity == Doubt::Error     ? Ink::Red
                    : anomaly.severity == Doubt::Warning ? Ink::Yellow
                                                         : Ink::Faint;
    term.items.push_back({fmt::format("{} ", wordOf(anomaly.severity)),
                          fmt::format("{}, {}: {}", kind, countText(anomaly.count, "time", "times"), anomaly.detail),
                          {},
                          ink});
  }
  sayMore(term, summary.anomalies.size(), kMaxAnomalies);
}

void addUnpaired(const Summary& summary, Terms::Term& term) {
  for (std::size_t i = 0; i < std::min(summary.unpaired.size(), kMaxUnpaired); ++i) {
    const UnpairedSummary& unpaired = summary.unpaired[i];
    term.items.push_back({"unpaired ",
                          fmt::format("{} {} ({}), {}: {}", unpaired.device, unpaired.queue, unpaired.side,
                                      countText(unpaired.chains, "chain", "chains"), unpaired.reason),
                          {},
                          Ink::Yellow});
  }
  sayMore(term, summary.unpaired.size(), kMaxUnpaired);
}

// Nothing is subtracted: which part of a measured time was a probe's is not known. But it can be said how much it is.
Terms::Term probesTerm(const Summary& summary) {
  Terms::Term term{"Probes", {}};
  for (const ProbeCostSummary& cost : summary.probeCosts) {
    const auto perChain = [&cost](std::int64_t sum) {
      return static_cast<double>(sum) / static_cast<double>(cost.chains);
    };
    const std::string text = fmt::format("{}: {:.1f} hits per chain take {}, probably {:.1f} % of its latency",
                                         cost.side, perChain(cost.hits), timeText(perChain(cost.cost)), cost.percent);
    term.says.push_back(text + (cost.percent > kMuchProbePercent ? "; record with --detail light." : "."));
  }
  std::string text;
  for (const LevelSummary& level : summary.byDevice)
    if (level.device != nullptr && level.probedHalves > 0)
      text += fmt::format("{}{} {:.0f}", text.empty() ? "" : ", ", deviceText(summary, *level.device),
                          static_cast<double>(level.probeHits) / static_cast<double>(level.probedHalves));
  if (!text.empty())
    term.says.push_back("guest probe hits per chain: " + text +
                        "; their own time is part of the latency, mostly of its causes "
                        "in the guest.");
  return term;
}

/// "viommu intel (guest.xml), vmm QEMU (guest.xml, ps.txt)"
Terms::Term machineTerm(const Summary& summary) {
  std::map<std::string, std::map<std::string, std::string>> machines;  // statement -> sources, by machine
  for (const FactRow& fact : summary.machineFacts) {
    std::string& sources = machines[fact.vm][fact.name + " " + fact.value];
    sources += (sources.empty() ? "" : ", ") + fact.source;
  }
  Terms::Term term{"Machine", {}};
  for (const auto& [vm, statements] : machines) {
    std::string text;
    for (const auto& [statement, sources] : statements)
      text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", statement, sources);
    term.says.push_back((machines.size() > 1 ? vm + ": " : "") + text + ".");
  }
  return term;
}

Terms::Term capturesTerm(const Summary& summary) {
  Terms::Term term{"Captures", {}};
  for (const CaptureRow& capture : summary.captures) {
    std::string text = fmt::format("{}: {} ({}", capture.side, capture.path, capture.source);
    for (const OptionalText* extra : {&capture.tool, &capture.hostName, &capture.kernel})
      if (*extra && !(*extra)->empty()) text += ", " + **extra;
    text += fmt::format("): {} in {}", countText(capture.events, "event", "events"), timeText(capture.last));
    if (capture.unknown > 0) text += fmt::format(", {} of unknown name", countText(capture.unknown));
    if (capture.discarded < 0)
      text += ", an unknown number lost";
    else if (capture.discarded > 0)
      text += fmt::format(", {} lost", countText(capture.discarded));
    if (seen(capture.probesMissed) && capture.probesMissed > 0)
      text +=
          fmt::format(", {} skipped because they nested", countText(capture.probesMissed, "kprobe hit", "kprobe hits"));
    term.says.push_back(text + ".");
  }
  return term;
}

}  // namespace

std::string healthText(const Summary& summary) {
  std::map<Doubt, std::int64_t> bySeverity;
  for (const AnomalySummary& anomaly : summary.anomalies) bySeverity[anomaly.severity] += anomaly.count;
  std::int64_t ranges = 0, unpaired = 0;
  for (const LossSummary& loss : summary.losses) ranges += loss.ranges;
  for (const UnpairedSummary& row : summary.unpaired) unpaired += row.chains;

  std::string text = ranges == 0 ? "no loss" : "loss in " + countText(ranges, "time range", "time ranges");
  if (summary.anomalies.empty()) text += ", no anomaly";
  for (const Doubt severity : {Doubt::Error, Doubt::Warning, Doubt::Info})
    if (const std::int64_t count = bySeverity[severity]; count > 0)
      text += ", " + countText(count, wordOf(severity), fmt::format("{}s", wordOf(severity)));
  if (summary.hasSide("guest") && summary.hasSide("host"))
    text += unpaired == 0 ? ", everything paired" : ", " + countText(unpaired, "half", "halves") + " unpaired";
  return text + ".";
}

Section healthSection(const Summary& summary) {
  Section section{"health", "Health"};
  section.titled = Media::Marked;
  Terms::Term health{"Health", {}}, missing{"Not seen", summary.missing};
  if (!summary.captures.empty() || !summary.anomalies.empty()) {
    health.says.push_back(healthText(summary));
    addLosses(summary, health);
    addAnomalies(summary, health);
    addUnpaired(summary, health);
  }
  if (!summary.captures.empty()) health.items.push_back({"", chainsText(summary), {}, Ink::Plain});
  Terms written{
      {clockTerm(summary), health, probesTerm(summary), machineTerm(summary), capturesTerm(summary), missing}};
  // The tables say the rest.
  health.items = {{"", chainsText(summary), {}, Ink::Plain}};
  Terms besideTables{{clockTerm(summary), health, probesTerm(summary), machineTerm(summary), missing}};
  section.add(std::move(written), Media::Written);
  section.add(std::move(besideTables), Media::Html);
  for (Table& table : healthTables(summary)) section.add(std::move(table), Media::Html);
  return section;
}

}  // namespace descry
