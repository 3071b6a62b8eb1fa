// SPDX-License-Identifier: GPL-2.0-or-later
// Chains wait in a queue while the worker is busy with another queue of the device. Only for vhost, whose worker is
// inside a chain from its fetch to its used entry: then it can be nowhere else, and if it is, there are more workers.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 20, kMuch = 30;  // percent of the waiting queue's latency
constexpr std::int64_t kRarely = 50;  // one in so many fetches may seem to be in two places: the used entry is late

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t waited = evidence.integer("waited");
  if (evidence.integer("vhost") != 1 || waited < kSmallestSample || evidence.real("delayed_percent") < kWorthNaming ||
      evidence.integer("elsewhere") * kRarely > waited)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = evidence.real("delayed_percent") >= kMuch ? Severity::Warning : Severity::Info;
  verdict.confidence = "medium";
  verdict.sample = waited;
  verdict.title = fmt::format("{}: for {} of the latency the worker was busy with other queues of the device",
                              target.name(), percent(evidence.real("delayed_percent")));
  verdict.why = fmt::format(
      "One vhost worker serves all {} queues: at {} of {} fetches from this queue it was not inside a chain of another "
      "queue. Chains of this queue waited {} in all while it was.",
      evidence.integer("others") + 1, countText(waited - evidence.integer("elsewhere")), countText(waited),
      timeText(evidence.integer("delayed_ns")));
  verdict.change =
      "Use more pairs of queues, because vhost-net has a worker per pair: " + turn(target, Knob::Queues, "N") +
      " In the guest: " + turn(target, Knob::GuestQueues) +
      " Heavy receive and transmit flows then use different pairs. Linux 6.5 and later can attach a worker to each queue "
      "(VHOST_NEW_WORKER, VHOST_ATTACH_VRING_WORKER); QEMU does so for vhost-scsi with 'worker_per_virtqueue=on'.";
  verdict.percent = evidence.real("delayed_percent");
  verdict.action = turnLine("Use more pairs", target, Knob::Queues, "N");
  verdict.cost = "Each worker is a kernel thread that competes for host CPUs with the virtual CPUs.";
  verdict.howToCheck =
      "Run 'ps -eLo tid,comm | grep vhost-' on the host: a worker per queue contradicts the finding. Or record again "
      "with more queues: the chains must wait less.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.hostQueueId == kNoQueue) return lacksHost(target);
  if (evidence.integer("vhost") != 1 || evidence.integer("others") == 0) return "";
  return lacksSample(evidence.integer("waited"), "chains with both their beginning and their fetch");
}

}  // namespace

const Rule kSharedWorker{"shared-worker", Rule::Subject::Queue, judge, lacks};

}  // namespace descry
