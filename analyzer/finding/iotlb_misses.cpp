// SPDX-License-Identifier: GPL-2.0-or-later
// Translation misses that cost latency, and of which kind they are: ring metadata, the first time a page is seen, the
// same page again after it was unmapped, again without that (the table is too small), or a request that was only
// repeated before its answer came.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 5, kMost = 50;  // percent of the latency
constexpr std::int64_t kPage = 4096, kVhostEntries = 2048;

std::string query(const Target& target) {
  return fmt::format(
      "SELECT d.translation, d.iommu_group_type, m.misses, m.metadata, m.pages, m.misses - m.metadata - m.pages - "
      "m.echoed"
      " AS again, m.echoed, m.granted_bytes, i.invalidations, i.invalidated_bytes, c.chains, c.latency_ns, c.iotlb_ns,"
      " c.iotlb_percent, n.induced_ns FROM device_view d,"
      " (SELECT count(*) AS misses, coalesce(sum(position IS NULL), 0) AS metadata,"
      " count(DISTINCT CASE WHEN position IS NOT NULL AND NOT echo THEN page END) AS pages,"
      " coalesce(sum(position IS NOT NULL AND echo), 0) AS echoed, max(granted_bytes) AS granted_bytes FROM"
      " (SELECT m.position, m.iova / {3} AS page, m.granted_bytes, coalesce(m.raised_ns < lag(m.updated_ns) OVER"
      " (PARTITION BY m.queue_id, m.iova / {3} ORDER BY m.raised_ns, m.seq), 0) AS echo"
      " FROM iotlb_miss m JOIN queue q USING (queue_id) WHERE q.device_id = {1})) m,"
      " (SELECT count(*) AS invalidations, iif(count(bytes) > 0, CAST(total(bytes) AS INTEGER), NULL) AS "
      "invalidated_bytes FROM iotlb_event WHERE kind = 'invalidate'"
      " AND capture_id = (SELECT capture_id FROM device WHERE device_id = {1})) i,"
      " {2} c, (SELECT sum(total_ns) AS induced_ns FROM cause_view WHERE device_id = {0} AND cause = 'iotlb_induced') n"
      " WHERE coalesce(d.guest_device_id, d.host_device_id) = {0}",
      target.deviceId, target.hostId, causeTable(target, "iotlb"), kPage);
}

struct Kind {
  std::string name, advice;
};

Kind kindOf(const Evidence& evidence) {
  const std::int64_t misses = evidence.integer("misses"), again = evidence.integer("again");
  const std::int64_t pages = evidence.integer("pages");
  const std::string larger =
      "Back the guest with huge pages and let its drivers keep their buffers mapped (static pools, larger buffers): a "
      "smaller working set misses less.";
  if (evidence.integer("metadata") * 2 > misses)
    return {
        "on the rings themselves",
        "Each update of the table makes vhost look up its rings again: what stops the updates stops these. " + larger};
  if (evidence.integer("echoed") * 2 > misses)
    return {"repeated before the answer came", "Answers are slow: see slow-miss-answer. " + larger};
  if (again < pages) return {"on pages used for the first time", larger};
  if (evidence.integer("invalidated_bytes") / kPage * 2 >= again)
    return {
        "on pages unmapped since their last use",
        "Stop mapping and unmapping per request: boot the guest with 'iommu.strict=0' (lazy) or, where it trusts the "
        "device, 'iommu=pt' (identity). " +
            larger};
  return {"on pages that fell out of the table while still mapped",
          fmt::format("The table is too small for the working set: vhost holds {} entries unless the module parameter "
                      "'max_iotlb_entries' of vhost says otherwise ('modprobe vhost max_iotlb_entries=16384'). {}",
                      kVhostEntries, larger)};
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t misses = evidence.integer("misses");
  const double percent = evidence.real("iotlb_percent");
  if (misses < kSmallestSample || evidence.integer("chains") < kSmallestSample || percent < kWorthNaming)
    return std::nullopt;
  const Kind kind = kindOf(evidence);
  const std::int64_t induced = evidence.integer("induced_ns"), total = evidence.integer("iotlb_ns");
  Verdict verdict;
  verdict.severity = percent >= kMost ? "critical" : "warning";
  verdict.confidence = "medium";
  verdict.sample = misses;
  verdict.title = fmt::format("{}: translation takes {:.1f} % of the latency: {} misses, mostly {}", target.device,
                              percent, misses, kind.name);
  verdict.why = fmt::format(
      "{} misses on ring metadata, {} on a page seen for the first time, {} on a page seen before, {} echoes of an "
      "unanswered request. A miss stops the whole queue: {} of the {} are chains waiting for the stalls of others.",
      evidence.integer("metadata"), evidence.integer("pages"), evidence.integer("again"), evidence.integer("echoed"),
      duration(induced), duration(total));
  if (const std::int64_t granted = evidence.integer("granted_bytes"); granted > 0)
    verdict.why += fmt::format(" An update grants {} bytes at most; {} pages of {} bytes were used.", granted,
                               evidence.integer("pages"), kPage);
  if (evidence.text("translation") == "viommu")
    verdict.why += " The IOMMU is emulated by the VMM, so each miss is a walk through the guest's tables.";
  const bool iommuInUse = evidence.text("iommu_group_type").starts_with("DMA");
  verdict.advice =
      (iommuInUse ? "" : "If needless-translation is found too, do what it says: these misses go with it. ") +
      kind.advice;
  verdict.risk =
      "Lazy unmapping leaves the device access to a page for some milliseconds after its use, identity mappings leave "
      "it "
      "access to all of the guest. A larger table costs the host kernel memory per device.";
  verdict.counterCheck = "With the change the misses per chain stay the same, or they drop and the latency does not.";
  return verdict;
}

}  // namespace

const Rule kIotlbMisses{"iotlb-misses", Rule::Subject::Device, query, judge};

}  // namespace descry
