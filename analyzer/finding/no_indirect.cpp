// SPDX-License-Identifier: GPL-2.0-or-later
// Chains of several descriptors in a ring without indirect tables: a request takes as many entries as it has segments.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kMany = 3;   // descriptors per chain: header, data, status
constexpr double kHalf = 50;  // percent of the ring

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  if (!evidence.known("indirect") || evidence.integer("indirect") != 0 ||
      evidence.integer("looked_at") < kSmallestSample || evidence.real("segments") <= kMany ||
      evidence.real("ring_percent") < kHalf)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = Severity::Warning;
  verdict.confidence = "high";
  verdict.sample = evidence.integer("looked_at");
  verdict.title = fmt::format("{}: without indirect descriptors each request takes {:.1f} entries of the ring",
                              target.name(), evidence.real("segments"));
  verdict.why = fmt::format(
      "VIRTIO_F_INDIRECT_DESC is not negotiated. {} requests in flight took {} of the {} entries; with indirect tables "
      "each request takes one entry.",
      evidence.integer("most_in_flight"), percent(evidence.real("ring_percent")), evidence.integer("size"));
  verdict.change =
      "Switch on indirect descriptors: " + turn(target, Knob::Indirect, "on", "; then restart the guest") +
      " If the backend does not offer the feature, use a larger ring: " + turn(target, ringSizeOf(target), "1024");
  verdict.action = turnLine("Switch on indirect descriptors", target, Knob::Indirect, "on");
  verdict.cost =
      "The driver allocates a table per request, and the device reads one more piece of guest memory. With a device "
      "IOTLB or bounce buffers that is one more mapping.";
  verdict.howToCheck = "Record again with the feature: more requests must be in flight, or the throughput must rise.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (evidence.known("indirect") && evidence.integer("indirect") != 0) return "";
  return firstOf({lacksGuest(target),
                  evidence.known("indirect") ? "" : "whether it has indirect tables was not recorded",
                  lacksSample(evidence.integer("looked_at"), "chains with their end")});
}

}  // namespace

const Rule kNoIndirect{"no-indirect", Rule::Subject::Queue, judge, lacks};

}  // namespace descry
