// SPDX-License-Identifier: GPL-2.0-or-later
// Adds that return an error. -ENOSPC: the ring has no room, and the driver waits for a chain to come back. -ENOMEM
// (-EIO in old kernels): a buffer could not be mapped, mostly because the pool of bounce buffers has no place for it;
// waiting helps only where the pool is full, not where one buffer is larger than any mapping can be. A failed add is in
// no latency.
#include <fmt/format.h>

#include "analyzer/finding/bounce_pool.hpp"
#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"
#include "schemas/model/swiotlb.hpp"

namespace descry {

namespace {

constexpr double kOften = 1, kOftenFull = 5;  // percent of all adds: a full ring is normal now and then

Verdict unmapped(const Target& target, const Evidence& evidence, std::int64_t tries) {
  Verdict verdict;
  const std::int64_t failed = evidence.integer("unmapped_adds");
  verdict.severity = 2 * failed >= tries ? Severity::Critical : Severity::Warning;
  verdict.confidence = "high";
  verdict.sample = tries;
  verdict.title = fmt::format("{}: {} of {} adds failed because a buffer could not be mapped", target.name(),
                              countText(failed), countText(tries));
  verdict.why = fmt::format(
      "The driver's add returned -ENOMEM: no DMA mapping for one of its buffers. With bounce buffers the pool was full, or "
      "the buffer was larger than one mapping can be ({} bytes). {} more found no room in the ring (-ENOSPC).",
      countText(kMostBounceBytes), countText(evidence.integer("full_adds")));
  const bool tooLarge = evidence.known("refused_bytes") && evidence.integer("refused_bytes") > kMostBounceBytes;
  if (tooLarge) {
    verdict.change =
        "A larger pool does not help. Make the requests smaller: for a disk, write 256 or less into "
        "'/sys/block/vda/queue/max_sectors_kb' in the guest.";
    verdict.action = kSmallerRequests;
    verdict.cost = "Large requests are split into several.";
  } else {
    verdict.change =
        "Read 'dmesg' in the guest: 'swiotlb buffer is full (sz: N bytes)' says how much was asked for. If N is above "
        "262,144, make the requests smaller (max_sectors_kb of the disk); else the pool is too small: import again "
        "with that log as --facts, and swiotlb-full says which size to set. Without bounce buffers, the guest has no "
        "memory for indirect descriptors or its IOMMU no addresses.";
    verdict.action = "Find out what was too large: dmesg | grep 'swiotlb buffer is full'";
    verdict.cost = "A larger pool is memory that nothing else can use.";
  }
  verdict.howToCheck =
      "Import again with 'dmesg' of the guest as --facts: it says how large the pool is and what it refused.";
  return verdict;
}

Verdict full(const Target& target, const Evidence& evidence, std::int64_t tries) {
  Verdict verdict;
  verdict.severity = Severity::Info;
  verdict.confidence = "high";
  verdict.sample = tries;
  verdict.title = fmt::format("{}: {} of {} adds failed because the ring was full", target.name(),
                              countText(evidence.integer("full_adds")), countText(tries));
  verdict.why = fmt::format(
      "The driver's add returned -ENOSPC. It tries again when a chain has come back.{}",
      evidence.integer("size") > 0 ? fmt::format(" The ring has {} entries.", evidence.integer("size")) : "");
  verdict.change = "Use a larger ring: " + turn(target, ringSizeOf(target), "1024") +
                   " Or more queues, or fewer requests at a time ('queue_depth' or 'nr_requests' of the disk).";
  verdict.action = turnLine("Use a larger ring or more queues", target, ringSizeOf(target), "1024");
  verdict.cost = "If the device is the limit, a larger ring only moves the waiting into the ring.";
  verdict.howToCheck = "Record again with a larger ring: the failed adds must go.";
  return verdict;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t failed = evidence.integer("failed_adds"), tries = failed + evidence.integer("adds");
  const auto isOften = [&](const char* column, double percent) {
    const std::int64_t count = evidence.integer(column);
    return count >= kSmallestSample && 100.0 * static_cast<double>(count) >= percent * static_cast<double>(tries);
  };
  std::optional<Verdict> verdict;
  if (isOften("unmapped_adds", kOften))
    verdict = unmapped(target, evidence, tries);
  else if (isOften("full_adds", kOftenFull))
    verdict = full(target, evidence, tries);
  if (!verdict) return std::nullopt;
  if (const auto retries = evidence.integer("retried_adds"); retries > 0)
    verdict->why += fmt::format(" {} tried again what had failed before.", countText(retries, "add", "adds"));
  verdict->why += " The time until a retry succeeds is in no latency here.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksGuest(target), lacksSample(evidence.integer("adds") + evidence.integer("failed_adds"), "adds")});
}

}  // namespace

const Rule kFailedAdds{"failed-adds", Rule::Subject::Queue, judge, lacks, Rule::Alarm::NotAdded};

}  // namespace descry
