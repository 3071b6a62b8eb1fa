// SPDX-License-Identifier: GPL-2.0-or-later
// The probes themselves take a part of the latency that cannot be overlooked. Each chain is counted with its own hits
// only: where chains wait for each other, they also wait for each other's probes, so the part is rather larger.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"
#include "schemas/model/probe_cost.hpp"

namespace descry {

namespace {

// Guest and host slow down the same chain, so their parts add up; of several captures of a side the worst counts.
std::string cost(const Evidence& evidence, const std::string& side) {
  if (!evidence.known(side + "_percent")) return {};
  return fmt::format("On the {}, {:.1f} probe hits per chain take {}, {} of the chain's latency. ", side,
                     evidence.real(side + "_hits"), timeText(evidence.integer(side + "_probe_ns")),
                     percent(evidence.real(side + "_percent")));
}

std::optional<Verdict> judge(const Target&, const Evidence& evidence) {
  const double part = evidence.real("guest_percent") + evidence.real("host_percent");
  if (evidence.integer("chains") < kSmallestSample || part <= kMuchProbePercent) return std::nullopt;
  Verdict verdict;
  verdict.severity = Severity::Warning;
  verdict.confidence = "medium";
  verdict.sample = evidence.integer("chains");
  verdict.title = fmt::format("The probes themselves probably take {:.0f} % of the measured latency", part);
  verdict.why = cost(evidence, "guest") + cost(evidence, "host") +
                "This time is not subtracted: it is part of the causes during which the probes ran.";
  verdict.change =
      "Record less: 'descry record --detail light', only the device in question ('--device', '--queue'), or one side "
      "after the other. Compare proportions, not absolute times.";
  verdict.percent = part;
  verdict.action = "Record less: descry record --detail light";
  verdict.cost = "With less detail, some causes cannot be told apart; the list of probe points says which.";
  verdict.howToCheck =
      "Measure the workload's own latency with and without 'descry record': the difference must be about this large.";
  return verdict;
}

std::string lacks(const Target&, const Evidence& evidence) {
  return evidence.known("chains") ? lacksSample(evidence.integer("chains"), "complete chains")
                                  : "what the probes cost was not measured";
}

}  // namespace

const Rule kCaptureCost{"capture-cost", Rule::Subject::Case, judge, lacks, Rule::Alarm::None, true};

}  // namespace descry
