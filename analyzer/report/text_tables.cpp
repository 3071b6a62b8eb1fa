// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr int kLeastLabel = 20, kOtherColumns = 60;

/// Long names of devices give way before the names of their queues, which tell the rows apart.
std::string rowLabel(const Summary& summary, const LevelSummary& level, int columns) {
  if (level.device == nullptr) return fitted(printable(level.transport), columns);
  std::string what = printable(level.queueId != 0 ? level.queueName : level.device->kind);
  what = level.queueId == 0 && what == "unknown" ? "" : " " + what;
  return "  " + fitted(deviceText(summary, *level.device), std::max(4, columns - 3 - columnsOf(what))) + what;
}

int labelColumns(const Summary& summary, const std::vector<LevelSummary>& levels, const TextPage& page) {
  const int most = std::max(kLeastLabel, page.width() - kOtherColumns);
  int columns = kLeastLabel;
  for (const LevelSummary& level : levels) columns = std::max(columns, columnsOf(rowLabel(summary, level, most)) + 1);
  return std::min(columns, most);
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

void writeLatency(const Summary& summary, const std::vector<LevelSummary>& levels, int label, TextPage& page) {
  page.line(page.paint(Ink::Bold, fmt::format("{:<{}}{:>11}{:>11}{:>11}{:>11}{:>11}", "Latency", label, "chains", "p50",
                                              "p99", "p99.9", "max")));
  writeRows(levels, page, [&](const LevelSummary& level) {
    const CauseSum& sum = level.latency;
    const std::string about = level.exact ? "" : "~";
    page.line(fmt::format("{:<{}}{:>11}{:>11}{:>11}{:>11}{:>11}{}", rowLabel(summary, level, label), label,
                          countText(level.complete), about + timeText(sum.p50), about + timeText(sum.p99),
                          about + timeText(sum.p999), timeText(sum.max),
                          level.scope == "full"   ? ""
                          : level.scope == "host" ? " h"
                                                  : " g"));
  });
}

void writeShares(const Summary& summary, const std::vector<LevelSummary>& levels, int label, TextPage& page) {
  page.heading(fmt::format("{:<{}}{:>12}{:>9}{:>9}{:>13}{:>9}{:>8}", "Share of latency", label, "iotlb", "swiotlb",
                           "ring", "notification", "backend", "unattr."));
  writeRows(levels, page, [&](const LevelSummary& level) {
    const auto cell = [&](Cause cause, int columns) {
      const Ns total = level.cause(cause).total;
      const std::string text = fmt::format(
          "{:>{}}", cause == Cause::Iotlb && total == 0 ? iotlbText(level) : percentText(level.share(total)), columns);
      const bool greatest = total > 0 && std::all_of(level.causes.begin(), level.causes.end(),
                                                     [&](const CauseSum& other) { return other.total <= total; });
      return page.paint(greatest ? inkOf(cause) : Ink::Plain, text);
    };
    page.line(fmt::format("{:<{}}{}{}{}{}{}{}", rowLabel(summary, level, label), label, cell(Cause::Iotlb, 12),
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
  std::string text = "whether an IOTLB is in the path is not known";
  if (level.translation == "not in path")
    text = "IOTLB not in path";
  else if (level.translation)
    text = fmt::format("IOTLB in path ({})", printable(*level.translation));
  if (level.device->translationReason) text += ": " + printable(*level.device->translationReason);
  text += ".";
  const bool inPath = level.translation && *level.translation != "not in path";
  if (!inPath && level.misses <= 0) return text;
  text += " " + missText(level);
  if (level.induced.total > 0)
    text += fmt::format("; iotlb is {}, of which {} induced: waiting for other chains' or the ring's misses",
                        percentText(level.share(level.cause(Cause::Iotlb).total)),
                        percentText(level.share(level.induced.total)));
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

}  // namespace

std::string iotlbText(const LevelSummary& level) {
  if (!level.translation) return "unknown";
  if (*level.translation == "not in path") return "not in path";
  if (!seen(level.misses)) return "not seen";
  return level.misses == 0 ? "0 misses" : "-";
}

void writeTableNotes(const Summary& summary, const std::vector<LevelSummary>& levels, TextPage& page) {
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
      notes.add(name, countText(queue.counts.startAssumed, "chain", "chains") +
                          " counted from the doorbell that opened the burst: at most this long.");
  }
  for (const DeviceSummary* device : summary.silentDevices)
    notes.add(fmt::format("{} ({})", deviceText(summary, *device), identityText(*device)), "no complete chain.");
  notes.write(page);

  const auto any = [&](auto&& holds) { return std::any_of(levels.begin(), levels.end(), holds); };
  if (any([](const LevelSummary& level) { return !level.exact; }))
    page.line("  ~ percentiles from a histogram, at most 1.1 % off");
  if (any([](const LevelSummary& level) { return level.scope == "host"; }))
    page.line("  h: host side only, from the first to the last point the host saw");
  if (any([](const LevelSummary& level) { return level.scope == "guest"; }))
    page.line("  g: guest side only, from Q to C without a view into the host");
}

void writeTables(const Summary& summary, ReportLevel by, TextPage& page) {
  const auto& levels = levelsOf(summary, by);
  if (levels.empty()) return;
  page.line();
  const int label = labelColumns(summary, levels, page);
  writeLatency(summary, levels, label, page);
  writeShares(summary, levels, label, page);
  writeTableNotes(summary, levels, page);
}

}  // namespace descry
