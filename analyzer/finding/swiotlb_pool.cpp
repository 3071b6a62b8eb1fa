// SPDX-License-Identifier: GPL-2.0-or-later
// The pool of bounce buffers itself is short: adds fail although their ring has room, or finding slots takes longer
// than filling them. How full the pool is was not recorded, so the size to set comes from what the device held at once.
#include <fmt/format.h>

#include "analyzer/finding/bounce_pool.hpp"
#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"
#include "schemas/model/swiotlb.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 10;           // percent of the latency
constexpr std::int64_t kSlowSearch = 20'000;  // ns per buffer; a header of 16 bytes is searched for longer than copied
constexpr std::int64_t kFewFailures = 5;      // adds may fail for other lack of memory now and then

std::string reasons(const Evidence& evidence, bool failed, bool searched) {
  std::string text;
  if (failed)
    text = fmt::format(
        "{} adds failed while at most {} chains were in flight and the smallest ring holds {}: the ring had room, and "
        "a full pool makes adds fail (-ENOMEM). ",
        evidence.integer("failed_adds"), evidence.integer("most_in_flight"), evidence.integer("smallest_ring"));
  if (searched)
    text += fmt::format(
        "Of the {} that bouncing takes on the way out, {} is spent on searching for slots and waiting for the lock of "
        "the pool, {} per buffer: the pool is nearly full or fragmented, or many virtual CPUs share it. ",
        timeText(evidence.integer("out_ns")), percent(evidence.real("search_percent")),
        timeText(evidence.integer("search_each_ns")));
  text += fmt::format("This device held at most {} slots of {} bytes at once; other devices use the same pool.",
                      countText(evidence.integer("most_slots")), kSwiotlbSlotBytes);
  if (evidence.known("swiotlb_forced") && evidence.integer("swiotlb_forced") == 0)
    text += " Bouncing is not forced in this guest: the device may have its own pool (restricted-dma-pool).";
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
  verdict.severity = Severity::Warning;
  verdict.confidence = "medium";
  verdict.sample = evidence.integer("bounced_chains");
  verdict.title = failed ? fmt::format("{}: {} adds failed because bounce buffers ran out", target.device,
                                       countText(evidence.integer("failed_adds")))
                         : fmt::format("{}: finding bounce buffers takes {} of the latency, more than filling them",
                                       target.device, percent(evidence.real("search_of_latency_percent")));
  verdict.why = reasons(evidence, failed, searched);
  const PoolAdvice advice = largerPool(bounceGuestOf(evidence), evidence.integer("most_slots"));
  verdict.change = advice.text +
                   " If the device has its own pool, enlarge its reserved-memory node instead. If the guest is not "
                   "protected, do what forced-bounce says instead.";
  verdict.cause = Cause::Swiotlb;
  verdict.percent = searched ? evidence.real("search_of_latency_percent") : 0;
  verdict.action = advice.action();
  verdict.cost = "The pool is memory that nothing else can use, below 4 GiB on most machines.";
  verdict.howToCheck =
      "Compare '/sys/kernel/debug/swiotlb/io_tlb_used' with 'io_tlb_nslabs' under load: the pool must be nearly full, "
      "or dmesg must say 'swiotlb buffer is full'. Or record again with fewer probes ('--detail light'): the search "
      "must still take longer than the copies.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.guestId == kNoDevice) return lacksGuest(target);
  if (evidence.integer("bounced_chains") < kSmallestSample) return "";
  return firstOf({lacksSample(evidence.integer("looked_at"), "bounced chains with their end"),
                  evidence.integer("searched") < kSmallestSample ? "searches for slots were not recorded" : ""});
}

}  // namespace

const Rule kSwiotlbPool{"swiotlb-pool", Rule::Subject::Device, judge, lacks, Rule::Alarm::None, true};

}  // namespace descry
