// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * State of the guest fold: what fold/guest_fold.cpp and fold/guest_queue.cpp keep in user space. Adds and gets of a
 * queue are serialised by the driver's lock, so a queue's state has one writer, but for interrupts.
 */
#ifndef DESCRY_PROBES_GUEST_STATE_H
#define DESCRY_PROBES_GUEST_STATE_H

#include "collector/probes/emit.h"
#include "collector/probes/guest_layout.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, MOST_GUEST_QUEUES);
  __type(key, u64);
  __type(value, struct GuestQueue);
} guestQueues SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, MOST_GUEST_CHAINS);
  __type(key, struct ChainKey);
  __type(value, struct GuestChain);
} guestChains SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u64); /* thread; idle threads by CPU */
  __type(value, struct Task);
} tasks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, struct DoorbellKey);
  __type(value, struct Doorbell);
} decided SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, struct DoorbellKey);
  __type(value, struct Doorbell);
} ringing SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct Task);
} blankTask SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct GuestChain);
} newChain SEC(".maps");

const volatile __u32 onlyDevice = 0; /* 1 + number of virtioN */
const volatile __s32 onlyQueue = -1;
const volatile bool copiesProbed = false;

static __always_inline u64 currentTask(void) {
  const u32 thread = bpf_get_current_pid_tgid();
  return thread ? thread : (1ULL << 32) + bpf_get_smp_processor_id();
}

static __always_inline bool isPacked(struct vring_virtqueue* ring) {
  if (bpf_core_field_exists(ring->packed_ring)) return BPF_CORE_READ(ring, packed_ring);
  struct vring_virtqueue___layout* newer = (void*)ring;
  int layout = 0;
  if (bpf_core_field_exists(newer->layout)) bpf_core_read(&layout, sizeof(layout), &newer->layout);
  return layout & 1;
}

static __always_inline bool usesDma(struct vring_virtqueue* ring) {
  if (bpf_core_field_exists(ring->use_dma_api)) return BPF_CORE_READ(ring, use_dma_api);
  struct vring_virtqueue___map* newer = (void*)ring;
  bool uses = false;
  if (bpf_core_field_exists(newer->use_map_api)) bpf_core_read(&uses, sizeof(uses), &newer->use_map_api);
  return uses;
}

static __always_inline void announce(const struct GuestQueue* queue, struct virtqueue* vq, u64 now) {
  struct vring_virtqueue* ring = (void*)vq;
  FOLDED(guest_queue, now, {
    record->vq = (u64)vq;
    record->ring =
        queue->packed ? BPF_CORE_READ(ring, packed.ring_dma_addr) : BPF_CORE_READ(ring, split.queue_dma_addr);
    record->features = BPF_CORE_READ(vq, vdev, features);
    record->dev = queue->dev;
    record->queue = queue->index;
    record->num = BPF_CORE_READ(ring, split.vring.num);
    record->packed = queue->packed;
    record->use_dma = queue->useDma;
    record->avail = BPF_CORE_READ(ring, split.avail_idx_shadow);
    record->used = BPF_CORE_READ(ring, last_used_idx);
    record->directions = queue->directions;
    record->epoch = queue->epoch;
    record->reserved = 0;
  });
}

/* Null when the queue is not wanted, or there is no room for it. */
static __always_inline struct GuestQueue* queueAt(struct virtqueue* vq, u64 now) {
  const u64 key = (u64)vq;
  struct GuestQueue* queue = bpf_map_lookup_elem(&guestQueues, &key);
  if (queue && !queue->stale) return queue->wanted ? queue : 0;
  if (queue) {
    /* It was deleted: the same memory may be another queue now. */
    queue->stale = 0;
    queue->dev = BPF_CORE_READ(vq, vdev, index);
    queue->index = BPF_CORE_READ(vq, index);
    queue->packed = isPacked((void*)vq);
    queue->useDma = usesDma((void*)vq);
    queue->wanted = (!onlyDevice || queue->dev + 1 == onlyDevice) && (onlyQueue < 0 || queue->index == (u32)onlyQueue);
    if (!queue->wanted) return 0;
    announce(queue, vq, now);
    return queue;
  }
  struct GuestQueue fresh = {.avail = -1, .expectedUsed = -1};
  fresh.dev = BPF_CORE_READ(vq, vdev, index);
  fresh.index = BPF_CORE_READ(vq, index);
  fresh.packed = isPacked((void*)vq);
  fresh.useDma = usesDma((void*)vq);
  fresh.wanted = (!onlyDevice || fresh.dev + 1 == onlyDevice) && (onlyQueue < 0 || fresh.index == (u32)onlyQueue);
  if (bpf_map_update_elem(&guestQueues, &key, &fresh, BPF_NOEXIST)) {
    __sync_fetch_and_add(&lostInMap, 1);
    return 0;
  }
  queue = bpf_map_lookup_elem(&guestQueues, &key);
  if (!queue || !queue->wanted) return 0;
  announce(queue, vq, now);
  return queue;
}

static __always_inline struct Task* taskState(void) {
  const u64 key = currentTask();
  struct Task* task = bpf_map_lookup_elem(&tasks, &key);
  if (task) return task;
  const u32 zero = 0;
  const struct Task* blank = bpf_map_lookup_elem(&blankTask, &zero);
  if (!blank) return 0;
  bpf_map_update_elem(&tasks, &key, blank, BPF_NOEXIST);
  return bpf_map_lookup_elem(&tasks, &key);
}

/* The innermost add or get of the running thread: DMA work belongs to it. Null when there is none. */
static __always_inline struct RingCall* openCall(void) {
  const u64 key = currentTask();
  struct Task* task = bpf_map_lookup_elem(&tasks, &key);
  if (!task) return 0;
  const u32 top = task->depth - 1;
  return top < MOST_CALLS_IN_CALL ? &task->calls[top] : 0;
}

static __always_inline struct RingCall* enterRing(u64 vq, bool isGet, u32 function, u64 now) {
  struct Task* task = taskState();
  if (!task) return 0;
  u32 depth = task->depth;
  if (depth >= MOST_CALLS_IN_CALL) depth = 0; /* returns were lost */
  struct RingCall* call = &task->calls[depth];
  task->depth = depth + 1;
  __builtin_memset(call, 0, sizeof(*call));
  call->vq = vq;
  call->isGet = isGet;
  call->function = function;
  call->entered = now;
  call->hits = 1;
  return call;
}

/* The call that returns; calls above it never came back. Null when its entry was not seen. */
static __always_inline struct RingCall* leaveRing(struct Task* task, bool isGet) {
  for (u32 i = 0; i < MOST_CALLS_IN_CALL; ++i) {
    const u32 top = task->depth - 1;
    if (top >= MOST_CALLS_IN_CALL) break;
    task->depth = top;
    if (task->calls[top].isGet == isGet) return &task->calls[top];
  }
  return 0;
}

#endif
