// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest side: from one start of a ring to the next, and doorbells for ranges of chains. */
#ifndef DESCRY_PROBES_GUEST_EPOCH_H
#define DESCRY_PROBES_GUEST_EPOCH_H

#include "collector/probes/guest_state.h"

static __always_inline void unservedInterrupt(struct GuestQueue* queue, u64 vq) {
  if (queue->interrupt && !queue->interruptServed) FOLDED(guest_interrupt, queue->interrupt, record->vq = vq);
  queue->interrupt = 0;
}

static __always_inline void closeEpoch(struct GuestQueue* queue, u64 vq, u64 now) {
  unservedInterrupt(queue, vq);
  const struct GuestCounters* counters = &queue->counters;
  FOLDED(guest_epoch, now, {
    record->vq = vq;
    record->start = queue->epochStart;
    record->bounce_bytes = counters->bounceBytes;
    record->copy_bytes = counters->copyBytes;
    record->epoch = queue->epoch;
    record->last = 0;
    record->from_start = queue->startSeen;
    record->packed = queue->packed;
    record->gaps = counters->gaps;
    record->adds = counters->adds;
    record->failed_adds = counters->failedAdds;
    record->gets = counters->gets;
    record->empty_gets = counters->emptyGets;
    record->gets_without_add = counters->getsWithoutAdd;
    record->unseen_gets = counters->unseenGets;
    record->kick_prepares = counters->kickPrepares;
    record->kicks_needed = counters->kicksNeeded;
    record->notifies = counters->notifies;
    record->interrupts = counters->interrupts;
    record->bounces = counters->bounces;
    record->copies = counters->copies;
    record->unmapped_adds = counters->unmappedAdds;
  });
}

static __always_inline void beginEpoch(struct GuestQueue* queue, u64 now, bool startSeen) {
  queue->epoch++;
  queue->counters = (struct GuestCounters){};
  queue->epochStart = now;
  queue->startSeen = startSeen;
  queue->avail = queue->expectedUsed = -1;
  queue->order = queue->undecided = 0;
}

static __always_inline void noteGap(u64 vq, u64 begin, u64 count, bool gets, u64 now) {
  FOLDED(guest_gap, now, {
    record->vq = vq;
    record->begin = begin;
    record->count = count;
    record->gets = gets;
    record->reserved = 0;
  });
}

/* The next index normally follows the last one; a jump back means that the ring was restarted. */
static __always_inline void trackAvail(struct GuestQueue* queue, u64 vq, u16 index, u64 now) {
  if (queue->avail < 0) {
    queue->avail = index;
    return;
  }
  const u16 ahead = index - (u16)(queue->avail + 1);
  if (ahead >= 0x8000) {
    if (queue->packed) return;
    closeEpoch(queue, vq, now);
    beginEpoch(queue, now, false);
    queue->avail = index;
    return;
  }
  if (ahead && !queue->packed) {
    queue->counters.gaps++;
    noteGap(vq, queue->lastGet, ahead, false, now);
  }
  queue->avail += 1 + ahead;
}

static __always_inline void sayDoorbell(u64 vq, const struct Doorbell* doorbell, u64 returned, bool needed, u64 now) {
  if (doorbell->first >= doorbell->last) return;
  FOLDED(guest_doorbell, now, {
    record->vq = vq;
    record->first = doorbell->first;
    record->last = doorbell->last;
    record->kick = doorbell->rung;
    record->returned = returned;
    record->epoch = doorbell->epoch;
    record->needed = needed;
  });
}

static __always_inline void considered(struct GuestQueue* queue, struct virtqueue* vq, u64 now) {
  struct vring_virtqueue* ring = (void*)vq;
  RAW(kick, now, {
    record->vq = (u64)vq;
    record->ring = BPF_CORE_READ(ring, split.queue_dma_addr);
    record->dev = queue->dev;
    record->q = queue->index;
    record->num_added = BPF_CORE_READ(ring, num_added);
    record->packed = queue->packed;
    record->use_dma = queue->useDma;
    record->num = BPF_CORE_READ(ring, split.vring.num);
  });
  queue->counters.kickPrepares++;
}

static __always_inline int onKickPrepare(struct virtqueue* vq) {
  const u64 now = bpf_ktime_get_ns();
  struct GuestQueue* queue = queueAt(vq, now);
  if (stashCalls) enterCall(1, (u64)vq, 0, 0);
  if (queue) considered(queue, vq, now);
  return 0;
}
ON_ENTRY1(onKickPrepare, "virtqueue_kick_prepare", struct virtqueue*)

