// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: kernel vhost, from the doorbell to the used ring. */
#include "collector/probes/host_state.h"

char LICENSE[] SEC("license") = "GPL";

enum Function { FETCH = 1, PREFETCH, READ, WRITE };

/* Where vhost_add_used_n has its count: behind the heads, or (6.17) behind the numbers of heads. */
const volatile bool usedHasNumbers = false;

#define IN_ORDER (1ULL << 35) /* VIRTIO_F_IN_ORDER */

static __always_inline struct Chain* handedBackAt(const struct Queue* queue, u64 vq, s64 position) {
  struct Chain* chain = chainAt(queue, queue->heads[position & (RECENT_HEADS - 1)]);
  const bool is = chain && chain->state == CHAIN_HANDED_BACK && chain->vq == vq && chain->position == position &&
                  chain->epoch == queue->epoch;
  return is ? chain : 0;
}

static __always_inline void attemptAt(struct Queue* queue, u64 vq, s64 position) {
  if (queue->attempt.position == position) return;
  struct Attempt* attempt = &queue->attempt;
  struct Chain* earlier = queue->handsBack ? handedBackAt(queue, vq, position) : 0;
  attempt->position = position;
  if (earlier) {
    attempt->entered = earlier->entered;
    attempt->tried = earlier->tried;
    attempt->kick = earlier->kick;
    attempt->retries = earlier->retries;
    attempt->misses = earlier->misses;
    attempt->hits = earlier->hits;
    attempt->opensBurst = 0;
    earlier->state = CHAIN_FREE;
  } else {
    /* A burst is served in several runs when it misses: later chains wait since the first of them. */
    if (!queue->entered) {
      const struct Worker* worker = find_workers((u32)bpf_get_current_pid_tgid());
      if (worker) queue->entered = worker->entered;
    }
    attempt->entered = queue->entered;
    attempt->tried = 0;
    attempt->kick = queue->kick;
    attempt->retries = attempt->misses = attempt->hits = 0;
    attempt->opensBurst = !queue->kickServed;
  }
  queue->kickServed = 1;
}

static __always_inline int onPrefetch(struct vhost_virtqueue* vq, u16 avail) {
  const u64 now = bpf_ktime_get_ns();
  struct Queue* queue = queueAt(vq, now);
  if (stashCalls) enterCall(PREFETCH, (u64)vq, 0, 0);
  if (!queue) return 0;
  RAW(prefetch, now, {
    record->vq = (u64)vq;
    record->avail = avail;
  });
  attemptAt(queue, (u64)vq, positionOf(queue, avail));
  queue->inPrefetch = 1;
  return 0;
}
SEC("fentry/vq_meta_prefetch") int onPrefetch_fentry(void* ctx) {
  MEASURED(onPrefetch((void*)argument(ctx, 0), TYPED(struct vhost_virtqueue*, ctx, 0)->last_avail_idx));
}
SEC("kprobe/vq_meta_prefetch") int BPF_KPROBE(onPrefetch_kprobe, struct vhost_virtqueue* vq) {
  MEASURED(onPrefetch(vq, BPF_CORE_READ(vq, last_avail_idx)));
}

static __always_inline void past(struct Queue* queue, u64 vq, s64 position, u64 now) {
  if (position < 0 ? !queue->metadataPending : !queue->missesPending) return;
  if (position < 0)
    queue->metadataPending = 0;
  else
    queue->missesPending = 0;
  FOLDED(iotlb_past, now, {
    record->vq = vq;
    record->position = position;
  });
}

static __always_inline int onPrefetchReturn(u64 ret, u64 vq, u64 b, u64 c) {
  const u64 now = bpf_ktime_get_ns();
  struct Queue* queue = find_queues(vq);
  if (!queue || !queue->inPrefetch) return 0;
  RAW(prefetch_ret, now, {
    record->vq = vq;
    record->ret = (int)ret;
  });
  queue->inPrefetch = 0;
  if ((int)ret == 0)
    queue->counters.failedPrefetches++;
  else
    past(queue, vq, -1, now);
  return 0;
}
ON_RETURN(onPrefetchReturn, "vq_meta_prefetch", PREFETCH, 0, 0, 0)

/* The first chain of a ring: now it is set up. */
static __always_inline void learnSize(struct Queue* queue, struct vhost_virtqueue* vq, u64 now) {
  if (queue->size) return;
  queue->size = BPF_CORE_READ(vq, num);
  queue->inOrder = (featuresOf(vq) & IN_ORDER) != 0;
  announce(queue, vq, BPF_CORE_READ(vq, dev, mm, owner, tgid), 1, now);
}

