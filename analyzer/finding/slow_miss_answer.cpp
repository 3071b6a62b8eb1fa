// SPDX-License-Identifier: GPL-2.0-or-later
// Answering a miss takes long: until the VMM has read the request, inside the VMM until the update is installed, and
// then until the queue has come past it. Which of them it is says what to change.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 5;       // percent of the latency
constexpr std::int64_t kSlow = 100'000;  // ns; an answer over a local socket or ioctl takes some ten microseconds

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t answer = evidence.integer("answer_ns"), wake = evidence.integer("wake_ns");
  const std::int64_t inside = evidence.integer("inside_ns");
  if (evidence.integer("answered") < kSmallestSample || evidence.integer("chains") < kSmallestSample ||
      answer < kSlow || evidence.real("iotlb_percent") < kWorthNaming)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = Severity::Warning;
  verdict.confidence = "high";
  verdict.sample = evidence.integer("answered");
  verdict.title = fmt::format("{}: the answer to a translation miss takes {} (median), mostly {}", target.device,
                              timeText(answer), inside >= wake ? "inside the VMM" : "waiting for the VMM to wake up");
  verdict.why = fmt::format(
      "Medians of {} misses: {} until the VMM has read the request, then {} until it has installed the answer, then {} "
      "until the queue continues. The queue stands still all that time.",
      countText(verdict.sample), timeText(wake), timeText(inside), timeText(evidence.integer("requeue_ns")));
  verdict.change =
      inside >= wake
          ? "Find out what the VMM does in that time: run 'perf record -g -p <pid of the VMM>' while it happens. QEMU "
            "answers in its main loop under the big lock: avoid monitor commands, migration and displays. Fewer misses "
            "help as well: see iotlb-misses."
          : "Give the VMM's main thread a CPU that is not shared with virtual CPUs and vhost workers: " +
                turn(target, Knob::MainThreadCpu) +
                " Check how long it waits with 'perf sched timehist -p <pid of the VMM>'.";
  verdict.cause = Cause::Iotlb;
  verdict.percent = evidence.real("iotlb_percent");
  verdict.action = inside >= wake ? "See what the VMM does: perf record -g -p <pid of the VMM>"
                                  : turnLine("Give its main thread a CPU", target, Knob::MainThreadCpu);
  verdict.cost = "A CPU that only the VMM uses is one less for the guests.";
  verdict.howToCheck =
      "Run 'SELECT read_ns - raised_ns, updated_ns - read_ns FROM miss_view': if most answers are fast and a few are "
      "very slow, the cause is load on the host at that time.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.hostId == kNoDevice) return lacksHost(target);
  if (evidence.real("iotlb_percent") < kWorthNaming) return "";
  return firstOf({lacksSample(evidence.integer("answered"), "misses with both their reading and their update"),
                  lacksSample(evidence.integer("chains"), "complete chains")});
}

}  // namespace

const Rule kSlowMissAnswer{"slow-miss-answer", Rule::Subject::Device, judge, lacks, Rule::Alarm::None, true};

}  // namespace descry
