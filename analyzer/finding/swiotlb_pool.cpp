// SPDX-License-Identifier: GPL-2.0-or-later
// The pool of bounce buffers itself is short: adds fail although their ring has room, or finding slots takes longer
// than filling them. How full the pool is was not recorded, so the size to set comes from what the device held at once.
#include <fmt/format.h>

#include <bit>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 10;           // percent of the latency
constexpr std::int64_t kSlowSearch = 20'000;  // ns per buffer; a header of 16 bytes is searched for longer than copied
constexpr std::int64_t kFewFailures = 5;      // adds may fail for other lack of memory now and then
constexpr std::int64_t kSlotBytes = 2048, kDefaultSlots = 32768, kMostSlots = 1 << 30;

std::string query(const Target& target) {
  return fmt::format(
      "SELECT d.swiotlb_forced, e.failed_adds, e.smallest_ring, b.bounced_chains, b.bounces, b.out_ns, b.searched,"
      " b.search_ns, round(100.0 * b.search_ns / nullif(b.out_ns, 0), 1) AS search_percent,"
      " round(100.0 * b.search_ns / nullif(c.latency_ns, 0), 1) AS search_of_latency_percent, b.search_ns / "
      "nullif(b.bounces, 0) AS search_each_ns,"
      " p.looked_at, p.most_in_flight, p.most_slots, c.chains, c.latency_ns, c.swiotlb_ns, c.swiotlb_percent"
      " FROM device_view d, (SELECT coalesce(sum(failed_adds), 0) AS failed_adds, min(size) AS smallest_ring FROM queue"
      " JOIN queue_epoch USING (queue_id) WHERE device_id = {1} AND bounces > 0) e,"
      " (SELECT coalesce(sum(bounces > 0), 0) AS bounced_chains, sum(bounces) AS bounces, sum(swiotlb_out_ns) AS "
      "out_ns,"
      " count(swiotlb_search_ns) AS searched, sum(swiotlb_search_ns) AS search_ns"
      " FROM guest_half JOIN queue USING (queue_id) WHERE device_id = {1}) b, {2} c,"
      " (WITH some AS (SELECT q_ns, c_ns, max(0, min(bounces + coalesce(bounce_bytes, 0) / {4}, {5})) AS slots FROM "
      "guest_half"
      " JOIN queue USING (queue_id) WHERE device_id = {1} AND bounces > 0 AND c_ns IS NOT NULL LIMIT {3})"
      " SELECT (SELECT count(*) FROM some) AS looked_at, max(in_flight) AS most_in_flight, max(held) AS most_slots FROM"
      " (SELECT sum(step) OVER past AS in_flight, sum(step * slots) OVER past AS held FROM"
      " (SELECT q_ns AS ns, 1 AS step, slots FROM some UNION ALL SELECT q_ns + c_ns, -1, slots FROM some)"
      " WINDOW past AS (ORDER BY ns, step ROWS UNBOUNDED PRECEDING))) p"
      " WHERE coalesce(d.guest_device_id, d.host_device_id) = {0}",
      target.deviceId, target.guestId, causeTable(target, "swiotlb"), kMostChains, kSlotBytes, kMostSlots);
}

/// Twice what the device held at once, the default at least; the kernel rounds to a power of two per area.
std::int64_t slotsToSet(const Evidence& evidence) {
  const auto twice = static_cast<std::uint64_t>(2 * evidence.integer("most_slots"));
  return std::max<std::int64_t>(static_cast<std::int64_t>(std::bit_ceil(twice)), 2 * kDefaultSlots);
}

std::string reasons(const Evidence& evidence, bool failed, bool searched) {
  std::string text;
  if (failed)
    text = fmt::format(
        "{} adds failed while at most {} chains were in flight and the smallest ring holds {}: they did "
        "not fail for want of room in the ring, and a full pool makes them fail (-ENOMEM). ",
        evidence.integer("failed_adds"), evidence.integer("most_in_flight"), evidence.integer("smallest_ring"));
  if (searched)
    text += fmt::format(
        "Of the {} that bouncing takes on the way out, {:.1f} % is searching for slots and waiting for the lock of the "
        "pool, {} per buffer: it is nearly full or fragmented, or many virtual CPUs share it. ",
        duration(evidence.integer("out_ns")), evidence.real("search_percent"),
        duration(evidence.integer("search_each_ns")));
  text += fmt::format(
      "This device held {} slots of {} bytes at most (of the default {}); other devices take theirs from "
      "the same pool.",
      evidence.integer("most_slots"), kSlotBytes, kDefaultSlots);
  if (evidence.known("swiotlb_forced") && evidence.integer("swiotlb_forced") == 0)
    text += " Bouncing is not forced in this guest: the pool may be one of the device's own (restricted-dma-pool).";
  return text;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t ring = evidence.integer("smallest_ring");
  const bool failed = evidence.integer("failed_adds") >= kFewFailures && ring > 0 &&
                      evidence.integer("looked_at") >= kSmallestSample && 2 * evidence.integer("most_in_flight") < ring;
  const bool searched = evidence.integer("searched") >= kSmallestSample && evidence.real("search_percent") >= 50 &&
                        evidence.integer("search_each_ns") >= kSlowSearch &&
                        evidence.real("search_of_latency_percent") >= kWorthNaming;
  if (evidence.integer("bounced_chains") < kSmallestSample || (!failed && !searched)) return std::nullopt;
  Verdict verdict;
  verdict.severity = "warning";
  verdict.confidence = "medium";
  verdict.sample = evidence.integer("bounced_chains");
  verdict.title =
      failed
          ? fmt::format("{}: {} adds failed for want of bounce buffers", target.device, evidence.integer("failed_adds"))
          : fmt::format("{}: finding bounce buffers takes {:.1f} % of the latency, more than filling them",
                        target.device, evidence.real("search_of_latency_percent"));
  verdict.why = reasons(evidence, failed, searched);
  verdict.change = fmt::format(
      "Boot the guest with 'swiotlb={},<virtual CPUs>' (slots of 2 KiB; areas need Linux 6.0 or later), {} MiB. A pool "
      "of the device's own is as large as its reserved-memory node. If the guest is not protected, do what "
      "forced-bounce says instead.",
      slotsToSet(evidence), slotsToSet(evidence) * kSlotBytes / (1 << 20));
  verdict.cost = "The pool is memory that nothing else can use, below 4 GiB on most machines.";
  verdict.howToCheck =
      "'/sys/kernel/debug/swiotlb/io_tlb_used' stays far below 'io_tlb_nslabs' under load and dmesg has no 'swiotlb "
      "buffer is full'; with fewer probes ('--detail light') the search takes no longer than the copies.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.guestId == 0) return lacksGuest(target);
  if (evidence.integer("bounced_chains") < kSmallestSample) return "";
  return firstOf({lacksSample(evidence.integer("looked_at"), "bounced chains with their end"),
                  evidence.integer("searched") < kSmallestSample ? "searches for slots were not recorded" : ""});
}

}  // namespace

const Rule kSwiotlbPool{"swiotlb-pool", Rule::Subject::Device, query, judge, lacks};

}  // namespace descry
