// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: chains are given back, and the guest is told. */
#ifndef DESCRY_PROBES_HOST_USED_H
#define DESCRY_PROBES_HOST_USED_H

#include "collector/probes/host_state.h"

#define MOST_USED 1024 /* in one call: no ring has more chains open */

/* Whether programs may hand functions to helpers: not without a JIT, and not before 5.17. */
const volatile bool mayCallBack = true;

/* How far a call of vhost_add_used_n is looked at, and finished halves on their way out together. A queue's is written
   under its vq->mutex. Here and not on the stack, where the verifier would know the numbers and follow each turn of a
   loop by itself. */
struct Finished {
  u32 count, done;  /* elements of the call; those looked at */
  u32 left, length; /* chains that the last of them still stands for (VIRTIO_F_IN_ORDER), and its length */
  u16 index;        /* used index of the next chain */
  u16 first;        /* the next chain is the call's first, to which the hit belongs */
  struct descry_host_used record; /* as it goes out: with `count` chains */
  struct descry_used_chain chains[DESCRY_MOST_USED_TOGETHER];
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, MOST_QUEUES);
  __type(key, u32);
  __type(value, struct Finished);
} finished SEC(".maps");

/* `numbers`: with VIRTIO_F_IN_ORDER, of the chains that each element stands for; else 0. */
struct UsedCall {
  struct Queue* queue;
  struct Finished* finished;
  u64 vq, heads, numbers, now, call;
};

static __always_inline u32 fromRing(u32 value, u64 call) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return __builtin_bswap32(value);
#else
  return value;
#endif
}

static __always_inline void emitFinished(struct UsedCall* used) {
  struct descry_host_used* record = &used->finished->record;
  const u32 count = record->count;
  if (!count || count > DESCRY_MOST_USED_TOGETHER) return;
  if (bpf_ringbuf_output(&records, record, sizeof(*record) + count * sizeof(struct descry_used_chain),
                         BPF_RB_NO_WAKEUP))
    __sync_fetch_and_add(&lostInRing, count);
  record->count = 0;
}

/* False: it cannot be handed over with others. */
static __always_inline bool finishTogether(struct UsedCall* used, const struct Chain* chain, u64 length) {
  const struct ShortChain* brief = &chain->brief;
  if (chain->state != CHAIN_OPEN_SHORT || (used->now - brief->since) >> 32 || length >> 32) return false;
  struct Finished* finished = used->finished;
  struct descry_host_used* record = &finished->record;
  if (record->count == DESCRY_MOST_USED_TOGETHER || chain->position != record->first_position + record->count)
    emitFinished(used);
  if (!record->count) {
    record->header.type = Descry_host_used;
    record->header.ns = used->now;
    record->vq = used->vq;
    record->first_position = chain->position;
    record->epoch = chain->epoch;
  }
  struct descry_used_chain* next = &finished->chains[record->count++ & (DESCRY_MOST_USED_TOGETHER - 1)];
  next->tried_fetched = brief->tried_fetched;
  next->kick_entered = brief->kick_entered;
  next->arrived_len = brief->arrived | length << 32;
  next->counts = brief->counts + ((u64)finished->first << 48);
  return true;
}

static __always_inline void finish(struct UsedCall* used, struct Chain* chain, u32 length) {
  if (finishTogether(used, chain, length)) return;
  emitFinished(used);
  emitHalf(chain, used->now, length, used->finished->first, 0);
}

static __always_inline u32 headOf(const struct Chain* chain) {
  return chain->state == CHAIN_OPEN_SHORT ? (u16)chain->brief.counts : chain->whole.head;
}

static __always_inline void useChain(struct UsedCall* used, u32 head, u32 length) {
  const u64 vq = used->vq, now = used->now;
  struct Queue* queue = used->queue;
  const u16 index = used->finished->index++;
  RAW(add_used, now, {
    record->vq = vq;
    record->call = used->call;
    record->used = index;
    record->count = 1;
    record->id0 = head;
    record->len0 = length;
  });
  struct Chain* chain = chainAt(queue, head);
  const bool open =
      chain && isOpen(chain) && chain->vq == vq && headOf(chain) == head && chain->epoch == queue->epoch;
  /* Kernel backends mostly give chains back in order; the index proves or refutes it. */
  if (!open || (u16)chain->position != index) queue->counters.headMismatches++;
  if (!open) {
    queue->counters.stray++;
    return;
  }
  if (wantFolded) finish(used, chain, length);
  used->finished->first = 0;
  chain->state = CHAIN_FREE;
}

static long useOne(u32 i, struct UsedCall* used) {
  const struct UsedElement* element = &used->queue->elements[i & (USED_TOGETHER - 1)];
  useChain(used, fromRing(element->id, used->call), fromRing(element->length, used->call));
  return 0;
}

static long useSome(u32 unused, struct UsedCall* used) {
  struct Finished* finished = used->finished;
  u32 count = finished->count - finished->done;
  if (count > USED_TOGETHER) count = USED_TOGETHER;
  if (bpf_probe_read_kernel(used->queue->elements, count * sizeof(struct UsedElement),
                            (void*)(used->heads + finished->done * sizeof(struct UsedElement))))
    return 1;
  used->queue->counters.used += count;
  bpf_loop(count, useOne, used, 0);
  emitFinished(used);
  finished->done += count;
  return finished->done >= finished->count;
}

