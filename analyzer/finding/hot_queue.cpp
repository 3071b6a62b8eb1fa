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
  verdict.severity = "warning";
  verdict.confidence = "medium";
  verdict.sample = evidence.integer("all_chains");
  verdict.title = fmt::format("{}: {} takes {:.1f} % of the chains of its {} equal queues", target.device,
                              evidence.text("hot"), evidence.real("hot_percent"), evidence.integer("queues"));
  verdict.why = fmt::format(
      "{} of {} chains, with {:.1f} in flight on average, while the others could take some. A queue is chosen by the virtual CPU (disks, transmit) or by the host's flow hash (receive).",
      evidence.integer("hot_chains"), verdict.sample, evidence.real("in_flight"));
  verdict.change =
      target.kind == "net"
          ? "Spread the flows: 'ethtool -L <interface> combined N' in the guest, XPS masks ('/sys/class/net/<interface>/queues/tx-N/xps_cpus') that cover all virtual CPUs, irqbalance off or per-queue affinity; one flow stays on one queue whatever is done."
          : "Spread the submitters: one job per virtual CPU instead of one in all ('taskset', fio 'numjobs'), as many queues as virtual CPUs (QEMU 'num-queues', the default with a new machine type).";
  verdict.cost = "More active queues mean more interrupts and less batching in each.";
  verdict.howToCheck = "The load is one flow or one thread by nature: then nothing can be spread.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksGuest(target), lacksSample(evidence.integer("all_chains"), "chains", kEnough)});
}

}  // namespace

const Rule kHotQueue{"hot-queue", Rule::Subject::Device, judge, lacks};

}  // namespace descry