static __always_inline int onFetch(struct vhost_virtqueue* vq, u16 avail) {
  const u64 now = bpf_ktime_get_ns();
  struct Queue* queue = queueAt(vq, now);
  if (!queue) return 0;
  learnSize(queue, vq, now);
  RAW(get_desc, now, {
    record->vq = (u64)vq;
    record->hdev = queue->hdev;
    firstQueues((void*)queue->hdev, &record->vq0, &record->vq1);
    record->ring = (u64)BPF_CORE_READ(vq, desc);
    record->features = featuresOf(vq);
    record->num = queue->size;
    record->avail = avail;
    record->used = BPF_CORE_READ(vq, last_used_idx);
  });
  queue->inFetch = 1;
  queue->fetchPosition = positionOf(queue, avail);
  queue->fetchEntered = now;
  attemptAt(queue, (u64)vq, queue->fetchPosition);
  if (!queue->attempt.tried) queue->attempt.tried = now;
  return 0;
}

/* `out` and `in` are addresses of the caller's counts. */
static __always_inline int fetchEntry(struct vhost_virtqueue* vq, u64 out, u64 in, u16 avail) {
  if (stashCalls) enterCall(FETCH, (u64)vq, out, in);
  return onFetch(vq, avail);
}
#define FETCH_ENTRY(name, function)                                                               \
  SEC("fentry/" function)                                                                         \
  int name##_fentry(void* ctx) {                                                                  \
    struct vhost_virtqueue* vq = TYPED(struct vhost_virtqueue*, ctx, 0);                          \
    MEASURED(fetchEntry(vq, ((u64*)ctx)[3], ((u64*)ctx)[4], vq->last_avail_idx));                 \
  }                                                                                               \
  SEC("kprobe/" function)                                                                         \
  int BPF_KPROBE(name##_kprobe, struct vhost_virtqueue* vq, u64 iov, u64 size, u64 out, u64 in) { \
    MEASURED(fetchEntry(vq, out, in, BPF_CORE_READ(vq, last_avail_idx)));                         \
  }
FETCH_ENTRY(onFetch, "vhost_get_vq_desc")
FETCH_ENTRY(onFetchN, "vhost_get_vq_desc_n")

/* For a kretprobe, where the beginning itself is not wanted. */
SEC("kprobe/vhost_get_vq_desc")
int keepFetch_kprobe(struct pt_regs* ctx) {
  if (recording) enterCall(FETCH, PT_REGS_PARM1(ctx), PT_REGS_PARM4(ctx), PT_REGS_PARM5(ctx));
  return 0;
}

/* Positions go back without VHOST_SET_VRING_BASE being seen: the ring was restarted unseen. */
static __always_inline void closeEpoch(struct Queue* queue, u64 vq, u64 now) {
  if (queue->kick && !queue->kickServed) FOLDED(host_kick, queue->kick, record->vq = vq);
  queue->kick = 0;
  queue->kickServed = 1;
  const struct Counters* counters = &queue->counters;
  FOLDED(host_epoch, now, {
    record->vq = vq;
    record->start = queue->epochStart;
    record->first_position = queue->firstPosition;
    record->last_position = queue->lastPosition;
    record->epoch = queue->epoch;
    record->last = 0;
    record->from_start = queue->baseSeen;
    record->gaps = counters->gaps;
    record->fetches = counters->fetches;
    record->used = counters->used;
    record->kicks = counters->kicks;
    record->interrupts = counters->interrupts;
    record->eagain = counters->eagain;
    record->empty = counters->empty;
    record->errors = counters->errors;
    record->failed_prefetches = counters->failedPrefetches;
    record->discarded = counters->discarded;
    record->misses = counters->misses;
    record->metadata_misses = counters->metadataMisses;
    record->head_mismatches = counters->headMismatches;
    record->stray = counters->stray;
    record->went_back = counters->wentBack;
  });
}

static __always_inline void startEpoch(struct Queue* queue, u64 vq, u64 now) {
  const struct Counters* counters = &queue->counters;
  if (counters->fetches || counters->kicks || counters->misses || counters->eagain) {
    closeEpoch(queue, vq, now);
    queue->epoch++;
    queue->counters = (struct Counters){};
    queue->firstPosition = queue->lastPosition = -1;
  }
  queue->epochStart = now;
  queue->size = 0;
  queue->started = 0;
  queue->attempt = (struct Attempt){.position = -1};
  queue->next = -1;
  queue->baseSeen = 0;
}