/* The next chain of a call, with reads of its own. Nonzero: there is none. */
static long useNext(u32 unused, struct UsedCall* used) {
  struct Finished* finished = used->finished;
  u32 head = 0;
  if (!finished->left) {
    struct UsedElement element;
    u16 number = 1;
    const u64 done = finished->done;
    if (done >= finished->count ||
        bpf_probe_read_kernel(&element, sizeof(element), (void*)(used->heads + done * sizeof(element))))
      return 1;
    if (used->numbers && bpf_probe_read_kernel(&number, sizeof(number), (void*)(used->numbers + done * sizeof(number))))
      return 1;
    finished->done++;
    finished->left = number;
    finished->length = fromRing(element.length, used->call);
    head = fromRing(element.id, used->call);
    if (!number) return 0;
  }
  /* Of several, the element names the last one and says what was written into it. */
  if (used->numbers) head = used->queue->heads[finished->index & (RECENT_HEADS - 1)];
  finished->left--;
  used->queue->counters.used++;
  useChain(used, head, finished->left ? 0 : finished->length);
  return 0;
}

/* Verified for itself, and so once, not once for every turn of a loop. */
__noinline int useNextApart(u64 vq, u64 heads, u64 numbers, u64 now, u64 call) {
  struct UsedCall used = {
      .queue = find_queues(vq), .vq = vq, .heads = heads, .numbers = numbers, .now = now, .call = call};
  if (!used.queue) return 1;
  const u32 slot = used.queue->slot;
  used.finished = bpf_map_lookup_elem(&finished, &slot);
  return used.finished ? useNext(0, &used) : 1;
}

static __always_inline void useAll(struct UsedCall* used) {
  if (mayCallBack && !used->numbers) {
    if (used->finished->count <= USED_TOGETHER)
      useSome(0, used);
    else
      bpf_loop(MOST_USED / USED_TOGETHER, useSome, used, 0);
  } else if (mayCallBack) {
    bpf_loop(MOST_USED, useNext, used, 0);
  } else {
    for (u32 i = 0; i < MOST_USED; ++i)
      if (useNextApart(used->vq, used->heads, used->numbers, used->now, used->call)) break;
  }
  emitFinished(used);
  const u32 missed = used->finished->left + used->finished->count - used->finished->done;
  if (missed) __sync_fetch_and_add(&lostInMap, missed);
}

/* `only`: if it is one chain, its element, where that could be read in place. */
static __always_inline int onUsed(u64 key, u64 heads, u64 numbers, u32 count, u64 call, u16 index,
                                  const struct UsedElement* only) {
  const u64 now = bpf_ktime_get_ns();
  struct Queue* queue = find_queues(key);
  if (!queue || !queue->wanted) return 0;
  const u32 slot = queue->slot;
  struct Finished* room = bpf_map_lookup_elem(&finished, &slot);
  if (!room) return 0;
  if (call && call != queue->call) {
    queue->call = call;
    struct CallContext* context = claim_callContexts(call);
    if (context)
      context->vq = key;
    else
      __sync_fetch_and_add(&lostInMap, 1);
  }
  struct UsedCall used = {.queue = queue, .finished = room, .vq = key, .heads = heads, .now = now, .call = call};
  used.numbers = queue->inOrder ? numbers : 0;
  room->count = count;
  room->done = room->left = room->record.count = 0;
  room->index = index;
  room->first = 1;
  if (only && count == 1 && !used.numbers) {
    queue->counters.used++;
    useChain(&used, fromRing(only->id, call), fromRing(only->length, call));
    emitFinished(&used);
  } else {
    useAll(&used);
  }
  return 0;
}
SEC("fentry/vhost_add_used_n") int onUsed_fentry(void* ctx) {
  const struct vhost_virtqueue* vq = TYPED(const struct vhost_virtqueue*, ctx, 0);
  const struct vring_used_elem* heads = TYPED(const struct vring_used_elem*, ctx, 1);
  const struct UsedElement only = {heads->id, heads->len};
  const u64 third = argument(ctx, 2);
  MEASURED(onUsed(argument(ctx, 0), argument(ctx, 1), usedHasNumbers ? third : 0,
                  usedHasNumbers ? argument(ctx, 3) : third, (u64)vq->call_ctx.ctx, vq->last_used_idx, &only));
}
SEC("kprobe/vhost_add_used_n")
int BPF_KPROBE(onUsed_kprobe, struct vhost_virtqueue* vq, u64 heads, u64 third, u64 fourth) {
  MEASURED(onUsed((u64)vq, heads, usedHasNumbers ? third : 0, usedHasNumbers ? fourth : third,
                  (u64)BPF_CORE_READ(vq, call_ctx.ctx), BPF_CORE_READ(vq, last_used_idx), 0));
}

static __always_inline int onEventfd(void* context) {
  const u64 key = (u64)context;
  const struct CallContext* found = find_callContexts(key);
  if (!found) {
    if (kvmOfVmm) ringVmm(key);
    return 0;
  }
  const u64 now = bpf_ktime_get_ns(), vq = found->vq;
  struct Queue* queue = find_queues(vq);
  if (!queue || queue->call != key) return 0;
  RAW(eventfd, now, record->ctx = key);
  queue->counters.interrupts++;
  FOLDED(host_interrupt, now, record->vq = vq);
  if (!withKvm) return 0;
  struct Signal* signal = claimSignal();
  if (!signal) return 0;
  signal->context = key;
  signal->ns = now;
  signal->vq = vq;
  signal->kvm = signal->ofVmm = 0;
  return 0;
}
ON_ENTRY1(onEventfd, "eventfd_signal_mask", void*)
/* Until 6.7 a function of its own. */
static __always_inline int onEventfdOld(void* context) {
  return onEventfd(context);
}
ON_ENTRY1(onEventfdOld, "eventfd_signal", void*)

#endif
