// SPDX-License-Identifier: GPL-2.0-or-later
// The probes themselves take a part of the latency that cannot be overlooked. Each chain is counted with its own hits
// only: where chains wait for each other, they also wait for each other's probes, so the part is rather larger.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kMuch = 5;  // percent of the latency

// Guest and host slow down the same chain, so their parts add up; of several captures of a side the worst counts.
std::string query(const Target&) {
  return "SELECT max(chains) AS chains,"
         " max(CASE WHEN side = 'guest' THEN percent END) AS guest_percent,"
         " max(CASE WHEN side = 'guest' THEN probe_ns / chains END) AS guest_probe_ns,"
         " max(CASE WHEN side = 'guest' THEN round(1.0 * hits / chains, 1) END) AS guest_hits,"
         " max(CASE WHEN side = 'host' THEN percent END) AS host_percent,"
         " max(CASE WHEN side = 'host' THEN probe_ns / chains END) AS host_probe_ns,"
         " max(CASE WHEN side = 'host' THEN round(1.0 * hits / chains, 1) END) AS host_hits"
         " FROM probe_cost_view WHERE percent IS NOT NULL";
}

std::string cost(const Evidence& evidence, const std::string& side) {
  if (!evidence.known(side + "_percent")) return {};
  return fmt::format("On the {} {:.1f} hits per chain take {}, {:.1f} % of its latency. ", side,
                     evidence.real(side + "_hits"), duration(evidence.integer(side + "_probe_ns")),
                     evidence.real(side + "_percent"));
}

std::optional<Verdict> judge(const Target&, const Evidence& evidence) {
  const double percent = evidence.real("guest_percent") + evidence.real("host_percent");
  if (evidence.integer("chains") < kSmallestSample || percent <= kMuch) return std::nullopt;
  Verdict verdict;
  verdict.severity = "warning";
  verdict.confidence = "medium";
  verdict.sample = evidence.integer("chains");
  verdict.title = fmt::format("The probes are probably {:.0f} % of the latency that was measured", percent);
  verdict.why = cost(evidence, "guest") + cost(evidence, "host") +
                "Nothing is subtracted: this time is part of the causes during which the probes ran.";
  verdict.change =
      "Record with 'descry record --detail light', only the device in question ('--device', '--queue'), or one side "
      "after the other; compare proportions, not absolute times.";
  verdict.cost = "With less detail some causes are told apart less finely; the list of probe points says which.";
  verdict.howToCheck = "The workload's own latency with and without 'descry record' differs by less than this.";
  return verdict;
}

std::string lacks(const Target&, const Evidence& evidence) {
  return evidence.known("chains") ? lacksSample(evidence.integer("chains"), "complete chains")
                                  : "what the probes cost was not measured";
}

}  // namespace

const Rule kCaptureCost{"capture-cost", Rule::Subject::Case, query, judge, lacks};

}  // namespace descry
