// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: chains are given back, and the guest is told. */
#ifndef DESCRY_PROBES_HOST_USED_H
#define DESCRY_PROBES_HOST_USED_H

#include "collector/probes/host_state.h"

#define MOST_USED 1024 /* in one call: no ring has more chains open */

struct UsedCall {
  struct Queue* queue;
  u64 vq, heads, now, call;
  u32 index, count, done;
};

static __always_inline u32 fromRing(u32 value, u64 call) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return __builtin_bswap32(value);
#else
  return value;
#endif
}

static long useOne(u32 i, struct UsedCall* used) {
  const u64 vq = used->vq, now = used->now;
  struct Queue* queue = used->queue;
  const struct UsedElement* element = &queue->elements[i & (USED_TOGETHER - 1)];
  const u32 head = fromRing(element->id, used->call), length = fromRing(element->length, used->call);
  const u16 index = used->index + used->done + i;
  RAW(add_used, now, {
    record->vq = vq;
    record->call = used->call;
    record->used = index;
    record->count = 1;
    record->id0 = head;
    record->len0 = length;
  });
  queue->counters.used++;
  struct Chain* chain = chainAt(queue, head);
  const bool open =
      chain && chain->state == CHAIN_OPEN && chain->vq == vq && chain->head == head && chain->epoch == queue->epoch;
  /* Kernel backends mostly give chains back in order; the index proves or refutes it. */
  if (!open || (u16)chain->position != index) queue->counters.headMismatches++;
  if (!open) {
    queue->counters.stray++;
    return 0;
  }
  FOLDED(host_half, now, {
    record->vq = vq;
    record->position = chain->position;
    record->kick = chain->kick;
    record->arrived = chain->arrived;
    record->entered = chain->entered;
    record->tried = chain->tried;
    record->fetched = chain->fetched;
    record->used = now;
    record->epoch = chain->epoch;
    record->head = head;
    record->out = chain->out;
    record->in = chain->in;
    record->len = length;
    record->misses = chain->misses;
    record->retries = chain->retries;
    record->flags = chain->flags;
    record->hits = chain->hits + (used->done + i == 0);
  });
  chain->state = CHAIN_FREE;
  return 0;
}

static long useSome(u32 unused, struct UsedCall* used) {
  u32 count = used->count - used->done;
  if (count > USED_TOGETHER) count = USED_TOGETHER;
  if (bpf_probe_read_kernel(used->queue->elements, count * sizeof(struct UsedElement),
                            (void*)(used->heads + used->done * sizeof(struct UsedElement))))
    return 1;
  bpf_loop(count, useOne, used, 0);
  used->done += count;
  return used->done >= used->count;
}

static __always_inline int onUsed(struct vhost_virtqueue* vq, u64 heads, u64 third, u64 fourth) {
  const u64 now = bpf_ktime_get_ns(), key = (u64)vq;
  struct Queue* queue = find_queues(key);
  if (!queue || !queue->wanted) return 0;
  const u64 call = (u64)BPF_CORE_READ(vq, call_ctx.ctx);
  if (call && call != queue->call) {
    queue->call = call;
    struct CallContext* context = claim_callContexts(call);
    if (context)
      context->vq = key;
    else
      __sync_fetch_and_add(&lostInMap, 1);
  }
  struct UsedCall used = {.queue = queue, .vq = key, .heads = heads, .now = now, .call = call};
  used.index = BPF_CORE_READ(vq, last_used_idx);
  used.count = (u32)(usedHasNumbers ? fourth : third);
  if (used.count <= USED_TOGETHER)
    useSome(0, &used);
  else
    bpf_loop(MOST_USED / USED_TOGETHER, useSome, &used, 0);
  if (used.count > MOST_USED) __sync_fetch_and_add(&lostInMap, used.count - MOST_USED);
  return 0;
}
SEC("fentry/vhost_add_used_n") int onUsed_fentry(void* ctx) {
  MEASURED(onUsed((void*)argument(ctx, 0), argument(ctx, 1), argument(ctx, 2), usedHasNumbers ? argument(ctx, 3) : 0));
}
SEC("kprobe/vhost_add_used_n")
int BPF_KPROBE(onUsed_kprobe, struct vhost_virtqueue* vq, u64 heads, u64 third, u64 fourth) {
  MEASURED(onUsed(vq, heads, third, fourth));
}

static __always_inline int onEventfd(void* context) {
  const u64 key = (u64)context;
  const struct CallContext* found = find_callContexts(key);
  if (!found) return 0;
  const u64 now = bpf_ktime_get_ns(), vq = found->vq;
  struct Queue* queue = find_queues(vq);
  if (!queue || queue->call != key) return 0;
  RAW(eventfd, now, record->ctx = key);
  queue->counters.interrupts++;
  FOLDED(host_interrupt, now, record->vq = vq);
  return 0;
}
ON_ENTRY1(onEventfd, "eventfd_signal_mask", void*)
/* Until 6.7 a function of its own. */
static __always_inline int onEventfdOld(void* context) {
  return onEventfd(context);
}
ON_ENTRY1(onEventfdOld, "eventfd_signal", void*)

#endif
