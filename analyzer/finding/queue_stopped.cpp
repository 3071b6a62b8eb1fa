// SPDX-License-Identifier: GPL-2.0-or-later
// Doorbells arrive and the host does not come for the chains: the worker of vhost or the thread of the VMM that serves
// the queue has stopped, or is kept from it. QEMU with ioeventfd traces a doorbell only where that thread reads it; if
// it does not come for the device's other queues either, a stopped thread is what is likely, and the text says so.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"
#include "analyzer/finding/standstill.hpp"

namespace descry {

namespace {

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const bool stuck = standstillRule(evidence) == StandstillRule::QueueStopped;
  const std::int64_t late = evidence.integer("late_visits");
  if (!stuck && late == 0) return std::nullopt;
  const bool seen = !stuck || evidence.text("oldest_stage") == "seen";
  Verdict verdict;
  verdict.severity = stuck ? Severity::Critical : Severity::Warning;
  verdict.confidence = stuck && seen ? "high" : "medium";
  verdict.sample = stuck ? evidence.integer("stuck") : late;
  if (stuck) {
    verdict.title =
        fmt::format("{}: {}", stuckTitle(target, evidence),
                    seen ? "the host saw the doorbell and does not fetch them" : "the host does not fetch them");
    verdict.why = stuckText(evidence);
  } else {
    verdict.title = fmt::format("{}: the host did not come to the queue for up to {}, then went on", target.name(),
                                timeText(evidence.integer("late_wait_ns")));
    verdict.why = fmt::format("{} waited for the worker, which fetched nothing of this queue meanwhile.",
                              countText(late, "chain", "chains"));
  }
  if (!seen)
    verdict.why +=
        " The doorbell may have been lost too: on this host it shows only where the serving thread reads it.";
  verdict.change =
      "Look at the thread that serves the queue: with vhost the thread 'vhost-<pid>', with QEMU the iothread or the main "
      "loop. 'cat /proc/<tid>/stack' and 'cat /proc/<tid>/status' say whether it is blocked, stopped or has no CPU.";
  verdict.action = "Look where the thread that serves it is: cat /proc/<tid>/stack";
  verdict.cost = kSearchCost;
  verdict.howToCheck =
      "Run 'SELECT * FROM doorbell_view' for this queue: doorbells of the host come after the last fetch. 'info status' "
      "of QEMU's monitor must say 'running'.";
  return verdict;
}

}  // namespace

const Rule kQueueStopped{"queue-stopped", Rule::Subject::Queue, judge, lacksStandstill, Rule::Alarm::NotReturned, true};

}  // namespace descry
