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
  queue->fast = 0;
  if (earlier) {
    attempt->entered = earlier->whole.entered;
    attempt->tried = earlier->whole.tried;
    attempt->kick = earlier->whole.kick;
    attempt->retries = earlier->whole.retries;
    attempt->misses = earlier->whole.misses;
    attempt->hits = earlier->whole.hits;
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

static __always_inline int onPrefetchReturn(u64 ret, u64 vq, u64 b, u64 c) {
  const u64 now = bpf_ktime_get_ns();
  struct Queue* queue = find_queues(vq);
  if (!queue || !queue->inPrefetch) return 0;
  RAW(prefetch_ret, now, {
    record->vq = vq;
    record->ret = (int)ret;
  });
  queue->inPrefetch = 0;
  if ((int)ret == 0) {
    queue->counters.failedPrefetches++;
    return 0;
  }
  if (queue->metadataPending) {
    queue->metadataPending = 0;
    FOLDED(iotlb_past, now, {
      record->vq = vq;
      record->position = -1;
    });
  }
  /* The ring's pages are there: now it tries the chain itself. */
  if (!fetchesBegin && queue->attempt.position >= 0 && !queue->attempt.tried) queue->attempt.tried = now;
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
  queue->fast = 0;
  queue->started = 0;
  queue->attempt = (struct Attempt){.position = -1};
  queue->next = -1;
  queue->baseSeen = 0;
}

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
  queue->fast = 0;
  if (count > MOST_DISCARDED) __sync_fetch_and_add(&lostInMap, count - MOST_DISCARDED);
  for (u32 i = 0; i < MOST_DISCARDED; ++i) {
    if (i >= count || queue->next <= 0) break;
    queue->next--;
    struct Chain* chain = chainAt(queue, queue->heads[queue->next & (RECENT_HEADS - 1)]);
    if (!chain || !isOpen(chain) || chain->vq != key || chain->position != queue->next) continue;
    makeWhole(chain);
    chain->state = CHAIN_HANDED_BACK;
    queue->counters.fetches--;
  }
  return 0;
}
ON_ENTRY2(onDiscard, "vhost_discard_vq_desc", struct vhost_virtqueue*, u64)

#include "collector/probes/host_doorbell.h"
#include "collector/probes/host_fetch.h"
#include "collector/probes/host_iotlb.h"
#include "collector/probes/host_open.h"
#include "collector/probes/host_used.h"
