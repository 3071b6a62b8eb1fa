// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that do not come back, and nothing on the way to the device or from it is missing: the device has them, or
// it is not known who has them because the host was not recorded. Which chain is stuck is decided in the pass over the
// chains (analyzer/run/stuck_chains.cpp, with the limits and their reasons); a chain is stuck only
// - in flight for a second and for ten times the 99.9th percentile of its queue,
// - while the machine does other work, and
// - where no event was lost that could have been its end.
// Chains that came back after such a time are told too: they are over, so this is a warning.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"
#include "analyzer/finding/standstill.hpp"

namespace descry {

namespace {

constexpr const char* kLookAtDevice =
    "Look at what the device waits for. On the host: 'dmesg' and 'iostat -x 1' for storage and network below it, 'cat "
    "/proc/<tid>/stack' for the threads of the VMM, and QEMU's monitor ('info block', 'info status').";

Verdict stuckForGood(const Target& target, const Evidence& evidence) {
  Verdict verdict;
  verdict.severity = Severity::Critical;
  verdict.confidence = evidence.known("usual_ns") ? "high" : "medium";
  verdict.sample = evidence.integer("stuck");
  const std::string stage = evidence.text("oldest_stage");
  verdict.title = stuckTitle(target, evidence);
  if (evidence.integer("host_seen") == 0) {
    verdict.title += ", and only the host can tell where";
    verdict.change =
        std::string("Record the host as well: it tells whether the device saw, fetched or finished them. ") +
        kLookAtDevice;
  } else if (stage == "interrupted") {
    verdict.title += ": the guest was interrupted and did not take them back";
    verdict.change =
        "Look at the guest: a CPU that is stuck with interrupts off ('dmesg' for soft lockups and RCU stalls), or a "
        "driver that does not come to this queue.";
  } else {
    verdict.title += ": the device has them";
    verdict.change = kLookAtDevice;
  }
  verdict.why = stuckText(evidence);
  verdict.action = evidence.integer("host_seen") == 0 ? "Record the host too, and look at it: dmesg"
                   : stage == "interrupted"           ? "Look for a blocked CPU or driver in the guest: dmesg"
                                                      : "Look at what the device waits for on the host: dmesg";
  verdict.cost = kSearchCost;
  verdict.howToCheck =
      "Run 'dmesg' in the guest: it names tasks that are blocked for more than 120 seconds, or a transmit queue that "
      "timed out. If the driver was removed meanwhile, its chains are gone and not stuck.";
  return verdict;
}

Verdict cameBack(const Target& target, const Evidence& evidence) {
  Verdict verdict;
  verdict.severity = Severity::Warning;
  verdict.confidence = "medium";
  verdict.sample = evidence.integer("late");
  verdict.title = fmt::format("{}: {} for up to {}, then came back", target.name(),
                              countText(verdict.sample, "chain was stuck", "chains were stuck"),
                              timeText(evidence.integer("late_wait_ns")));
  verdict.why = fmt::format(
      "They took more than 100 times the median of this queue while the machine went on. The device had them: no "
      "doorbell and no interrupt is missing where these were recorded.{}",
      lacksHost(target).empty() ? "" : " The host was not recorded.");
  verdict.change = kLookAtDevice;
  verdict.action = "Look at what the device waited for on the host: dmesg";
  verdict.cost = kSearchCost;
  verdict.howToCheck =
      "Run 'SELECT * FROM stuck_chain_view': it names the chains. 'descry explain --chain' tells the story of each.";
  return verdict;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  if (standstillRule(evidence) == StandstillRule::StuckChains) return stuckForGood(target, evidence);
  if (evidence.integer("late") > 0) return cameBack(target, evidence);
  return std::nullopt;
}

std::string lacks(const Target&, const Evidence&) {
  return "";  // either side alone shows that a chain does not come back
}

}  // namespace

const Rule kStuckChains{"stuck-chains", Rule::Subject::Queue, judge, lacks, Rule::Alarm::NotReturned, true};

}  // namespace descry
