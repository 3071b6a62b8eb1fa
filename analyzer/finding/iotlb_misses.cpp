// SPDX-License-Identifier: GPL-2.0-or-later
// Translation misses that cost latency, and of which kind they are: ring metadata, the first time a page is seen, the
// same page again after it was unmapped, again without that (the table is too small), or a request that was only
// repeated before its answer came.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 5, kMost = 50;  // percent of the latency
constexpr std::int64_t kPage = 4096, kVhostEntries = 2048;
constexpr std::int64_t kPagesEach = 256;  // what covers more pages counts as covering all

/// One row per miss: what became of its page before, and how many updates the page lasted in the table when nobody had
/// removed it. Changes of the table are recorded per capture: those of another device with the same addresses count
/// too.
std::string missTable(const Target& target) {
  return fmt::format(
      "(WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < {1} - 1),"
      " event AS (SELECT m.raised_ns AS ns, 2 AS rank, 'miss' AS kind, m.iova & -{2} AS page, 0 AS bytes,"
      " m.position IS NULL AS metadata, m.updated_ns, m.granted_bytes FROM iotlb_miss m JOIN queue q USING (queue_id)"
      " WHERE q.device_id = {0} UNION ALL SELECT ns, 1, iif(kind = 'invalidate' AND (bytes IS NULL OR"
      " bytes > {1} * {2}), 'flush', kind), iova & -{2}, bytes, 0, NULL, NULL FROM iotlb_event"
      " WHERE capture_id = (SELECT capture_id FROM device WHERE device_id = {0})),"
      " counted AS (SELECT *, sum(kind = 'update') OVER past AS updates,"
      " max(CASE WHEN kind = 'flush' THEN ns END) OVER past AS flushed_ns FROM event"
      " WINDOW past AS (ORDER BY ns, rank ROWS UNBOUNDED PRECEDING)),"
      " single AS (SELECT * FROM counted UNION ALL SELECT ns, rank, kind, page + i * {2}, bytes, metadata, updated_ns,"
      " granted_bytes, updates, flushed_ns FROM counted CROSS JOIN number"
      " WHERE bytes > {2} AND kind <> 'flush' AND i * {2} < bytes),"
      " history AS (SELECT ns, kind, page, metadata, updates, flushed_ns, granted_bytes,"
      " max(updated_ns) OVER before AS answered_ns, max(CASE WHEN kind = 'invalidate' THEN ns END) OVER before AS "
      "removed_ns,"
      " max(CASE WHEN kind <> 'invalidate' THEN ns END) OVER before AS known_ns,"
      " max(CASE WHEN kind = 'update' THEN updates END) OVER before AS installed_as"
      " FROM single WINDOW before AS"
      " (PARTITION BY page ORDER BY ns, rank ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),"
      " judged AS (SELECT *, CASE WHEN ns < answered_ns THEN 'echoed' WHEN known_ns IS NULL THEN 'cold'"
      " WHEN max(coalesce(removed_ns, -1), coalesce(flushed_ns, -1)) >= known_ns THEN 'invalidated'"
      " ELSE 'evicted' END AS fate FROM history WHERE kind = 'miss')"
      " SELECT page, metadata, granted_bytes, iif(metadata, 'metadata', fate) AS why,"
      " CASE WHEN fate = 'evicted' THEN updates - installed_as END AS lasted FROM judged)",
      target.hostId, kPagesEach, kPage);
}

std::string query(const Target& target) {
  return fmt::format(
      "SELECT d.translation, d.iommu_group_type, m.*, i.invalidations, c.chains, c.latency_ns, c.iotlb_ns,"
      " c.iotlb_percent, n.induced_ns, p.* FROM device_view d,"
      " (SELECT count(*) AS misses, coalesce(sum(why = 'metadata'), 0) AS metadata, coalesce(sum(why = 'echoed'), 0) "
      "AS echoed,"
      " coalesce(sum(why = 'cold'), 0) AS cold, coalesce(sum(why = 'invalidated'), 0) AS invalidated,"
      " coalesce(sum(why = 'evicted'), 0) AS evicted, count(DISTINCT CASE WHEN NOT metadata THEN page END) AS pages,"
      " max(granted_bytes) AS granted_bytes, min(lasted) AS entries_at_most"
      " FROM {3}) m, (SELECT count(*) AS invalidations FROM iotlb_event WHERE kind = 'invalidate'"
      " AND capture_id = (SELECT capture_id FROM device WHERE device_id = {1})) i,"
      " {2} c, (SELECT sum(total_ns) AS induced_ns FROM cause_view WHERE device_id = {0} AND cause = 'iotlb_induced') "
      "n, {4} p"
      " WHERE coalesce(d.guest_device_id, d.host_device_id) = {0}",
      target.deviceId, target.hostId, causeTable(target, "iotlb"), missTable(target), predictionTable(target, "iotlb"));
}

/// The column of the commonest kind, the first of equals.
std::string_view commonest(const Evidence& evidence) {
  constexpr std::array<std::string_view, 5> kKinds = {"echoed", "metadata", "invalidated", "evicted", "cold"};
  return *std::max_element(kKinds.begin(), kKinds.end(), [&](std::string_view a, std::string_view b) {
    return evidence.integer(a) < evidence.integer(b);
  });
}

struct Kind {
  std::string name, change;
};

