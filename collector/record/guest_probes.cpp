// SPDX-License-Identifier: GPL-2.0-or-later
// The probes of a guest: virtio drivers' rings, and what mapping and bouncing cost them.
#include <guest.skel.h>

#include <map>

#include "collector/record/skeleton_probes.hpp"

namespace descry {

namespace kernel {
#include "collector/probes/guest_layout.h"
}

namespace {

class GuestProbes final : public SkeletonProbes<guest_bpf> {
 public:
  GuestProbes(const ProbeOptions& options, Take take) : SkeletonProbes(guestPoints(), options, std::move(take)) {}

 private:
  void configure(guest_bpf& skeleton) override;
  void handOverOpen(std::uint64_t now) override;
  void handOverDoorbells(std::uint64_t now);
  void handOverChains(std::uint64_t now);
  void handOverEpoch(const kernel::GuestQueue& queue, std::uint64_t now);
};

void GuestProbes::configure(guest_bpf& skeleton) {
  auto& constants = *skeleton.rodata;
  constants.onlyDevice = static_cast<std::uint32_t>(m_options.device);
  constants.onlyQueue = m_options.queue;
  for (const Coverage& point : coverage())
    if (point.program.starts_with("onCopied")) constants.copiesProbed = point.attachment != Attachment::Missing;
}

void GuestProbes::handOverDoorbells(std::uint64_t now) {
  forEachEntry<kernel::Task>(m_skeleton->maps.tasks, [&](const kernel::Task& task) {
    for (const kernel::Bell& bell : task.bells) {
      if (bell.isRinging == 0) continue;
      auto doorbell = newRecord<descry_guest_doorbell>(Descry_guest_doorbell, now);
      doorbell.vq = bell.vq;
      doorbell.first = bell.ringing.first;
      doorbell.last = bell.ringing.last;
      doorbell.kick = bell.ringing.rung;
      doorbell.epoch = bell.ringing.epoch;
      doorbell.needed = 1;
      handOver(doorbell);
    }
  });
}

void GuestProbes::handOverChains(std::uint64_t now) {
  std::map<std::uint64_t, std::uint32_t> epochs;
  forEachEntry<kernel::GuestQueue>(m_skeleton->maps.guestQueues, [&epochs](const kernel::GuestQueue& queue) {
    if (queue.key != 0 && queue.stale == 0) epochs[queue.key] = queue.epoch;
  });
  forEachEntry<kernel::GuestChain>(m_skeleton->maps.guestChains, [&](const kernel::GuestChain& chain) {
    if (chain.key == 0) return;
    const auto epoch = epochs.find(chain.vq);
    const bool current = epoch != epochs.end() && epoch->second == chain.epoch;
    auto half = newRecord<descry_guest_half>(Descry_guest_half, now);
    half.vq = chain.vq;
    half.order = chain.order;
    half.avail = chain.avail;
    half.entered = chain.entered;
    half.mapped = chain.mapped;
    half.added = chain.added;
    half.swiotlb_out = chain.swiotlbOut;
    half.swiotlb_search = chain.swiotlbOut - chain.swiotlbCopy;
    half.bounce_bytes = chain.bounceBytes;
    half.len = -1;
    half.epoch = chain.epoch;
    half.head = chain.head;
    half.out = chain.out;
    half.in = chain.in;
    half.bounces = chain.bounces;
    half.dma_maps = chain.dmaMaps;
    half.dma_identity = chain.dmaIdentity;
    half.seen = chain.seen;
    half.hits = chain.hits;
    half.flags = current ? GUEST_IN_FLIGHT_AT_END : GUEST_END_UNSEEN;
    half.packed = chain.packed;
    handOver(half);
  });
}

void GuestProbes::handOverEpoch(const kernel::GuestQueue& queue, std::uint64_t now) {
  if (queue.interrupt != 0 && queue.interruptServed == 0) {
    auto interrupt = newRecord<descry_guest_interrupt>(Descry_guest_interrupt, queue.interrupt);
    interrupt.vq = queue.key;
    handOver(interrupt);
  }
  const kernel::GuestCounters& counters = queue.counters;
  auto epoch = newRecord<descry_guest_epoch>(Descry_guest_epoch, now);
  epoch.vq = queue.key;
  epoch.start = queue.epochStart;
  epoch.bounce_bytes = counters.bounceBytes;
  epoch.copy_bytes = counters.copyBytes;
  epoch.epoch = queue.epoch;
  epoch.last = 1;
  epoch.from_start = queue.startSeen;
  epoch.packed = queue.packed;
  epoch.gaps = counters.gaps;
  epoch.adds = counters.adds;
  epoch.failed_adds = counters.failedAdds;
  epoch.gets = counters.gets;
  epoch.empty_gets = counters.emptyGets;
  epoch.gets_without_add = counters.getsWithoutAdd;
  epoch.unseen_gets = counters.unseenGets;
  epoch.kick_prepares = counters.kickPrepares;
  epoch.kicks_needed = counters.kicksNeeded;
  epoch.notifies = counters.notifies;
  epoch.interrupts = counters.interrupts;
  epoch.bounces = counters.bounces;
  epoch.copies = counters.copies;
  epoch.unmapped_adds = counters.unmappedAdds;
  handOver(epoch);
}

void GuestProbes::handOverOpen(std::uint64_t now) {
  handOverDoorbells(now);
  handOverChains(now);
  forEachEntry<kernel::GuestQueue>(m_skeleton->maps.guestQueues, [&](const kernel::GuestQueue& queue) {
    if (queue.wanted != 0) handOverEpoch(queue, now);
  });
}

}  // namespace

std::unique_ptr<ProbeSet> makeGuestProbes(const ProbeOptions& options, ProbeSet::Take take) {
  silenceLibbpf();
  return std::make_unique<GuestProbes>(options, std::move(take));
}

}  // namespace descry
