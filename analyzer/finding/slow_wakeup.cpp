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

/// Where the worker was while the queue waited for it, by how much of that it takes.
enum class Wait { Unknown, Asleep, Runnable, Running };

Wait mostOf(const Evidence& evidence) {
  if (evidence.integer("split_chains") < kSmallestSample) return Wait::Unknown;
  const std::int64_t asleep = evidence.integer("asleep_ns"), runnable = evidence.integer("runnable_ns"),
                     running = evidence.integer("running_ns");
  if (runnable >= asleep && runnable >= running) return Wait::Runnable;
  return asleep >= running ? Wait::Asleep : Wait::Running;
}

std::string reasons(const Evidence& evidence) {
  std::string text = fmt::format(
      "Median of {} doorbells, from their arrival until the thread enters the queue; this wait is {} of the latency.",
      countText(evidence.integer("wakeups")), percent(evidence.real("waited_percent")));
  const Wait most = mostOf(evidence);
  if (most == Wait::Unknown)
    return text + " The scheduler was not recorded for this thread, so it is not known whether it waited for a CPU.";
  const std::int64_t asleep = evidence.integer("asleep_ns"), runnable = evidence.integer("runnable_ns"),
                     running = evidence.integer("running_ns");
  const double whole = std::max(1.0, static_cast<double>(asleep + runnable + running)) / 100;
  text += fmt::format(
      " Over {} chains the thread was runnable without a CPU for {} of it, on a CPU for {} and asleep "
      "for {}: ",
      countText(evidence.integer("split_chains")), percent(static_cast<double>(runnable) / whole),
      percent(static_cast<double>(running) / whole), percent(static_cast<double>(asleep) / whole));
  return text + (most == Wait::Runnable  ? "other threads ran there."
                 : most == Wait::Running ? "it was busy with something else, such as another queue."
                                         : "waking it up takes long.");
}

std::string vhostChange(const Target& target, Wait most) {
  const std::string cpu = "give the vhost worker its own CPU ('taskset -cp <cpu> <tid of vhost-...>')";
  const std::string poll = "let the worker poll: " + turn(target, Knob::Poll);
  if (most == Wait::Running) return "Spread the work over more workers: " + turn(target, Knob::QueueThreads);
  if (most == Wait::Asleep)
    return "Keep the CPU of the worker out of deep sleep ('cpupower idle-set -D 50'), or " + poll;
  if (most == Wait::Runnable) return "Let nothing else run where the worker runs: " + cpu + ".";
  return "Give" + cpu.substr(4) + ", keep that CPU out of deep sleep ('cpupower idle-set -D 50'), or " + poll;
}

std::string vhostAction(const Target& target, Wait most) {
  if (most == Wait::Running) return turnLine("Use more workers", target, Knob::QueueThreads);
  if (most == Wait::Asleep) return turnLine("Let it poll", target, Knob::Poll);
  return "Give the worker its own CPU: taskset -cp <cpu> <tid of vhost-...>";
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
      vhost ? vhostChange(target, mostOf(evidence))
            : "Serve the device in its own thread, on a CPU that no virtual CPU uses: " + turn(target, Knob::IoThread) +
                  " A thread that polls needs no wake-up at all: " + turn(target, Knob::Poll);
  verdict.cause = Cause::Notification;
  verdict.percent = evidence.real("waited_percent");
  verdict.action = vhost ? vhostAction(target, mostOf(evidence)) : turnLine("Give it a thread", target, Knob::IoThread);
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

const Rule kSlowWakeup{"slow-wakeup", Rule::Subject::Queue, judge, lacks, Rule::Alarm::None, true};

}  // namespace descry