static __always_inline void takeArrival(const struct Queue* queue, struct Chain* chain) {
  if (queue->index != RECEIVE_QUEUE) return;
  const struct Worker* worker = find_workers((u32)bpf_get_current_pid_tgid());
  if (!worker || !worker->receiving) return;
  const u64 hdev = queue->hdev;
  struct Arrivals* list = bpf_map_lookup_elem(&arrivals, &hdev);
  if (!list || !list->count) return;
  const u32 slot = list->first & (MOST_ARRIVALS - 1);
  chain->arrived = list->ns[slot];
  if (list->visit[slot]) chain->entered = list->visit[slot];
  list->first++;
  list->count--;
  if (list->visited) list->visited--;
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
  queue->position = position;
  queue->started = 1;
  queue->next = position + 1;
  queue->counters.fetches++;
  if (queue->firstPosition < 0 || position < queue->firstPosition) queue->firstPosition = position;
  if (position > queue->lastPosition) queue->lastPosition = position;
  queue->heads[position & (RECENT_HEADS - 1)] = head;
  struct Chain* chain = chainAt(queue, head);
  if (!chain) return;
  if (chain->state == CHAIN_OPEN) {
    /* Of an earlier epoch: it was still with the backend when the ring was stopped. */
    if (chain->vq == vq && chain->epoch != queue->epoch)
      emitHalf(chain, 0, -1, chain->hits, chain->flags | END_UNSEEN);
    else
      __sync_fetch_and_add(&lostInMap, 1);
  }
  const struct Attempt* attempt = &queue->attempt;
  chain->vq = vq;
  chain->position = position;
  chain->kick = attempt->kick;
  chain->arrived = 0;
  chain->entered = attempt->entered;
  chain->tried = attempt->tried || !fetchesBegin ? attempt->tried : queue->fetchEntered;
  chain->fetched = now;
  chain->out = (s32)(counts >> 32);
  chain->in = (s32)counts;
  chain->misses = attempt->misses;
  chain->retries = attempt->retries;
  chain->hits = attempt->hits;
  chain->flags = attempt->opensBurst ? OPENS_BURST : 0;
  chain->epoch = queue->epoch;
  chain->head = head;
  chain->state = CHAIN_OPEN;
  takeArrival(queue, chain);
  past(queue, vq, position, now);
  queue->attempt.position = -1;
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

static __always_inline int onFetchReturn(u64 ret, u64 vq, u64 outAddress, u64 inAddress, u16 avail, bool inPlace) {
  const u64 now = bpf_ktime_get_ns();
  const int result = (int)ret;
  struct Queue* queue = fetchesBegin ? find_queues(vq) : fetchSeenAtEnd(vq, result, avail, now);
  if (!queue || (fetchesBegin && !queue->inFetch)) return 0;
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
  RAW(get_desc_ret, now, {
    record->vq = vq;
    record->ret = result;
    record->out = out;
    record->in = in;
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
    /* The counts are read through pointers; nothing that large can be one. */
    const u32 outCount = out >= DESCRY_UNKNOWN_COUNT ? (u32)-1 : out,
              inCount = in >= DESCRY_UNKNOWN_COUNT ? (u32)-1 : in;
    fetchSucceeded(queue, vq, (u32)result, (u64)outCount << 32 | inCount, now);
  }
  return 0;
}
/* `count`: of the function's parameters; its result follows them. */
#define FETCH_RETURN(name, function, count)                                                                     \
  SEC("fexit/" function) int name##_fexit(void* ctx) {                                                          \
    const u64* values = ctx;                                                                                    \
    MEASURED(onFetchReturn(values[count], values[0], values[3], values[4],                                      \
                           fetchesBegin ? 0 : TYPED(struct vhost_virtqueue*, ctx, 0)->last_avail_idx, true));   \
  }                                                                                                             \
  SEC("kretprobe/" function) int BPF_KRETPROBE(name##_kretprobe, u64 ret) {                                     \
    struct Call call;                                                                                           \
    MEASURED(leaveCall(FETCH, &call) ? onFetchReturn(ret, call.a, call.b, call.c, availOf(call.a), false) : 0); \
  }
FETCH_RETURN(onFetchReturn, "vhost_get_vq_desc", 7)
FETCH_RETURN(onFetchNReturn, "vhost_get_vq_desc_n", 8)

static __always_inline int onDiscard(struct vhost_virtqueue* vq, u64 n) {
  const u64 now = bpf_ktime_get_ns(), key = (u64)vq;
  struct Queue* queue = find_queues(key);
  if (!queue || !queue->wanted) return 0;
  const u32 count = (u32)n;
  RAW(discard, now, {
    record->vq = key;
    record->n = count;
  });
  queue->counters.discarded += count;
  queue->handsBack = 1;
  if (count > MOST_DISCARDED) __sync_fetch_and_add(&lostInMap, count - MOST_DISCARDED);
  for (u32 i = 0; i < MOST_DISCARDED; ++i) {
    if (i >= count || queue->next <= 0) break;
    queue->next--;
    struct Chain* chain = chainAt(queue, queue->heads[queue->next & (RECENT_HEADS - 1)]);
    if (!chain || chain->state != CHAIN_OPEN || chain->vq != key || chain->position != queue->next) continue;
    chain->state = CHAIN_HANDED_BACK;
    queue->counters.fetches--;
  }
  if (queue->next > 0) queue->position = queue->next - 1;
  return 0;
}
ON_ENTRY2(onDiscard, "vhost_discard_vq_desc", struct vhost_virtqueue*, u64)

#include "collector/probes/host_doorbell.h"
#include "collector/probes/host_iotlb.h"
#include "collector/probes/host_open.h"
#include "collector/probes/host_used.h"