/* The running thread's bell of a queue; null when the table is full. */
static __noinline struct Bell* bellOf(u64 vq) {
  struct Task* task = taskState();
  if (!task) return 0;
  for (u32 i = 0; i < MOST_BELLS; ++i)
    if (task->bells[i].vq == vq) return &task->bells[i];
  for (u32 i = 0; i < MOST_BELLS; ++i) {
    struct Bell* bell = &task->bells[i];
    if (bell->isRinging || bell->kicking) continue;
    bell->vq = vq;
    bell->isDecided = 0;
    return bell;
  }
  __sync_fetch_and_add(&lostInMap, 1);
  return 0;
}

static __always_inline void decided(struct GuestQueue* queue, u64 vq, bool needed, u64 now) {
  RAW(kick_ret, now, {
    record->vq = vq;
    record->dev = queue->dev;
    record->q = queue->index;
    record->need = needed;
  });
  struct Doorbell doorbell = {.first = queue->undecided, .last = queue->order, .epoch = queue->epoch};
  queue->undecided = queue->order;
  if (!needed) {
    sayDoorbell(vq, &doorbell, 0, false, now);
    return;
  }
  queue->counters.kicksNeeded++;
  struct Bell* bell = bellOf(vq);
  if (!bell) return;
  const struct Doorbell* earlier = &bell->decided;
  if (bell->isDecided && earlier->epoch == doorbell.epoch && earlier->last == doorbell.first)
    doorbell.first = earlier->first;
  bell->decided = doorbell;
  bell->isDecided = 1;
}

static __always_inline int onKickDecided(u64 ret, u64 vq, u64 b, u64 c) {
  const u64 now = bpf_ktime_get_ns();
  struct GuestQueue* queue = find_guestQueues(vq);
  if (queue && queue->wanted) decided(queue, vq, ret & 1, now);
  return 0;
}
ON_RETURN(onKickDecided, "virtqueue_kick_prepare", 1, 0, 0, 0)

/* Drivers that leave the decision to virtqueue_kick: some compilers inline it there (7.x), and then no call of
   virtqueue_kick_prepare is seen in it. A queue's driver calls it under a lock of its own. */
static __always_inline int onKick(struct virtqueue* vq) {
  const u64 now = bpf_ktime_get_ns();
  struct GuestQueue* queue = queueAt(vq, now);
  if (stashCalls) enterCall(3, (u64)vq, 0, 0);
  if (!queue) return 0;
  struct Bell* bell = bellOf((u64)vq);
  if (bell) bell->kicking = queue->counters.kickPrepares + 1;
  return 0;
}
ON_ENTRY1(onKick, "virtqueue_kick", struct virtqueue*)

static __always_inline bool decidesUnseen(const struct GuestQueue* queue, const struct Bell* bell) {
  return bell->kicking == queue->counters.kickPrepares + 1;
}

static __always_inline int onKicked(u64 ret, u64 vq, u64 b, u64 c) {
  const u64 now = bpf_ktime_get_ns();
  struct GuestQueue* queue = find_guestQueues(vq);
  struct Bell* bell = queue && queue->wanted ? bellOf(vq) : 0;
  if (!bell) return 0;
  if (decidesUnseen(queue, bell)) {
    considered(queue, (void*)vq, now);
    decided(queue, vq, false, now);
  }
  bell->kicking = 0;
  return 0;
}
ON_RETURN(onKicked, "virtqueue_kick", 3, 0, 0, 0)

static __always_inline void endRinging(struct Bell* bell, u64 returned, u64 now) {
  if (!bell->isRinging) return;
  bell->isRinging = 0;
  sayDoorbell(bell->vq, &bell->ringing, returned, true, now);
}

