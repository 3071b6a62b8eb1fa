// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/page/case_page.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

std::string missText(const LevelSummary& level) {
  if (!seen(level.misses)) return "misses not seen (no host capture)";
  std::string text = countText(level.misses, "miss", "misses");
  if (level.metadataMisses > 0) text += fmt::format(", {} of them on ring metadata", countText(level.metadataMisses));
  return text;
}

std::string translationNote(const LevelSummary& level) {
  std::string text = "whether an IOTLB is in the path is not known";
  if (level.translation == Translation::NotInPath)
    text = "IOTLB not in path";
  else if (level.translation)
    text = fmt::format("IOTLB in path ({})", wordOf(*level.translation));
  if (level.device->translationReason) text += ": " + *level.device->translationReason;
  text += ".";
  const bool inPath = level.translation && *level.translation != Translation::NotInPath;
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
  Sentences sentences() const {
    Sentences result{Sentences::Style::Notes, {}};
    for (const auto& [names, text] : m_notes) result.items.push_back({names + ": ", text, {}, Ink::Plain});
    return result;
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

Sentences levelNotes(const Summary& summary, const std::vector<LevelSummary>& levels) {
  Notes notes;
  for (const LevelSummary& level : summary.byDevice)
    if (level.device != nullptr) notes.add(deviceText(summary, *level.device), translationNote(level));
  for (const LevelSummary& queue : summary.queues) {
    if (queue.device == nullptr) continue;
    const std::string name = levelText(summary, queue);
    if (queue.stuck > 0)
      notes.add(name, countText(queue.stuck, "chain is", "chains are") +
                          " stuck; p50 to max count each with its age, so they are at least so long.");
    if (queue.counts.before.chains > 0) notes.add(name, idleText(queue.counts.before, "waited as stock for a packet"));
    if (queue.counts.after.chains > 0)
      notes.add(name, idleText(queue.counts.after, "waited to be reaped after the device had finished"));
    if (queue.counts.startAssumed > 0)
      notes.add(name, countText(queue.counts.startAssumed, "chain", "chains") +
                          " counted from the doorbell that opened the burst: at most this long.");
  }
  for (const DeviceSummary* device : summary.silentDevices)
    notes.add(fmt::format("{} ({})", deviceText(summary, *device), identityText(*device)), "no complete chain.");

  Sentences result = notes.sentences();
  const auto any = [&](auto&& holds) { return std::any_of(levels.begin(), levels.end(), holds); };
  const auto legend = [&](const char* text) { result.items.push_back({"", text, {}, Ink::Plain}); };
  if (any([](const LevelSummary& level) { return !level.exact; }))
    legend("~ percentiles from a histogram, at most 1.1 % off");
  if (any([](const LevelSummary& level) { return level.scope == Scope::Host; }))
    legend("h: host side only, from the first to the last point the host saw");
  if (any([](const LevelSummary& level) { return level.scope == Scope::Guest; }))
    legend("g: guest side only, from Q to C without a view into the host");
  return result;
}

}  // namespace descry
