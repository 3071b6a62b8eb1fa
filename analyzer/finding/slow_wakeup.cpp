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

std::string query(const Target& target) {
  // A burst has one doorbell, which its first chain stands for.
  const std::string wakeups =
      fmt::format("host_half WHERE queue_id = {} AND w_ns >= k_ns AND flags & 32", target.hostQueueId);
  const std::string runs = fmt::format(
      "thread_state WHERE capture_id = (SELECT capture_id FROM device WHERE device_id = {}) AND on_ns >= "
      "woken_ns",
      target.hostId);
  return fmt::format(
      "SELECT v.vhost, w.wakeups, {2} AS wakeup_ns, r.runs, {3} AS runnable_ns, o.own_wakeups, c.chains, c.latency_ns,"
      " o.waited_ns, round(100.0 * o.waited_ns / nullif(c.latency_ns, 0), 1) AS waited_percent FROM"
      " (SELECT max(vhost) AS vhost FROM device WHERE device_id IN ({4}, {5})) v,"
      " (SELECT count(*) AS wakeups FROM {0}) w, (SELECT count(*) AS runs FROM {1}) r,"
      " (SELECT count(*) AS own_wakeups, coalesce(sum(w_ns - host_k_ns), 0) AS waited_ns FROM chain_view WHERE "
      "queue_id "
      "= {6} AND complete AND w_ns >= host_k_ns) o, {7} c",
      wakeups, runs, medianSql("(w_ns - k_ns)", wakeups), medianSql("(on_ns - woken_ns)", runs), target.guestId,
      target.hostId, target.queueId, causeTable(target, "notification"));
}

std::string reasons(const Evidence& evidence) {
  std::string text = fmt::format(
      "Median of {} doorbells, from their arrival until the thread enters the queue; {:.1f} % of the latency is "
      "waiting "
      "for that.",
      evidence.integer("wakeups"), evidence.real("waited_percent"));
  if (evidence.integer("runs") < kSmallestSample)
    return text + " The scheduler was not recorded, so whether the thread waited for a CPU is not known.";
  const std::int64_t runnable = evidence.integer("runnable_ns");
  text += fmt::format(" Of that {} (median of {} runs) the workers were runnable and had no CPU: ", duration(runnable),
                      evidence.integer("runs"));
  return text + (2 * runnable >= evidence.integer("wakeup_ns") ? "others ran there."
                                                               : "most of it is something else, such as another queue "
                                                                 "that the same thread serves.");
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t wakeup = evidence.integer("wakeup_ns");
  if (evidence.integer("wakeups") < kSmallestSample || evidence.integer("own_wakeups") < kSmallestSample ||
      wakeup < kSlow || evidence.real("waited_percent") < kWorthNaming)
    return std::nullopt;
  const bool vhost = evidence.integer("vhost") == 1;
  Verdict verdict;
  verdict.severity = wakeup >= kVerySlow ? "warning" : "info";
  verdict.confidence = "high";
  verdict.sample = evidence.integer("wakeups");
  verdict.title = fmt::format("{}: its thread on the host enters the queue {} after the doorbell (median)",
                              target.name(), duration(wakeup));
  verdict.why = reasons(evidence);
  verdict.change =
      vhost
          ? "Give the vhost worker a CPU of its own ('taskset -cp <cpu> <tid of vhost-...>', libvirt '<emulatorpin "
            "cpuset=...>'), keep that CPU out of deep sleep ('cpupower idle-set -D 50'), or let it poll: QEMU "
            "'-netdev tap,...,poll-us=50'."
          : "Serve the device in a thread of its own: QEMU '-object iothread,id=io0 -device ...,iothread=io0', libvirt "
            "'<iothreads>' with '<iothreadpin>', on a CPU that no virtual CPU runs on; its polling "
            "('poll-max-ns=32768') saves the wake-up altogether.";
  verdict.cost = "A CPU for the worker is one less for the guests; polling and shallow sleep cost power.";
  verdict.howToCheck =
      "'perf sched timehist -p <pid>' on the host shows short delays for this thread, or with polling the latency "
      "stays "
      "the same.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksSample(std::min(evidence.integer("wakeups"), evidence.integer("own_wakeups")),
                                                 "doorbells with their arrival and the visit that followed")});
}

}  // namespace

const Rule kSlowWakeup{"slow-wakeup", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
