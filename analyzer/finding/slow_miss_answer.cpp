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

std::string query(const Target& target) {
  // An echo is read after the update that answered it, so it says nothing about how fast anybody is.
  const std::string from = fmt::format(
      "iotlb_miss JOIN queue USING (queue_id) WHERE device_id = {} AND raised_ns <= read_ns AND read_ns <= updated_ns",
      target.hostId);
  return fmt::format(
      "SELECT a.answered, {2} AS wake_ns, {3} AS inside_ns, {4} AS requeue_ns, {5} AS answer_ns, c.chains, "
      "c.latency_ns,"
      " c.iotlb_ns, c.iotlb_percent FROM (SELECT count(*) AS answered FROM {0}) a, {1} c",
      from, causeTable(target, "iotlb"), medianSql("(read_ns - raised_ns)", from),
      medianSql("(updated_ns - read_ns)", from), medianSql("(retried_ns - updated_ns)", from),
      medianSql("(updated_ns - raised_ns)", from));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t answer = evidence.integer("answer_ns"), wake = evidence.integer("wake_ns");
  const std::int64_t inside = evidence.integer("inside_ns");
  if (evidence.integer("answered") < kSmallestSample || evidence.integer("chains") < kSmallestSample ||
      answer < kSlow || evidence.real("iotlb_percent") < kWorthNaming)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = "warning";
  verdict.confidence = "high";
  verdict.sample = evidence.integer("answered");
  verdict.title = fmt::format("{}: a translation miss is answered after {} (median), mostly {}", target.device,
                              duration(answer), inside >= wake ? "inside the VMM" : "waiting for the VMM to wake up");
  verdict.why = fmt::format(
      "Median of {} misses: {} until the VMM has read the request, {} until it has installed the answer, {} until the "
      "queue "
      "has come past it. Meanwhile the queue stands still.",
      verdict.sample, duration(wake), duration(inside), duration(evidence.integer("requeue_ns")));
  verdict.change =
      inside >= wake
          ? "Find what the VMM does in that time: 'perf record -g -p <pid of the VMM>' while it happens. QEMU answers "
            "in its "
            "main loop under the big lock: keep monitor commands, migration and displays away from it. Fewer misses "
            "help "
            "as well: see iotlb-misses."
          : "Give the VMM's main thread a CPU that is not shared with virtual CPUs and vhost workers (libvirt "
            "'<emulatorpin cpuset=...>'), and look at its waiting time with 'perf sched timehist -p <pid of the VMM>'.";
  verdict.cost = "A CPU of its own for the VMM is one less for the guests.";
  verdict.howToCheck =
      "'SELECT read_ns - raised_ns, updated_ns - read_ns FROM miss_view' shows few outliers and fast answers "
      "otherwise: then "
      "it is load on the host at that time, not the way of an answer.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.hostId == 0) return lacksHost(target);
  if (evidence.real("iotlb_percent") < kWorthNaming) return "";
  return firstOf({lacksSample(evidence.integer("answered"), "misses with both their reading and their update"),
                  lacksSample(evidence.integer("chains"), "complete chains")});
}

}  // namespace

const Rule kSlowMissAnswer{"slow-miss-answer", Rule::Subject::Device, query, judge, lacks};

}  // namespace descry
