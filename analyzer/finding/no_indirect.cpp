// SPDX-License-Identifier: GPL-2.0-or-later
// Chains of several descriptors in a ring without indirect tables: a request takes as many entries as it has segments.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kMany = 3;   // descriptors per chain: header, data, status
constexpr double kHalf = 50;  // percent of the ring

std::string query(const Target& target) {
  return fmt::format(
      "SELECT q.size, q.indirect, s.segments, f.looked_at, f.most_in_flight,"
      " round(100.0 * f.most_in_flight * s.segments / nullif(q.size, 0), 1) AS ring_percent FROM queue q,"
      " (SELECT {1} AS segments) s, (SELECT count(*) AS looked_at, max(in_flight) AS most_in_flight FROM {2}) f"
      " WHERE q.queue_id = {0}",
      target.guestQueueId, segmentsSql(target), flightTable(target));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  if (!evidence.known("indirect") || evidence.integer("indirect") != 0 ||
      evidence.integer("looked_at") < kSmallestSample || evidence.real("segments") <= kMany ||
      evidence.real("ring_percent") < kHalf)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = "warning";
  verdict.confidence = "high";
  verdict.sample = evidence.integer("looked_at");
  verdict.title = fmt::format("{}: without indirect descriptors {:.1f} entries of the ring go to each request",
                              target.name(), evidence.real("segments"));
  verdict.why = fmt::format(
      "VIRTIO_F_INDIRECT_DESC is not negotiated. {} requests in flight took {:.1f} % of the {} entries; with indirect "
      "tables each takes one.",
      evidence.integer("most_in_flight"), evidence.real("ring_percent"), evidence.integer("size"));
  verdict.change = fmt::format(
      "Switch it on: QEMU '-device {},indirect_desc=on' (the default); restart the guest. A "
      "backend that does not offer it needs a larger ring.",
      qemuModel(target));
  verdict.cost =
      "The driver allocates a table per request, and the device reads one more piece of guest memory; with a "
      "device IOTLB or bounce buffers that is one more mapping.";
  verdict.howToCheck = "With indirect_desc=on the requests in flight and the throughput stay the same.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (evidence.known("indirect") && evidence.integer("indirect") != 0) return "";
  return firstOf({lacksGuest(target),
                  evidence.known("indirect") ? "" : "whether it has indirect tables was not recorded",
                  lacksSample(evidence.integer("looked_at"), "chains with their end")});
}

}  // namespace

const Rule kNoIndirect{"no-indirect", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