static __always_inline int onNotify(struct virtqueue* vq) {
  const u64 now = bpf_ktime_get_ns();
  struct GuestQueue* queue = queueAt(vq, now);
  if (stashCalls) enterCall(2, (u64)vq, 0, 0);
  if (!queue) return 0;
  struct Bell* bell = bellOf((u64)vq);
  if (bell && decidesUnseen(queue, bell)) {
    considered(queue, vq, now);
    decided(queue, (u64)vq, true, now);
  }
  RAW(notify, now, {
    record->vq = (u64)vq;
    record->dev = queue->dev;
    record->q = queue->index;
  });
  queue->counters.notifies++;
  if (!bell) return 0;
  endRinging(bell, 0, now); /* in case the last call's return was lost */
  struct Doorbell doorbell = {};
  if (bell->isDecided && bell->decided.epoch == queue->epoch) {
    doorbell = bell->decided;
  } else {
    /* Without a recorded decision the doorbell covers everything published so far. */
    doorbell.first = queue->undecided;
    doorbell.last = queue->order;
    queue->undecided = queue->order;
  }
  bell->isDecided = 0;
  doorbell.epoch = queue->epoch;
  doorbell.rung = now;
  if (doorbell.first >= doorbell.last) {
    FOLDED(guest_kick, now, record->vq = (u64)vq);
    return 0;
  }
  bell->ringing = doorbell;
  bell->isRinging = 1;
  return 0;
}

static __always_inline int onNotified(u64 ret, u64 vq, u64 b, u64 c) {
  const u64 now = bpf_ktime_get_ns();
  struct GuestQueue* queue = find_guestQueues(vq);
  if (!queue || !queue->wanted) return 0;
  RAW(notify_ret, now, {
    record->vq = vq;
    record->dev = queue->dev;
    record->q = queue->index;
  });
  struct Task* task = find_tasks(currentTask());
  if (!task) return 0;
  for (u32 i = 0; i < MOST_BELLS; ++i)
    if (task->bells[i].vq == vq) endRinging(&task->bells[i], now, now);
  return 0;
}

#define TRANSPORT(name, function)                                          \
  static __always_inline int name(struct virtqueue* vq) {                  \
    return onNotify(vq);                                                   \
  }                                                                        \
  ON_ENTRY1(name, function, struct virtqueue*)                             \
  static __always_inline int name##Return(u64 ret, u64 vq, u64 b, u64 c) { \
    return onNotified(ret, vq, b, c);                                      \
  }                                                                        \
  ON_RETURN(name##Return, function, 2, 0, 0, 0)

TRANSPORT(pciNotify, "vp_notify")
TRANSPORT(mmioNotify, "vm_notify")
TRANSPORT(ccwNotify, "virtio_ccw_kvm_notify")
/* VIRTIO_F_NOTIFICATION_DATA: the doorbell says how far the driver is. */
TRANSPORT(pciNotifyData, "vp_notify_with_data")
TRANSPORT(mmioNotifyData, "vm_notify_with_data")
TRANSPORT(ccwNotifyData, "virtio_ccw_kvm_notify_with_data")
TRANSPORT(vdpaNotify, "virtio_vdpa_notify")
TRANSPORT(vdpaNotifyData, "virtio_vdpa_notify_with_data")

static __always_inline int onInterrupt(u64 irq, struct virtqueue* vq) {
  const u64 now = bpf_ktime_get_ns();
  struct GuestQueue* queue = queueAt(vq, now);
  if (!queue) return 0;
  RAW(irq, now, {
    record->vq = (u64)vq;
    record->dev = queue->dev;
    record->q = queue->index;
  });
  queue->counters.interrupts++;
  unservedInterrupt(queue, (u64)vq);
  queue->interrupt = now;
  queue->interruptServed = 0;
  return 0;
}
ON_ENTRY2(onInterrupt, "vring_interrupt", u64, struct virtqueue*)

static __always_inline int onInterrupted(void) {
  RAW(irq_ret, bpf_ktime_get_ns(), );
  return 0;
}
SEC("fexit/vring_interrupt") int onInterrupted_fexit(void* ctx) {
  MEASURED(onInterrupted());
}
SEC("kretprobe/vring_interrupt") int onInterrupted_kretprobe(void* ctx) {
  MEASURED(onInterrupted());
}

static __always_inline int onDelete(struct virtqueue* vq) {
  const u64 now = bpf_ktime_get_ns(), key = (u64)vq;
  struct GuestQueue* queue = find_guestQueues(key);
  if (!queue || !queue->wanted) return 0;
  RAW(vq_del, now, {
    record->vq = key;
    record->dev = queue->dev;
    record->q = queue->index;
  });
  closeEpoch(queue, key, now);
  beginEpoch(queue, now, true);
  queue->stale = 1;
  return 0;
}
ON_ENTRY1(onDelete, "vring_del_virtqueue", struct virtqueue*)

#endif
