// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * State of the host fold: what fold/vhost_fold.cpp keeps in user space, here per queue in BPF maps, so that only
 * finished halves leave the kernel. The two follow the same rules; a test compares their results record by record.
 *
 * A queue's state is written under its vq->mutex, but for `kick` and its count, which belong to the wait queue's lock.
 */
#ifndef DESCRY_PROBES_HOST_STATE_H
#define DESCRY_PROBES_HOST_STATE_H

#include "collector/probes/emit.h"
#include "collector/probes/host_layout.h"

TABLE(queues, Queue, MOST_QUEUES)
TABLE(callContexts, CallContext, 4 * MOST_QUEUES)
TABLE(workers, Worker, MOST_WORKERS)

/* A thread that signals an interrupt: by which eventfd, of which queue, since when; `kvm`: KVM has it (host_kvm.h).
   `ofVmm`: it is not vhost's, and `vq` is the eventfd or 0. */
struct Signal {
  u64 key; /* thread */
  u64 context, ns, vq, kvm, ofVmm;
};
TABLE(signals, Signal, 1024)
/* Interrupts of threads that had no room there: they stay whole. */
__u64 lostSignals = 0;
static __always_inline struct Signal* claimSignal(void) {
  struct Signal* signal = claim_signals((u32)bpf_get_current_pid_tgid());
  if (!signal) __sync_fetch_and_add(&lostSignals, 1);
  return signal;
}

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, MOST_QUEUES* OPEN_PER_QUEUE);
  __type(key, u32);
  __type(value, struct Chain);
} chains SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 64);
  __type(key, u64); /* vhost_dev */
  __type(value, struct Arrivals);
} arrivals SEC(".maps");

/* What new entries start from: too large for the stack. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct Arrivals);
} blankArrivals SEC(".maps");

const volatile bool withKvm = false;
/* Also doorbells and interrupts of queues that are not vhost's: a VMM that serves them itself is recorded, too. */
const volatile bool kvmOfVmm = false;

/* Filters; 0 or -1: everything. */
const volatile __u32 onlyOwner = 0;
const volatile __u64 onlyDevice = 0;
const volatile __s32 onlyQueue = -1;

/* Whether the beginning of a fetch is probed; else a chain is first seen when its fetch ends, or misses. */
const volatile bool fetchesBegin = true;

__u32 nextSlot = 0;

static __always_inline struct Chain* chainAt(const struct Queue* queue, u32 head) {
  const u32 key = queue->slot * OPEN_PER_QUEUE + (head & (OPEN_PER_QUEUE - 1));
  return bpf_map_lookup_elem(&chains, &key);
}

static __always_inline bool isOpen(const struct Chain* chain) {
  return chain->state == CHAIN_OPEN || chain->state == CHAIN_OPEN_SHORT;
}

/* A time of which the lower half is known, and another one that is at most 2^32 ns earlier. 0: not seen. */
static __always_inline u64 wholeTime(u32 low, u64 since) {
  return low ? since + (u32)(low - (u32)since) : 0;
}

static __always_inline s32 wholeCount(u8 count) {
  return count == DESCRY_UNKNOWN_COUNT ? -1 : count;
}

static __noinline int makeWhole(struct Chain* chain) {
  if (!chain || chain->state != CHAIN_OPEN_SHORT) return 0;
  const struct ShortChain brief = chain->brief;
  struct WholeChain* whole = &chain->whole;
  whole->kick = wholeTime(brief.kick_entered, brief.since);
  whole->entered = wholeTime(brief.kick_entered >> 32, brief.since);
  whole->tried = wholeTime(brief.tried_fetched, brief.since);
  whole->fetched = wholeTime(brief.tried_fetched >> 32, brief.since);
  whole->arrived = wholeTime(brief.arrived, brief.since);
  whole->head = (u16)brief.counts;
  whole->out = wholeCount(brief.counts >> 16);
  whole->in = wholeCount(brief.counts >> 24);
  whole->misses = (u8)(brief.counts >> 32);
  whole->retries = (u8)(brief.counts >> 40);
  whole->hits = (u8)(brief.counts >> 48);
  whole->flags = brief.counts >> 56;
  chain->state = CHAIN_OPEN;
  return 0;
}

/* What is known of a chain, in full. `used`: when it was given back; 0: not seen. */
static __noinline int emitHalf(struct Chain* chain, u64 used, u32 length, u32 moreHits, u32 moreFlags) {
  if (!chain) return 0;
  makeWhole(chain);
  const struct WholeChain* whole = &chain->whole;
  FOLDED(host_half, used ?: whole->fetched, {
    record->vq = chain->vq;
    record->position = chain->position;
    record->kick = whole->kick;
    record->arrived = whole->arrived;
    record->entered = whole->entered;
    record->tried = whole->tried;
    record->fetched = whole->fetched;
    record->used = used;
    record->epoch = chain->epoch;
    record->head = whole->head;
    record->out = whole->out;
    record->in = whole->in;
    record->len = length;
    record->misses = whole->misses;
    record->retries = whole->retries;
    record->flags = whole->flags | moreFlags;
    record->hits = whole->hits + moreHits;
  });
  return 0;
}

