// SPDX-License-Identifier: GPL-2.0-or-later
// Chains are done and wait for others before the device gives them back together. A chain is done when the backend says
// so; where that was not recorded, when a device that serves one at a time has fetched the next.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 20;  // percent of the latency
constexpr double kSeveral = 2;       // chains given back together

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t lookedAt = evidence.integer("looked_at");
  if (lookedAt < kSmallestSample || evidence.real("held_percent") < kWorthNaming ||
      evidence.real("chains_together") < kSeveral)
    return std::nullopt;
  const bool told = evidence.integer("told") > 0;
  Verdict verdict;
  verdict.severity = Severity::Info;
  verdict.confidence = told ? "high" : "medium";
  verdict.sample = lookedAt;
  verdict.title =
      fmt::format("{}: finished chains wait {} to be given back with others ({} of the latency)", target.name(),
                  timeText(evidence.integer("held_ns") / lookedAt), percent(evidence.real("held_percent")));
  verdict.why = fmt::format(
      "The device gives back {:.1f} chains at a time. The wait is the mean of {} chains, from {} until the used index "
      "covers the chain.",
      evidence.real("chains_together"), countText(lookedAt),
      told ? "the moment the backend has finished"
           : "the fetch of the next chain, which vhost does when it is done with this one,");
  verdict.change =
      told
          ? "Let the backend finish requests one by one: fewer requests per submission, and a thread of its own: " +
                turn(target, Knob::IoThread)
          : "Let the guest send smaller bursts: " + turn(target, Knob::SmallerBursts) +
                " Or use more queues, because vhost-net sends up to 64 packets together and only then gives them back: " +
                turn(target, Knob::Queues, "N");
  verdict.cause = Cause::Ring;
  verdict.percent = evidence.real("held_percent");
  verdict.action = told ? turnLine("Give it a thread", target, Knob::IoThread)
                        : turnLine("Send smaller bursts, for a test", target, Knob::SmallerBursts);
  verdict.cost =
      "Batches save index writes and interrupts: without them the latency drops, but each request takes more CPU time.";
  verdict.howToCheck =
      "Compare 'u_ns' and 'r_ns' in chain_view: if the guest looks at the ring much later than the index is written, "
      "an earlier write changes nothing.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksSample(evidence.integer("looked_at"), "chains known to be done")});
}

}  // namespace

const Rule kUsedBatching{"used-batching", Rule::Subject::Queue, judge, lacks};

}  // namespace descry
