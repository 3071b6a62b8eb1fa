// SPDX-License-Identifier: GPL-2.0-or-later
// One of several equal queues gets nearly all of the work, and it queues up there while the others are idle.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kNearlyAll = 80;      // percent of the chains
constexpr double kQueuesUp = 4;        // chains in flight, on average over the time it was used
constexpr std::int64_t kEnough = 100;  // chains: fewer may have come from one task by accident

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  if (evidence.integer("all_chains") < kEnough || evidence.real("hot_percent") < kNearlyAll ||
      evidence.real("in_flight") < kQueuesUp)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = Severity::Warning;
  verdict.confidence = "medium";
  verdict.sample = evidence.integer("all_chains");
  verdict.title = fmt::format("{}: {} takes {} of the chains of its {} equal queues", target.device,
                              evidence.text("hot"), percent(evidence.real("hot_percent")), evidence.integer("queues"));
  verdict.why = fmt::format(
      "It takes {} of {} chains, with {:.1f} in flight on average, while the other queues have room. The virtual CPU "
      "that submits decides the queue (disks, transmit), or the host's flow hash (receive).",
      countText(evidence.integer("hot_chains")), countText(verdict.sample), evidence.real("in_flight"));
  verdict.change =
      target.kind == "net"
          ? "Spread the flows over the queues in the guest: " + turn(target, Knob::GuestQueues) +
                (target.machine.guest == "Linux"
                     ? " XPS masks ('/sys/class/net/<interface>/queues/tx-N/xps_cpus') must cover all virtual CPUs, and "
                       "irqbalance be off or each queue have an affinity."
                     : "") +
                " A single flow always stays on one queue."
          : "Spread the submitters: one job per virtual CPU instead of a single one ('taskset', fio 'numjobs'), and as "
            "many queues as virtual CPUs: " +
                turn(target, Knob::Queues, "N");
  verdict.action = target.kind == "net" ? turnLine("Spread the flows", target, Knob::GuestQueues)
                                        : "Spread the submitters: one job per virtual CPU (fio numjobs=N)";
  verdict.cost = "More active queues mean more interrupts and less batching in each.";
  verdict.howToCheck = "Look at the load: if it is one flow or one thread by nature, it cannot be spread.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksGuest(target), lacksSample(evidence.integer("all_chains"), "chains", kEnough)});
}

}  // namespace

const Rule kHotQueue{"hot-queue", Rule::Subject::Device, judge, lacks};

}  // namespace descry
