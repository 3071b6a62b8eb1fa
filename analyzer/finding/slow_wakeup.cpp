// SPDX-License-Identifier: GPL-2.0-or-later
// The doorbell has arrived and the thread that serves the queue takes long to get there. Whether it was waiting for a
// CPU or for something else is known where the scheduler was recorded.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr std::int64_t kSlow = 100'000, kVerySlow = 250'000;  // ns; an idle CPU wakes up in some ten microseconds
constexpr double kWorthNaming = 10;                           // percent of the latency

std::string reasons(const Evidence& evidence) {
  std::string text = fmt::format(
      "Median of {} doorbells, from their arrival until the thread enters the queue; this wait is {} of the latency.",
      countText(evidence.integer("wakeups")), percent(evidence.real("waited_percent")));
  if (evidence.integer("runs") < kSmallestSample)
    return text + " The scheduler was not recorded, so it is not known whether the thread waited for a CPU.";
  const std::int64_t runnable = evidence.integer("runnable_ns");
  text +=
      fmt::format(" For {} of that (median of {} runs) the workers were runnable but had no CPU: ", timeText(runnable),
                  countText(evidence.integer("runs")));
  return text + (2 * runnable >= evidence.integer("wakeup_ns")
                     ? "other threads ran there."
                     : "most of the wait has another reason, such as another queue that the same thread serves.");
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t wakeup = evidence.integer("wakeup_ns");
  if (evidence.integer("wakeups") < kSmallestSample || evidence.integer("own_wakeups") < kSmallestSample ||
      wakeup < kSlow || evidence.real("waited_percent") < kWorthNaming)
    return std::nullopt;
  const bool vhost = evidence.integer("vhost") == 1;
  Verdict verdict;
  verdict.severity = wakeup >= kVerySlow ? Severity::Warning : Severity::Info;
  verdict.confidence = "high";
  verdict.sample = evidence.integer("wakeups");
  verdict.title = fmt::format("{}: the host thread that serves it arrives {} after the doorbell (median)",
                              target.name(), timeText(wakeup));
  verdict.why = reasons(evidence);
  verdict.change =
      vhost ? "Give the vhost worker its own CPU ('taskset -cp <cpu> <tid of vhost-...>'), keep that CPU "
              "out of deep sleep ('cpupower idle-set -D 50'), or let the worker poll: " +
                  turn(target, Knob::Poll)
            : "Serve the device in its own thread, on a CPU that no virtual CPU uses: " + turn(target, Knob::IoThread) +
                  " A thread that polls needs no wake-up at all: " + turn(target, Knob::Poll);
  verdict.cause = Cause::Notification;
  verdict.percent = evidence.real("waited_percent");
  verdict.action = vhost ? "Give the worker its own CPU: taskset -cp <cpu> <tid of vhost-...>"
                         : turnLine("Give it a thread", target, Knob::IoThread);
  verdict.cost = "A CPU for the worker is one less for the guests; polling and shallow sleep cost power.";
  verdict.howToCheck =
      "Run 'perf sched timehist -p <pid>' on the host: it must show long delays for this thread. Or switch polling on "
      "and record again: the latency must drop.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksSample(std::min(evidence.integer("wakeups"), evidence.integer("own_wakeups")),
                                                 "doorbells with their arrival and the visit that followed")});
}

}  // namespace

const Rule kSlowWakeup{"slow-wakeup", Rule::Subject::Queue, judge, lacks};

}  // namespace descry
