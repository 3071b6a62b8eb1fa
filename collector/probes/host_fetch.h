// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: a fetch ends, and what is known of its chain is kept until that is given back. */
#ifndef DESCRY_PROBES_HOST_FETCH_H
#define DESCRY_PROBES_HOST_FETCH_H

#include "collector/probes/host_state.h"

/* When the packet for this buffer came, 0: not known; `entered` becomes when a worker came by for it. */
static __always_inline u64 takeArrival(const struct Queue* queue, u64* entered) {
  if (queue->index != RECEIVE_QUEUE) return 0;
  const struct Worker* worker = find_workers((u32)bpf_get_current_pid_tgid());
  if (!worker || !worker->receiving) return 0;
  const u64 hdev = queue->hdev;
  struct Arrivals* list = bpf_map_lookup_elem(&arrivals, &hdev);
  if (!list || !list->count) return 0;
  const u32 slot = list->first & (MOST_ARRIVALS - 1);
  const u64 arrived = list->ns[slot];
  if (list->visit[slot]) *entered = list->visit[slot];
  list->first++;
  list->count--;
  if (list->visited) list->visited--;
  return arrived;
}

static __always_inline bool takeTime(u64* since, u64 at) {
  if (!at) return true;
  if (at < *since) *since = at;
  return (u32)at != 0;
}

/* The earliest of a chain's times that were seen; 0: they cannot be kept as lower halves. Verified for itself: in between
   other branches these are too many ways. */
__noinline u64 sinceOf(u64 kick, u64 arrived, u64 entered, u64 tried, u64 fetched) {
  u64 since = fetched;
  const bool told = takeTime(&since, kick) & takeTime(&since, arrived) & takeTime(&since, entered) &
                    takeTime(&since, tried) & takeTime(&since, fetched);
  return told && !((fetched - since) >> 32) ? since : 0;
}

static __always_inline u64 countsOf(u32 head, u32 out, u32 in, u32 misses, u32 retries, u32 hits, u32 flags) {
  return head | out << 16 | (u64)in << 24 | (u64)misses << 32 | (u64)retries << 40 | (u64)hits << 48 |
         (u64)flags << 56;
}

/* Fills all of a chain but `vq`, `position` and `epoch`. */
static __always_inline void keepChain(struct Chain* chain, const struct Attempt* attempt, u64 arrived, u64 entered,
                                      u64 tried, u64 fetched, u32 head, u64 counts) {
  const u64 kick = attempt->kick;
  const u32 out = counts >> 32, in = counts, flags = attempt->opensBurst ? OPENS_BURST : 0;
  const u64 since = sinceOf(kick, arrived, entered, tried, fetched);
  const u32 counted = (out + 1) | (in + 1) | attempt->misses | attempt->retries | (attempt->hits + 1);
  if (since && counted <= 0xff && head <= 0xffff) {
    chain->brief.since = since;
    chain->brief.tried_fetched = (u32)tried | fetched << 32;
    chain->brief.kick_entered = (u32)kick | entered << 32;
    chain->brief.arrived = (u32)arrived;
    chain->brief.counts = countsOf(head, (u8)out, (u8)in, attempt->misses, attempt->retries, attempt->hits, flags);
    chain->state = CHAIN_OPEN_SHORT;
    return;
  }
  struct WholeChain* whole = &chain->whole;
  whole->kick = kick;
  whole->arrived = arrived;
  whole->entered = entered;
  whole->tried = tried;
  whole->fetched = fetched;
  whole->head = head;
  whole->out = out;
  whole->in = in;
  whole->misses = attempt->misses;
  whole->retries = attempt->retries;
  whole->hits = attempt->hits;
  whole->flags = flags;
  chain->state = CHAIN_OPEN;
}

/* What the chains after this one have in common, unless something happens in between. */
static __always_inline void prepareFast(struct Queue* queue, u64 now) {
  const u64 kick = queue->kick, entered = queue->entered;
  queue->burstSince = sinceOf(kick, 0, entered, 0, now);
  queue->burstKickEntered = (u32)kick | entered << 32;
  queue->fast =
      !fetchesBegin && entered && queue->burstSince && queue->index != RECEIVE_QUEUE && !queue->handsBack;
}

