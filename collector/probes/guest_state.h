// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * State of the guest fold: what fold/guest_fold.cpp and fold/guest_queue.cpp keep in user space. Adds and gets of a
 * queue are serialised by the driver's lock, so a queue's state has one writer, but for interrupts.
 */
#ifndef DESCRY_PROBES_GUEST_STATE_H
#define DESCRY_PROBES_GUEST_STATE_H

#include "collector/probes/emit.h"
#include "collector/probes/guest_layout.h"

TABLE(guestQueues, GuestQueue, MOST_GUEST_QUEUES)
TABLE(guestChains, GuestChain, MOST_GUEST_CHAINS)
TABLE(tasks, Task, MOST_TASKS)

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

/* Reads what a queue is. Its memory may have been another one before. */
static __noinline int identify(struct GuestQueue* queue, struct virtqueue* vq, u64 now) {
  if (!queue) return 0;
  queue->stale = 0;
  queue->dev = BPF_CORE_READ(vq, vdev, index);
  queue->index = BPF_CORE_READ(vq, index);
  queue->packed = isPacked((void*)vq);
  queue->useDma = usesDma((void*)vq);
  queue->wanted = (!onlyDevice || queue->dev + 1 == onlyDevice) && (onlyQueue < 0 || queue->index == (u32)onlyQueue);
  if (queue->wanted) announce(queue, vq, now);
  return 0;
}

/* Null when the queue is not wanted, or there is no room for it. */
static __always_inline struct GuestQueue* queueAt(struct virtqueue* vq, u64 now) {
  struct GuestQueue* queue = find_guestQueues((u64)vq);
  if (queue && !queue->stale) return queue->wanted ? queue : 0;
  if (!queue) {
    queue = take_guestQueues((u64)vq);
    if (!queue) {
      __sync_fetch_and_add(&lostInMap, 1);
      return 0;
    }
    queue->avail = queue->expectedUsed = -1;
  }
  identify(queue, vq, now);
  return queue->wanted ? queue : 0;
}

static __always_inline u64 chainKey(u64 vq, u64 token) {
  return vq * 0x9e3779b97f4a7c15ULL + token;
}

/* A place of a thread that has nothing open: it may be long gone. */
static __noinline struct Task* recycledTask(u64 key) {
  for (u32 i = 0; i < PROBED; ++i) {
    const u32 at = (placeOf(key) + i) & (MOST_TASKS - 1);
    struct Task* task = bpf_map_lookup_elem(&tasks, &at);
    if (!task || task->depth || task->bells[0].isRinging || task->bells[1].isRinging) continue;
    const u64 old = task->key;
    if (__sync_val_compare_and_swap(&task->key, old, key) != old) continue;
    task->bells[0].isDecided = task->bells[1].isDecided = 0;
    return task;
  }
  __sync_fetch_and_add(&lostInMap, 1);
  return 0;
}

static __always_inline struct Task* taskState(void) {
  const u64 key = currentTask();
  struct Task* task = claim_tasks(key);
  return task ? task : recycledTask(key);
}

/* The innermost add or get of the running thread: DMA work belongs to it. Null when there is none. */
static __always_inline struct RingCall* openCall(void) {
  struct Task* task = find_tasks(currentTask());
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