constexpr const char* kSmaller =
    "Back the guest with huge pages and let its drivers keep their buffers mapped (static pools, larger buffers): a "
    "smaller working set misses less.";

Kind invalidated(const Evidence& evidence) {
  if (evidence.text("iommu_group_type") == "DMA-FQ")
    return {"on pages unmapped since their last use (lazily)",
            "Unmapping is lazy already. Where the guest trusts the device, boot it with 'iommu=pt' (identity). " +
                std::string(kSmaller)};
  const bool strict = evidence.text("iommu_group_type") == "DMA";
  return {strict ? "on pages unmapped since their last use (strictly)" : "on pages unmapped since their last use",
          "Stop mapping and unmapping per request: boot the guest with 'iommu.strict=0' (lazy) or, where it trusts the "
          "device, 'iommu=pt' (identity). " +
              std::string(kSmaller)};
}

Kind evicted(const Evidence& evidence) {
  Kind kind{"on pages that fell out of the table while still mapped", kSmaller};
  if (evidence.text("translation") == "viommu") return kind;
  const auto needed = static_cast<std::uint64_t>(std::max<std::int64_t>(2 * evidence.integer("pages"), 1));
  kind.change = fmt::format(
      "The table is too small for the working set: set vhost's to twice that ('modprobe vhost max_iotlb_entries={}'; "
      "the "
      "default is {}). {}",
      std::max<std::uint64_t>(std::bit_ceil(needed), 2 * kVhostEntries), kVhostEntries, kSmaller);
  return kind;
}

Kind kindOf(const Evidence& evidence) {
  const std::string_view why = commonest(evidence);
  if (why == "metadata")
    return {"on the rings themselves",
            "Each update of the table makes vhost look up its rings again: what stops the updates stops these. " +
                std::string(kSmaller)};
  if (why == "echoed")
    return {"repeated before the answer came", "Answers are slow: see slow-miss-answer. " + std::string(kSmaller)};
  if (why == "invalidated") return invalidated(evidence);
  if (why == "evicted") return evicted(evidence);
  return {"on pages used for the first time", kSmaller};
}

/// How far the table reaches, against what was used of it.
std::string reach(const Evidence& evidence) {
  const std::int64_t granted = evidence.integer("granted_bytes"), pages = evidence.integer("pages");
  if (granted <= 0) return "";
  std::string text = fmt::format(" {} pages of {} bytes were used ({} KiB); an update grants {} bytes at most", pages,
                                 kPage, pages * kPage / 1024, granted);
  if (evidence.text("translation") == "device iotlb" && granted < (std::int64_t{1} << 40))
    text += fmt::format(", so a table of {} entries, as vhost has it unless told otherwise, reaches {} KiB",
                        kVhostEntries, kVhostEntries * (granted / 1024));
  text += '.';
  if (evidence.known("entries_at_most"))
    text += fmt::format(" A page was gone {} updates after its own: the table holds no more entries than that.",
                        evidence.integer("entries_at_most"));
  return text;
}

std::string reasons(const Evidence& evidence) {
  const std::int64_t induced = evidence.integer("induced_ns"), total = evidence.integer("iotlb_ns");
  std::string text = fmt::format(
      "{} misses on ring metadata, {} on a page seen for the first time, {} on a page unmapped since ({} "
      "invalidations), {} on a page that fell out of the table, {} echoes of an unanswered request. A miss stops the "
      "whole queue: {} of the {} are chains waiting for the stalls of others, {} are stalls of their own.",
      evidence.integer("metadata"), evidence.integer("cold"), evidence.integer("invalidated"),
      evidence.integer("invalidations"), evidence.integer("evicted"), evidence.integer("echoed"), duration(induced),
      duration(total), duration(total - induced));
  text += reach(evidence) + predictedGain(evidence, "any misses");
  if (evidence.text("translation") == "viommu")
    text += " The IOMMU is emulated by the VMM, so each miss is a walk through the guest's tables.";
  return text;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t misses = evidence.integer("misses");
  const double percent = evidence.real("iotlb_percent");
  if (misses < kSmallestSample || evidence.integer("chains") < kSmallestSample || percent < kWorthNaming)
    return std::nullopt;
  const Kind kind = kindOf(evidence);
  Verdict verdict;
  verdict.severity = percent >= kMost ? "critical" : "warning";
  verdict.confidence = "medium";
  verdict.sample = misses;
  verdict.title = fmt::format("{}: translation takes {:.1f} % of the latency: {} misses, mostly {}", target.device,
                              percent, misses, kind.name);
  verdict.why = reasons(evidence);
  const bool iommuInUse = evidence.text("iommu_group_type").starts_with("DMA");
  verdict.change =
      (iommuInUse ? "" : "If needless-translation is found too, do what it says: these misses go with it. ") +
      kind.change;
  if (2 * evidence.integer("induced_ns") > evidence.integer("iotlb_ns"))
    verdict.change += " Most of the time is waiting for others: more queues hold up fewer chains each.";
  verdict.cost =
      "Lazy unmapping leaves the device access to a page for some milliseconds after its use, identity mappings leave "
      "it access to all of the guest. A larger table costs the host kernel memory per device.";
  verdict.howToCheck = "With the change the misses per chain stay the same, or they drop and the latency does not.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksSample(evidence.integer("chains"), "complete chains")});
}

}  // namespace

const Rule kIotlbMisses{"iotlb-misses", Rule::Subject::Device, query, judge, lacks};

}  // namespace descry
