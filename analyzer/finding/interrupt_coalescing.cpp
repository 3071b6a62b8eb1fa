// SPDX-License-Identifier: GPL-2.0-or-later
// The used entry is there and the device lets time pass before it signals: a policy, not a cost.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr std::int64_t kLong = 20'000;           // ns; a signal follows the used entry within a few microseconds
constexpr double kWorthNaming = 10;              // percent of the latency
constexpr int kNotfCoal = 53, kVqNotfCoal = 52;  // feature bits of network devices

std::string query(const Target& target) {
  const std::string from = fmt::format(
      "chain_view WHERE queue_id = {} AND complete AND s_ns IS NOT NULL AND u_ns IS NOT NULL", target.queueId);
  return fmt::format(
      "SELECT d.negotiated, i.signalled_chains, {1} AS signal_ns, i.total_ns AS signalled_ns, c.chains, c.latency_ns,"
      " round(100.0 * i.total_ns / nullif(c.latency_ns, 0), 1) AS signal_percent FROM"
      " (SELECT max((features_negotiated >> {3} & 1) | (features_negotiated >> {4} & 1)) AS negotiated FROM device"
      " WHERE device_id IN ({5}, {6})) d, (SELECT count(*) AS signalled_chains, coalesce(sum(s_ns - u_ns), 0) AS "
      "total_ns"
      " FROM {0}) i, {2} c",
      from, medianSql("(s_ns - u_ns)", from), causeTable(target, "notification"), kNotfCoal, kVqNotfCoal,
      target.guestId, target.hostId);
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t signal = evidence.integer("signal_ns");
  if (evidence.integer("signalled_chains") < kSmallestSample || signal < kLong ||
      evidence.real("signal_percent") < kWorthNaming)
    return std::nullopt;
  const bool negotiated = target.kind == "net" && evidence.integer("negotiated") == 1;
  Verdict verdict;
  verdict.severity = "info";
  verdict.confidence = negotiated ? "high" : "medium";
  verdict.sample = evidence.integer("signalled_chains");
  verdict.title =
      fmt::format("{}: the device signals {} after the used entry is there (median)", target.name(), duration(signal));
  verdict.why = fmt::format(
      "Median of {} chains; {:.1f} % of the latency. {}", verdict.sample, evidence.real("signal_percent"),
      negotiated ? "Interrupt coalescing is negotiated (VIRTIO_NET_F_NOTF_COAL): the guest sets how long."
                 : "No coalescing feature is known to be negotiated, so the device itself gathers signals (QEMU 10 "
                   "defers them to the end of a round of its event loop), or its thread lost the CPU in between.");
  verdict.change = negotiated ? "Shorten it: 'ethtool -C <interface> rx-usecs 0 tx-usecs 0' or 'adaptive-rx on'."
                              : "A device thread that serves fewer queues finishes its rounds earlier: an iothread of "
                                "its own, or 'iothread-vq-mapping' over several (QEMU 9.0 and later).";
  verdict.cost = "More interrupts: CPU time of the guest per request grows.";
  verdict.howToCheck = "'ethtool -c <interface>' shows zeros, or the guest was polling and needed no interrupt.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target),
                  lacksSample(evidence.integer("signalled_chains"), "chains with both their used entry and signal")});
}

}  // namespace

const Rule kInterruptCoalescing{"interrupt-coalescing", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