static __always_inline u64 featuresOf(struct vhost_virtqueue* vq) {
  if (bpf_core_field_exists(vq->acked_features)) return BPF_CORE_READ(vq, acked_features);
  struct vhost_virtqueue___array* newer = (void*)vq;
  u64 features = 0;
  if (bpf_core_field_exists(newer->acked_features_array))
    bpf_core_read(&features, sizeof(features), &newer->acked_features_array);
  return features;
}

/* Says what a queue looks like: when it comes into sight, and when the first chain of a ring is fetched. */
static __always_inline void announce(const struct Queue* queue, struct vhost_virtqueue* vq, u32 owner, u32 fetching,
                                     u64 now) {
  FOLDED(host_queue, now, {
    record->hdev = queue->hdev;
    record->vq = (u64)vq;
    record->ring = (u64)BPF_CORE_READ(vq, desc);
    record->avail_ring = (u64)BPF_CORE_READ(vq, avail);
    record->used_ring = (u64)BPF_CORE_READ(vq, used);
    record->features = featuresOf(vq);
    record->call = (u64)BPF_CORE_READ(vq, call_ctx.ctx);
    record->queue = queue->index;
    record->num = BPF_CORE_READ(vq, num);
    record->last_avail = BPF_CORE_READ(vq, last_avail_idx);
    record->last_used = BPF_CORE_READ(vq, last_used_idx);
    record->owner = owner;
    record->iotlb = BPF_CORE_READ(vq, iotlb) != 0;
    record->fetching = fetching;
    record->worker = fetching == 1 ? (u32)bpf_get_current_pid_tgid() : 0;
  });
}

/* `opener`: the process that opens the device; 0: it was opened before. */
static __always_inline void addQueue(struct vhost_dev* hdev, struct vhost_virtqueue* vq, u32 index, u32 opener,
                                     u64 now) {
  struct Queue* queue = claim_queues((u64)vq);
  if (!queue) {
    __sync_fetch_and_add(&lostInMap, 1);
    return;
  }
  if (queue->hdev) return;
  if (!queue->epoch) queue->slot = __sync_fetch_and_add(&nextSlot, 1) & (MOST_QUEUES - 1);
  queue->hdev = (u64)hdev;
  queue->index = index;
  queue->next = -1;
  queue->firstPosition = queue->lastPosition = -1;
  queue->attempt.position = -1;
  queue->kickServed = 1;
  const u32 owner = opener ?: BPF_CORE_READ(hdev, mm, owner, tgid);
  queue->wanted = (!onlyOwner || owner == onlyOwner) && (!onlyDevice || (u64)hdev == onlyDevice) &&
                  (onlyQueue < 0 || index == (u32)onlyQueue);
  if (!queue->wanted) return;
  announce(queue, vq, owner, opener ? DESCRY_QUEUE_OPENED : 0, now);
}

/* The first two queues of a device: that is how raw hits name a queue. */
static __always_inline void firstQueues(struct vhost_dev* hdev, u64* vq0, u64* vq1) {
  struct vhost_virtqueue** vqs = BPF_CORE_READ(hdev, vqs);
  const int count = BPF_CORE_READ(hdev, nvqs);
  *vq0 = *vq1 = 0;
  if (count > 0) bpf_probe_read_kernel(vq0, sizeof(*vq0), vqs);
  if (count > 1) bpf_probe_read_kernel(vq1, sizeof(*vq1), vqs + 1);
}

/* Makes all queues of a device known. */
static __noinline int addDevice(struct vhost_dev* hdev, u32 opener, u64 now) {
  struct vhost_virtqueue** vqs = BPF_CORE_READ(hdev, vqs);
  const int count = BPF_CORE_READ(hdev, nvqs);
  RAW(vring_ioctl, now, {
    record->hdev = (u64)hdev;
    firstQueues(hdev, &record->vq0, &record->vq1);
    record->cmd = record->index = record->num = 0;
  });
  for (int i = 0; i < MOST_DEVICE_QUEUES; ++i) {
    struct vhost_virtqueue* vq = 0;
    if (i >= count) break;
    bpf_probe_read_kernel(&vq, sizeof(vq), vqs + i);
    if (vq) addQueue(hdev, vq, i, opener, now);
  }
  if (count > MOST_DEVICE_QUEUES) __sync_fetch_and_add(&lostInMap, 1);
  return 0;
}

/* Null when the queue is not wanted, or there is no room for it. */
static __always_inline struct Queue* queueAt(struct vhost_virtqueue* vq, u64 now) {
  struct Queue* queue = find_queues((u64)vq);
  if (!queue) {
    struct vhost_dev* hdev = BPF_CORE_READ(vq, dev);
    if (!hdev) return 0;
    addDevice(hdev, 0, now);
    queue = find_queues((u64)vq);
  }
  return queue && queue->wanted ? queue : 0;
}

/* The unwrapped position with these low 16 bits. */
static __always_inline s64 positionOf(const struct Queue* queue, u16 index) {
  if (queue->next >= 0) return queue->next + (s16)(index - (u16)queue->next);
  return index;
}

#endif
