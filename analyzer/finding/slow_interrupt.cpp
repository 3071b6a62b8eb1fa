// SPDX-License-Identifier: GPL-2.0-or-later
// From the signal on the host until the guest takes the interrupt: the only way of a chain that no driver and no device
// works on. It crosses the clocks, so it counts only as far as it is longer than their error.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr std::int64_t kSlow = 100'000, kVerySlow = 1'000'000;  // ns, beyond the error of the clocks
constexpr double kWorthNaming = 20;                             // percent of the latency

std::string query(const Target& target) {
  const std::string from = fmt::format(
      "chain_view WHERE queue_id = {} AND complete AND i_ns IS NOT NULL AND s_ns IS NOT NULL", target.queueId);
  return fmt::format(
      "SELECT i.interrupted_chains, {1} AS inject_ns, i.cross_error_ns, i.total_ns AS injected_ns, c.chains, "
      "c.latency_ns,"
      " round(100.0 * i.total_ns / nullif(c.latency_ns, 0), 1) AS inject_percent FROM"
      " (SELECT count(*) AS interrupted_chains, max(cross_error_ns) AS cross_error_ns, coalesce(sum(max(i_ns - s_ns, "
      "0)), 0) "
      "AS "
      "total_ns FROM {0}) i, {2} c",
      from, medianSql("(i_ns - s_ns)", from), causeTable(target, "notification"));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t inject = evidence.integer("inject_ns"), certain = inject - evidence.integer("cross_error_ns");
  if (evidence.integer("interrupted_chains") < kSmallestSample || !evidence.known("cross_error_ns") ||
      certain < kSlow || evidence.real("inject_percent") < kWorthNaming)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = certain >= kVerySlow ? "warning" : "info";
  verdict.confidence = "high";
  verdict.sample = evidence.integer("interrupted_chains");
  verdict.title = fmt::format("{}: an interrupt takes {} from the host's signal to the guest (median)", target.name(),
                              duration(inject));
  verdict.why = fmt::format(
      "Median of {} chains, known to +-{}; {:.1f} % of the latency. The virtual CPU that takes it was not running, had "
      "interrupts off, or the signal went through the VMM instead of the kernel.",
      verdict.sample, duration(evidence.integer("cross_error_ns")), evidence.real("inject_percent"));
  verdict.change =
      "See whether the virtual CPU waits for a host CPU ('perf sched timehist -p <pid of the VMM>', steal time in the "
      "guest's 'top') and give it one ('<vcpupin>' in libvirt); spread the interrupts of the queues over virtual CPUs "
      "(/proc/irq/N/smp_affinity). An idle virtual CPU wakes up faster with 'cpu-pm=on' (QEMU '-overcommit') or the "
      "guest's haltpoll governor. With irqfd in use QEMU logs virtio_notify_irqfd, else virtio_notify.";
  verdict.cost = "cpu-pm=on shows the host CPU as fully busy and takes it from everybody else.";
  verdict.howToCheck = "The guest runs without KVM (TCG): then every interrupt waits for the emulation to look.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksGuest(target),
                  lacksSample(evidence.integer("interrupted_chains"), "chains with both their signal and interrupt"),
                  evidence.known("cross_error_ns") ? "" : "the clocks could not be compared"});
}

}  // namespace

const Rule kSlowInterrupt{"slow-interrupt", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
