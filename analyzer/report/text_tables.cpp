// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "analyzer/report/quantity.hpp"
#include "analyzer/report/text_page.hpp"

namespace descry {

namespace {

constexpr int kLabelColumns = 20;

std::string rowLabel(const Summary& summary, const LevelSummary& level) {
  if (level.device == nullptr) return printable(level.transport);
  const std::string text =
      deviceText(summary, *level.device) + " " + printable(level.queueId != 0 ? level.queueName : level.device->kind);
  return "  " + fitted(text, kLabelColumns - 2);
}

// "not in path", "0 misses" and "unknown" are three different answers; see the notes under the table for the reasons.
std::string iotlbCell(const LevelSummary& level) {
  const Ns total = level.cause(Cause::Iotlb).total;
  if (total > 0) return percentText(level.share(total), 1);
  if (!level.translation) return "unknown";
  if (*level.translation == "not in path") return "not in path";
  if (!seen(level.misses)) return "not seen";
  return level.misses == 0 ? "0 misses" : "-";
}

/// Writes `row` for each level; rows of devices and queues stand under a line with their transport.
template <typename Row>
void writeRows(const std::vector<LevelSummary>& levels, TextPage& page, Row&& row) {
  std::string transport;
  for (const LevelSummary& level : levels) {
    if (level.device != nullptr && level.transport != transport) {
      page.line(page.paint(Ink::Bold, printable(level.transport)));
      transport = level.transport;
    }
    row(level);
  }
}

void writeLatency(const Summary& summary, const std::vector<LevelSummary>& levels, TextPage& page) {
  page.line(page.paint(Ink::Bold, fmt::format("{:<{}}{:>11}{:>11}{:>11}{:>11}{:>11}", "Latency", kLabelColumns,
                                              "chains", "p50", "p99", "p99.9", "max")));
  writeRows(levels, page, [&](const LevelSummary& level) {
    const CauseSum& sum = level.latency;
    const std::string about = level.exact ? "" : "~";
    page.line(fmt::format("{:<{}}{:>11}{:>11}{:>11}{:>11}{:>11}{}", rowLabel(summary, level), kLabelColumns,
                          countText(level.complete), about + timeText(sum.p50), about + timeText(sum.p99),
                          about + timeText(sum.p999), timeText(sum.max),
                          level.scope == "full"   ? ""
                          : level.scope == "host" ? " h"
                                                  : " g"));
  });
}

void writeShares(const Summary& summary, const std::vector<LevelSummary>& levels, TextPage& page) {
  page.heading(fmt::format("{:<{}}{:>12}{:>9}{:>9}{:>13}{:>9}{:>8}", "Share of latency", kLabelColumns, "iotlb",
                           "swiotlb", "ring", "notification", "backend", "unattr."));
  writeRows(levels, page, [&](const LevelSummary& level) {
    const auto cell = [&](Cause cause, int columns) {
      const Ns total = level.cause(cause).total;
      const std::string text =
          fmt::format("{:>{}}", cause == Cause::Iotlb ? iotlbCell(level) : percentText(level.share(total), 1), columns);
      const bool greatest = total > 0 && std::all_of(level.causes.begin(), level.causes.end(),
                                                     [&](const CauseSum& other) { return other.total <= total; });
      return page.paint(greatest ? inkOf(cause) : Ink::Plain, text);
    };
    page.line(fmt::format("{:<{}}{}{}{}{}{}{}", rowLabel(summary, level), kLabelColumns, cell(Cause::Iotlb, 12),
                          cell(Cause::Swiotlb, 9), cell(Cause::Ring, 9), cell(Cause::Notification, 13),
                          cell(Cause::Backend, 9), cell(Cause::Unattributed, 8)));
  });
}

std::string missText(const LevelSummary& level) {
  if (!seen(level.misses)) return "misses not seen (no host capture)";
  std::string text = countText(level.misses, "miss", "misses");
  if (level.metadataMisses > 0) text += fmt::format(", {} of them on ring metadata", countText(level.metadataMisses));
  return text;
}

std::string translationNote(const LevelSummary& level) {
  const Ns total = level.cause(Cause::Iotlb).total;
  std::string text;
  if (level.translation == "not in path")
    text = "IOTLB not in path";
  else if (level.translation)
    text = fmt::format("IOTLB in path ({}), {}", printable(*level.translation), missText(level));
  else if (level.misses > 0)
    text = missText(level);
  else
    text = "whether an IOTLB is in the path is unknown";
  if (level.induced.total > 0)
    text += fmt::format("; iotlb {}, of which induced by other chains' or ring misses: {}",
                        percentText(level.share(total), 1), percentText(level.share(level.induced.total), 1));
  if (level.device->translationReason) text += ": " + printable(*level.device->translationReason);
  return text + ".";
}

/// Same words are said once, for all the names they hold for.
class Notes {
 public:
  void add(const std::string& name, const std::string& text) {
    const auto known =
        std::find_if(m_notes.begin(), m_notes.end(), [&](const auto& note) { return note.second == text; });
    if (known == m_notes.end())
      m_notes.emplace_back(name, text);
    else
      known->first += ", " + name;
  }
  void write(TextPage& page) const {
    for (const auto& [names, text] : m_notes) page.paragraph("  " + names + ": ", text, 4);
  }