static __always_inline void fetchSucceeded(struct Queue* queue, u64 vq, u32 head, u64 counts, u64 now) {
  const s64 position = queue->fetchPosition;
  if (queue->next >= 0 && position > queue->next) {
    queue->counters.gaps++;
    FOLDED(host_gap, now, {
      record->vq = vq;
      record->begin = queue->fetchEntered;
      record->expected = queue->next;
      record->count = position - queue->next;
    });
  }
  if (queue->next >= 0 && position < queue->next && queue->started) {
    const struct Attempt attempt = queue->attempt;
    queue->counters.wentBack++;
    startEpoch(queue, vq, now);
    queue->attempt = attempt;
  }
  queue->started = 1;
  queue->next = position + 1;
  queue->counters.fetches++;
  if (queue->firstPosition < 0 || position < queue->firstPosition) queue->firstPosition = position;
  if (position > queue->lastPosition) queue->lastPosition = position;
  queue->heads[position & (RECENT_HEADS - 1)] = head;
  struct Chain* chain = chainAt(queue, head);
  if (!chain) return;
  if (isOpen(chain)) {
    /* Of an earlier epoch: it was still with the backend when the ring was stopped. */
    if (chain->vq == vq && chain->epoch != queue->epoch)
      emitHalf(chain, 0, -1, 0, END_UNSEEN);
    else
      __sync_fetch_and_add(&lostInMap, 1);
  }
  const struct Attempt* attempt = &queue->attempt;
  u64 entered = attempt->entered;
  const u64 arrived = takeArrival(queue, &entered);
  const u64 tried = attempt->tried || !fetchesBegin ? attempt->tried : queue->fetchEntered;
  chain->vq = vq;
  chain->position = position;
  chain->epoch = queue->epoch;
  keepChain(chain, attempt, arrived, entered, tried, now, head, counts);
  queue->attempt.position = -1;
  prepareFast(queue, now);
}

/* The next chain of a burst: all that needs to be noted is when it was fetched. False: there is more to it. */
static __always_inline bool fetchedNext(struct Queue* queue, u32 head, u16 avail, u32 out, u32 in, u64 now) {
  const s64 position = queue->next;
  if (!queue->fast || !queue->kickServed || head >= queue->size || (u16)(avail - 1) != (u16)position) return false;
  if ((out | in) >= DESCRY_UNKNOWN_COUNT || (now - queue->burstSince) >> 32 || !(u32)now) return false;
  struct Chain* chain = chainAt(queue, head);
  if (!chain || isOpen(chain)) return false;
  queue->next = position + 1;
  queue->lastPosition = position;
  queue->counters.fetches++;
  queue->heads[position & (RECENT_HEADS - 1)] = head;
  chain->vq = queue->key;
  chain->position = position;
  chain->epoch = queue->epoch;
  chain->state = CHAIN_OPEN_SHORT;
  chain->brief.since = queue->burstSince;
  chain->brief.tried_fetched = now << 32;
  chain->brief.kick_entered = queue->burstKickEntered;
  chain->brief.arrived = 0;
  chain->brief.counts = countsOf(head, out, in, 0, 0, 1, 0);
  return true;
}

static __always_inline u16 availOf(u64 vq) {
  return fetchesBegin ? 0 : BPF_CORE_READ((struct vhost_virtqueue*)vq, last_avail_idx);
}

/* A fetch whose beginning is not probed. Null when the queue is not wanted. */
static __always_inline struct Queue* fetchSeenAtEnd(u64 vq, int result, u16 avail, u64 now) {
  struct Queue* queue = queueAt((void*)vq, now);
  if (!queue) return 0;
  learnSize(queue, (void*)vq, now);
  const bool fetched = result >= 0 && (u32)result != queue->size;
  queue->fetchPosition = positionOf(queue, avail - fetched);
  queue->fetchEntered = now;
  attemptAt(queue, vq, queue->fetchPosition);
  if (!fetched && !queue->attempt.tried) queue->attempt.tried = now;
  return queue;
}

/* Two numbers of 32 bits, one behind the other, as one of 64. Since 6.2 they can be read in place, as any structure of
   the kernel that begins with 64 bits; that takes a fraction of the call. A program that contains the cast is refused
   where BPF is interpreted. */
static __always_inline u64 pairAt(u64 address, bool inPlace) {
  if (inPlace && bpf_rdonly_cast && bpf_core_type_exists(struct timespec64)) {
    const struct timespec64* pair = bpf_rdonly_cast((void*)address, bpf_core_type_id_kernel(struct timespec64));
    return pair->tv_sec;
  }
  u64 pair = -1;
  bpf_probe_read_kernel(&pair, sizeof(pair), (void*)address);
  return pair;
}

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FIRST_OF(pair) ((u32)((pair) >> 32))
#define SECOND_OF(pair) ((u32)(pair))
#else
#define FIRST_OF(pair) ((u32)(pair))
#define SECOND_OF(pair) ((u32)((pair) >> 32))
#endif

