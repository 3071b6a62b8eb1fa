// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/finding/phrases.hpp"

#include <fmt/format.h>

namespace descry {

std::string lacksHost(const Target& target) {
  return (target.queueId != 0 ? target.hostQueueId : target.hostId) == 0 ? "the host was not recorded" : "";
}

std::string lacksGuest(const Target& target) {
  return (target.queueId != 0 ? target.guestQueueId : target.guestId) == 0 ? "the guest was not recorded" : "";
}

std::string lacksSample(std::int64_t seen, std::string_view what, std::int64_t needed) {
  return seen < needed ? fmt::format("{} {} were seen, {} are needed", seen, what, needed) : "";
}

std::string firstOf(std::initializer_list<std::string> reasons) {
  for (const std::string& reason : reasons)
    if (!reason.empty()) return reason;
  return "";
}

std::string causeTable(const Target& target, std::string_view cause) {
  return fmt::format(
      "(SELECT coalesce(sum(CASE WHEN cause = 'latency' THEN chains END), 0) AS chains,"
      " sum(CASE WHEN cause = 'latency' THEN total_ns END) AS latency_ns,"
      " sum(CASE WHEN cause = '{0}' THEN total_ns END) AS {0}_ns,"
      " round(100.0 * sum(CASE WHEN cause = '{0}' THEN total_ns END) /"
      " nullif(sum(CASE WHEN cause = 'latency' THEN total_ns END), 0), 1) AS {0}_percent"
      " FROM cause_view WHERE {1} = {2})",
      cause, target.queueId != 0 ? "queue_id" : "device_id", target.queueId != 0 ? target.queueId : target.deviceId);
}

std::string predictionTable(const Target& target, std::string_view cause) {
  return fmt::format(
      "(SELECT max(chains) AS predicted_chains, max(mean_ns) AS replayed_mean_ns, max(p50_ns) AS replayed_p50_ns,"
      " max((mean_low_ns + mean_high_ns) / 2) AS predicted_mean_ns, max((p50_low_ns + p50_high_ns) / 2) AS "
      "predicted_p50_ns,"
      " max(round(100 - 50.0 * (mean_low_ns + mean_high_ns) / mean_ns, 1)) AS predicted_gain_percent,"
      " max(round(100 - 100.0 * mean_high_ns / mean_ns, 1)) AS predicted_gain_low_percent,"
      " max(round(100 - 100.0 * mean_low_ns / mean_ns, 1)) AS predicted_gain_high_percent"
      " FROM prediction WHERE device_id = {} AND cause = '{}')",
      target.deviceId, cause);
}

std::string predictedGain(const Evidence& evidence, std::string_view what) {
  if (!evidence.known("predicted_gain_percent")) return "";
  const auto percent = [&](std::string_view column) { return fmt::format("{:.1f}", evidence.real(column)); };
  const std::string low = percent("predicted_gain_low_percent"), high = percent("predicted_gain_high_percent");
  return fmt::format(
      " Without {}, a replay of {} chains predicts a mean latency of {} instead of {}, {} % less ({}), and a median of "
      "{} instead of {}.",
      what, evidence.integer("predicted_chains"), duration(evidence.integer("predicted_mean_ns")),
      duration(evidence.integer("replayed_mean_ns")), percent("predicted_gain_percent"),
      low == high ? "whatever the load does" : fmt::format("{} to {}, as the load answers to it", low, high),
      duration(evidence.integer("predicted_p50_ns")), duration(evidence.integer("replayed_p50_ns")));
}

std::string medianSql(std::string_view expression, std::string_view from) {
  return fmt::format(
      "(SELECT value FROM (SELECT {0} AS value, row_number() OVER (ORDER BY {0}) AS number, count(*) OVER () AS all_of"
      " FROM {1} AND {0} IS NOT NULL) WHERE number = (all_of + 1) / 2)",
      expression, from);
}

std::string flightTable(const Target& target) {
  return fmt::format(
      "(WITH some AS (SELECT q_ns, r_ns FROM guest_half WHERE queue_id = {} AND r_ns IS NOT NULL AND "
      "coalesce(out_count, 1) > 0"
      " ORDER BY epoch, position LIMIT {})"
      " SELECT in_flight FROM (SELECT step, sum(step) OVER (ORDER BY ns, step ROWS UNBOUNDED PRECEDING) AS in_flight"
      " FROM (SELECT q_ns AS ns, 1 AS step FROM some UNION ALL SELECT q_ns + r_ns, -1 FROM some)) WHERE step = 1)",
      target.guestQueueId, kMostChains);
}

std::string segmentsSql(const Target& target) {
  return fmt::format(
      "(SELECT round(coalesce((SELECT avg(out_count + in_count) FROM host_half WHERE queue_id = {}),"
      " (SELECT avg(out_count + in_count) FROM guest_half WHERE queue_id = {})), 1))",
      target.hostQueueId, target.guestQueueId);
}

std::string qemuModel(const Target& target) {
  const std::string kind = target.kind == "unknown" ? "*" : target.kind;
  const std::string_view bus = target.transport == "ccw" ? "ccw" : target.transport == "mmio" ? "device" : "pci";
  return fmt::format("virtio-{}-{}", kind, bus);
}

std::string duration(std::int64_t ns) {
  const double value = static_cast<double>(ns);
  if (ns < 1'000) return fmt::format("{} ns", ns);
  if (ns < 1'000'000) return fmt::format("{:.1f} us", value / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.1f} ms", value / 1e6);
  return fmt::format("{:.2f} s", value / 1e9);
}

}  // namespace descry