 private:
  std::vector<std::pair<std::string, std::string>> m_notes;
};

std::string idleText(const IdleWait& wait, std::string_view what) {
  return fmt::format("{} {}, {} on average, at most {}; not part of the latency.",
                     countText(wait.chains, "buffer", "buffers"), what, timeText(wait.total / wait.chains),
                     timeText(wait.max));
}

void writeNotes(const Summary& summary, const std::vector<LevelSummary>& levels, TextPage& page) {
  Notes notes;
  for (const LevelSummary& level : summary.byDevice)
    if (level.device != nullptr) notes.add(deviceText(summary, *level.device), translationNote(level));
  for (const LevelSummary& queue : summary.queues) {
    if (queue.device == nullptr) continue;
    const std::string name = deviceText(summary, *queue.device) + " " + printable(queue.queueName);
    if (queue.counts.before.chains > 0) notes.add(name, idleText(queue.counts.before, "waited as stock for a packet"));
    if (queue.counts.after.chains > 0)
      notes.add(name, idleText(queue.counts.after, "waited to be reaped after the device was done"));
    if (queue.counts.startAssumed > 0)
      notes.add(name, countText(queue.counts.startAssumed, "chain is", "chains are") +
                          " counted from the doorbell of the burst, so they took at most this long.");
  }
  for (const DeviceSummary* device : summary.silentDevices)
    notes.add(
        fmt::format("{} ({}, {})", deviceText(summary, *device), printable(device->transport), printable(device->kind)),
        "no complete chain.");
  notes.write(page);

  const auto any = [&](auto&& holds) { return std::any_of(levels.begin(), levels.end(), holds); };
  if (any([](const LevelSummary& level) { return !level.exact; }))
    page.line("  ~ percentiles from a histogram, at most 1.1 % off");
  if (any([](const LevelSummary& level) { return level.scope == "host"; }))
    page.line("  h: host side only, from the first to the last point the host saw");
  if (any([](const LevelSummary& level) { return level.scope == "guest"; }))
    page.line("  g: guest side only, from Q to C without a view into the host");
}

}  // namespace

void writeTables(const Summary& summary, ReportLevel by, TextPage& page) {
  std::vector<LevelSummary> levels = summary.transports;
  if (by != ReportLevel::Transport) levels = by == ReportLevel::Device ? summary.byDevice : summary.queues;
  if (levels.empty()) return;
  page.line();
  writeLatency(summary, levels, page);
  writeShares(summary, levels, page);
  writeNotes(summary, levels, page);
}

}  // namespace descry