/* All other ends of fetches. Verified for itself: with what comes before it there are too many ways through it. */
__noinline int fetchEnded(u64 vq, int result, u64 counts, u16 avail, u64 now) {
  struct Queue* queue = fetchesBegin ? find_queues(vq) : fetchSeenAtEnd(vq, result, avail, now);
  if (!queue || (fetchesBegin && !queue->inFetch)) return 0;
  RAW(get_desc_ret, now, {
    record->vq = vq;
    record->ret = result;
    record->out = counts >> 32;
    record->in = counts;
  });
  queue->inFetch = 0;
  queue->attempt.hits += 1 + fetchesBegin;
  if (result == TRY_AGAIN) {
    queue->counters.eagain++;
    queue->attempt.retries++;
  } else if (result < 0) {
    queue->counters.errors++;
  } else if (queue->size && (u32)result == queue->size) {
    queue->counters.empty++;
    /* Nothing left: the burst is over, and what comes next needs a new doorbell. */
    const u64 kick = queue->kick;
    if (kick && kick <= now && queue->attempt.opensBurst && queue->attempt.position == queue->fetchPosition)
      FOLDED(host_kick, kick, record->vq = vq);
    queue->entered = 0;
    queue->kickServed = 1;
    /* A doorbell that rings while this runs opens the next burst. */
    if (kick > now || __sync_val_compare_and_swap(&queue->kick, kick, 0) != kick) queue->kickServed = 0;
    queue->attempt = (struct Attempt){.position = -1};
  } else {
    fetchSucceeded(queue, vq, (u32)result, counts, now);
  }
  return 0;
}

#define MOST_DESCRIPTORS 0xffff

/* What the fetch found, behind the addresses of the caller's counts: `out` in the upper half, `in` in the lower one. */
static __always_inline u64 countsAt(u64 outAddress, u64 inAddress, bool inPlace) {
  u32 out = -1, in = -1;
  if (inAddress == outAddress + sizeof(out)) {
    const u64 pair = pairAt(outAddress, inPlace);
    out = FIRST_OF(pair), in = SECOND_OF(pair);
  } else if (outAddress == inAddress + sizeof(in)) {
    const u64 pair = pairAt(inAddress, inPlace);
    in = FIRST_OF(pair), out = SECOND_OF(pair);
  } else {
    bpf_probe_read_kernel(&out, sizeof(out), (void*)outAddress);
    bpf_probe_read_kernel(&in, sizeof(in), (void*)inAddress);
  }
  /* They are read through pointers; nothing that large can be one. */
  if (out >= MOST_DESCRIPTORS) out = -1;
  if (in >= MOST_DESCRIPTORS) in = -1;
  return (u64)out << 32 | in;
}

static __always_inline int onFetchReturn(u64 ret, u64 vq, u64 outAddress, u64 inAddress, u16 avail) {
  const u64 now = bpf_ktime_get_ns();
  return fetchEnded(vq, ret, countsAt(outAddress, inAddress, false), avail, now);
}

/* Hits of this kind are counted with the queue, and timed by the time that they looked at anyway. */
#define FAST_TIMED 64

/* The shortest way, which nearly all chains of a burst go. */
static __always_inline int onFetchReturnInPlace(void* ctx, u64 ret) {
  const struct vhost_virtqueue* vq = TYPED(const struct vhost_virtqueue*, ctx, 0);
  const u64 now = bpf_ktime_get_ns(), counts = countsAt(((u64*)ctx)[3], ((u64*)ctx)[4], true);
  const u16 avail = fetchesBegin ? 0 : vq->last_avail_idx;
  if (!fetchesBegin && !wantRaw) {
    struct Queue* queue = first_queues((u64)vq);
    if (queue && fetchedNext(queue, ret, avail, counts >> 32, counts, now)) {
      if (!(++queue->fastHits & (FAST_TIMED - 1))) noteCost(ownCosts(), now);
      return 0;
    }
  }
  u64* cost = ownCosts();
  const u64 began = countHit(cost);
  const int result = fetchEnded(argument(ctx, 0), ret, counts, avail, now);
  if (began) noteCost(cost, now);
  return result;
}

/* `count`: of the function's parameters; its result follows them. */
#define FETCH_RETURN(name, function, count)                                                                    \
  SEC("fexit/" function) int name##_fexit(void* ctx) {                                                         \
    return recording ? onFetchReturnInPlace(ctx, ((u64*)ctx)[count]) : 0;                                      \
  }                                                                                                            \
  SEC("kretprobe/" function) int BPF_KRETPROBE(name##_kretprobe, u64 ret) {                                    \
    struct Call call;                                                                                          \
    MEASURED(leaveCall(FETCH, &call) ? onFetchReturn(ret, call.a, call.b, call.c, availOf(call.a)) : 0);       \
  }
FETCH_RETURN(onFetchReturn, "vhost_get_vq_desc", 7)
FETCH_RETURN(onFetchNReturn, "vhost_get_vq_desc_n", 8)

#endif
