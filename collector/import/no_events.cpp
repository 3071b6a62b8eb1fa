// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/no_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "collector/decode/alias_table.hpp"

namespace descry {

namespace {

std::string mostFrequent(const TraceInfo& info) {
  constexpr std::size_t kShown = 5;
  std::vector<std::pair<std::int64_t, std::string>> names;
  for (const auto& [name, count] : info.counts) names.emplace_back(-count.count, name);
  std::ranges::sort(names);
  if (names.empty() || names.front().first == 0) return "it has no events at all";
  std::string text = "found:";
  for (std::size_t i = 0; i < std::min(names.size(), kShown) && names[i].first != 0; ++i)
    text += fmt::format("{} {} ({})", i ? "," : "", names[i].second, -names[i].first);
  return text + (names.size() > kShown ? " ..." : "");
}

bool has(const TraceInfo& info, std::string_view event) {
  return std::ranges::any_of(info.counts, [event](const auto& entry) {
    return entry.second.count > 0 && (entry.first == event || entry.first.ends_with(":" + std::string(event)));
  });
}

/// "add_sgs has no field dev, q": of events that share no field with what is known under their name.
std::vector<std::string> namesWithoutFields(const TraceInfo& info) {
  std::vector<std::string> sentences;
  for (const auto& [name, count] : info.counts) {
    if (count.kind || count.count == 0) continue;
    const std::size_t colon = name.find(':');
    const std::string group = colon == std::string::npos ? "" : name.substr(0, colon);
    const std::string fields = AliasTable::builtIn().fieldsOf(group, name.substr(colon + 1));
    if (!fields.empty()) sentences.push_back(fmt::format("{} has no field {}", name, fields));
  }
  return sentences;
}

std::string nextStep(const TraceInfo& info, const UnusedEvents& unused) {
  constexpr std::string_view script = "`descry record --print-trace-cmd` prints a script that records them";
  std::vector<std::string> missing = unused.missingFields;
  if (missing.empty()) missing = namesWithoutFields(info);
  if (!missing.empty()) {
    constexpr std::size_t kMost = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(missing.size(), kMost); ++i) text += (i ? "; " : "") + missing[i];
    return fmt::format("{}: `descry record --print-trace-cmd` prints probes with these fields", text);
  }
  if (has(info, "capture_start"))
    return "descry record ran, and no request came by its probes: coverage.tsv beside the trace says what was probed";
  if (has(info, "function"))
    return fmt::format("this is the function tracer, which writes no values of a request; record probes instead: {}",
                       script);
  if (!unused.unread.empty()) return fmt::format("the first line that was not read: \"{}\"", unused.unread);
  if (info.counts.empty() || mostFrequent(info).starts_with("it has"))
    return "check that the events were enabled while it was recorded";
  return fmt::format("standard events alone do not say which request they belong to; record probes as well: {}",
                     script);
}

}  // namespace

std::string whyNoEvents(const TraceInfo& info, const UnusedEvents& unused) {
  return fmt::format("contains no virtio or vhost events; {}; {}", mostFrequent(info), nextStep(info, unused));
}

}  // namespace descry
