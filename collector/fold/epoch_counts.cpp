// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/epoch_counts.hpp"

namespace descry {

void takeCounts(const descry_host_epoch& record, QueueEpochRow& row) {
  row.positionGaps = record.gaps;
  row.fetches = record.fetches;
  row.used = record.used;
  row.doorbellsSeen = record.kicks;
  row.interrupts = record.interrupts;
  row.eagainFetches = record.eagain;
  row.emptyFetches = record.empty;
  row.errorFetches = record.errors;
  row.failedPrefetches = record.failed_prefetches;
  row.discarded = record.discarded;
  row.misses = record.misses;
  row.metadataMisses = record.metadata_misses;
  row.headMismatches = record.head_mismatches;
}

void takeCounts(const descry_guest_epoch& record, QueueEpochRow& row) {
  row.adds = record.adds;
  row.failedAdds = record.failed_adds;
  // The kernel's functions return -ENOSPC, or that a buffer could not be mapped.
  row.unmappedAdds = record.unmapped_adds;
  row.fullAdds = static_cast<std::int64_t>(record.failed_adds) - record.unmapped_adds;
  row.gets = record.gets;
  row.emptyGets = record.empty_gets;
  row.getsWithoutAdd = record.gets_without_add;
  row.unseenGets = record.unseen_gets;
  row.doorbellDecisions = record.kick_prepares;
  row.doorbellsNeeded = record.kicks_needed;
  row.doorbellsRung = record.notifies;
  row.interrupts = record.interrupts;
  row.bounces = record.bounces;
  row.bounceBytes = static_cast<std::int64_t>(record.bounce_bytes);
  row.copiesInGet = record.copies;
  row.copyBytesInGet = static_cast<std::int64_t>(record.copy_bytes);
}

}  // namespace descry
