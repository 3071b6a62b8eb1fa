// SPDX-License-Identifier: GPL-2.0-or-later
// The guest's kernel says that bounce buffers ran out. One mapping may have at most 128 slots that lie side by side
// (IO_TLB_SEGSIZE), so a larger request fails however large the pool is.
#include <fmt/format.h>

#include "analyzer/finding/bounce_pool.hpp"
#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"
#include "schemas/model/swiotlb.hpp"

namespace descry {

namespace {

std::optional<Verdict> judge(const Target&, const Evidence& evidence) {
  const std::int64_t full = evidence.integer("full"), refused = evidence.integer("refused_bytes");
  if (full == 0) return std::nullopt;
  const bool tooLarge = refused > kMostBounceBytes;
  Verdict verdict;
  verdict.severity = Severity::Warning;
  verdict.confidence = "high";
  verdict.sample = full;
  verdict.title = tooLarge ? fmt::format("{}: a request of {} bytes is larger than any bounce buffer",
                                         evidence.text("vm"), countText(refused))
                           : fmt::format("{}: the pool of bounce buffers was full", evidence.text("vm"));
  verdict.why = fmt::format("The kernel log says {} that it has no bounce buffer of {} bytes",
                            countText(full, "time", "times"), countText(refused));
  if (evidence.known("pool_slots") && evidence.known("used_slots"))
    verdict.why += fmt::format(", with {} of {} slots in use", countText(evidence.integer("used_slots")),
                               countText(evidence.integer("pool_slots")));
  verdict.why += tooLarge ? fmt::format(". One mapping can have at most {} bytes (128 slots of 2 KiB side by side).",
                                        countText(kMostBounceBytes))
                          : ". An add then fails, and the request waits or ends with an error.";
  if (tooLarge) {
    verdict.change =
        "A larger pool does not help. Make the requests smaller: for a disk, write 256 or less into "
        "'/sys/block/vda/queue/max_sectors_kb' in the guest; other drivers must limit their buffers to "
        "dma_max_mapping_size().";
    verdict.action = kSmallerRequests;
    verdict.cost = "Large requests are split into several.";
  } else {
    const PoolAdvice advice = largerPool(bounceGuestOf(evidence), evidence.integer("used_slots"));
    verdict.action = advice.action();
    verdict.change = advice.text;
    verdict.cost = "The pool is memory that nothing else can use, below 4 GiB on most machines.";
  }
  verdict.howToCheck = "Run the same load and look for 'swiotlb buffer is full' in dmesg: it must not come again.";
  return verdict;
}

std::string lacks(const Target&, const Evidence&) {
  return "no kernel log was given that says that bounce buffers ran out";
}

}  // namespace

const Rule kSwiotlbFull{"swiotlb-full", Rule::Subject::Case, judge, lacks};

}  // namespace descry
