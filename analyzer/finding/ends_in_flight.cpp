// SPDX-License-Identifier: GPL-2.0-or-later
// The capture ends with requests that have waited ten times as long as almost all others of their queue, and at least
// 10 ms, without being stuck by the limits of analyzer/run/stuck_chains.cpp. A trace whose only busy device stops ends
// like that: nothing comes after the requests, so that nothing tells how long they waited.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"
#include "analyzer/finding/standstill.hpp"

namespace descry {

namespace {

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  if (!evidence.known("chains")) return std::nullopt;
  Verdict verdict;
  const std::int64_t chains = evidence.integer("chains");
  verdict.severity = Severity::Warning;
  verdict.confidence = "low";
  verdict.sample = chains;
  verdict.title = fmt::format("{}: the trace ends with {} in flight for up to {}; usual are {}", target.name(),
                              countText(chains, "request", "requests"), timeText(evidence.integer("wait_ns")),
                              timeText(evidence.integer("usual_ns")));
  verdict.why = fmt::format(
      "99.9 % of the requests of this queue came back within {}. These had not when the last event of the trace came. "
      "They may be stuck: a trace of a device that stops ends with its last request, unless something else is recorded "
      "beside it.",
      timeText(evidence.integer("usual_ns")));
  const bool disk = target.kind == "blk" || target.kind == "scsi";
  verdict.change = fmt::format(
      "{}Record again, for longer and with an event that goes on when the device does not: another device, or "
      "'-e timer:timer_expire_entry' of trace-cmd. Then a request that does not come back is told from one that was cut off.",
      disk ? "Look at the requests that the guest has in flight: 'cat /sys/block/*/inflight' (reads, writes). " : "");
  verdict.action = disk ? "See if they are still in flight: cat /sys/block/*/inflight"
                        : "Record longer, with one more event: -e timer:timer_expire_entry";
  verdict.cost = kSearchCost;
  verdict.howToCheck = fmt::format("Run 'descry explain --chain' with position {}: the story of the oldest.",
                                   evidence.integer("oldest_position"));
  return verdict;
}

std::string lacks(const Target&, const Evidence&) {
  return "";  // either side alone shows that a chain is in flight
}

}  // namespace

const Rule kEndsInFlight{"ends-in-flight", Rule::Subject::Queue, judge, lacks, Rule::Alarm::None, true};

}  // namespace descry
