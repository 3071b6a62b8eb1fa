// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest side: the driver's calls on its rings, from the add of a chain to its return. */
#include <asm-generic/errno-base.h>

#include "collector/probes/guest_dma.h"
#include "collector/probes/guest_epoch.h"

char LICENSE[] SEC("license") = "GPL";

enum AddKind { ADD_SGS, ADD_OUT, ADD_IN };
enum GetFunction { GET_BUF, GET_BUF_CTX };

static __always_inline int onAdd(struct virtqueue* vq, u64 third, u64 fourth, u64 token, u32 kind) {
  const u64 now = bpf_ktime_get_ns();
  struct GuestQueue* queue = queueAt(vq, now);
  if (!queue) return 0;
  struct vring_virtqueue* ring = (void*)vq;
  const u16 avail = BPF_CORE_READ(ring, split.avail_idx_shadow);
  const u16 packedAvail = BPF_CORE_READ(ring, packed.next_avail_idx);
  const u32 head = BPF_CORE_READ(ring, free_head);
  const u32 out = kind == ADD_IN ? 0 : (u32)third, in = kind == ADD_SGS ? (u32)fourth : kind == ADD_IN ? (u32)third : 0;
#define FILL_ADD                \
  record->vq = (u64)vq;         \
  record->token = token;        \
  record->dev = queue->dev;     \
  record->q = queue->index;     \
  record->avail = avail;        \
  record->pavail = packedAvail; \
  record->free_head = head;     \
  record->out = out;            \
  record->in = in;              \
  record->num = (u32)third
  if (kind == ADD_SGS)
    RAW(add_sgs, now, FILL_ADD);
  else if (kind == ADD_OUT)
    RAW(add_outbuf, now, FILL_ADD);
  else
    RAW(add_inbuf, now, FILL_ADD);
  const u32 direction = kind == ADD_IN ? 1 : kind == ADD_OUT ? 2 : 0;
  if (direction & ~queue->directions) {
    queue->directions |= direction;
    announce(queue, vq, now);
  }
  struct RingCall* call = enterRing((u64)vq, false, kind, now);
  if (!call) return 0;
  call->token = token;
  call->avail = avail;
  call->packedAvail = packedAvail;
  call->head = head;
  call->out = out;
  call->in = in;
  return 0;
}

static __always_inline void sayHalf(const struct GuestChain* chain, u64 vq, const struct RingCall* get, u64 interrupt,
                                    s64 length, u64 got, u32 flags, u64 now) {
  FOLDED(guest_half, now, {
    record->vq = vq;
    record->order = chain->order;
    record->avail = chain->avail;
    record->entered = chain->entered;
    record->mapped = chain->mapped;
    record->added = chain->added;
    record->interrupt = interrupt;
    record->unmapped = get ? get->unmapped : 0;
    record->got = got;
    record->swiotlb_out = chain->swiotlbOut;
    record->swiotlb_search = chain->swiotlbOut - chain->swiotlbCopy;
    record->swiotlb_in = get ? get->swiotlb : 0;
    record->iommu_map = record->iommu_unmap = 0;
    record->bounce_bytes = chain->bounceBytes;
    record->copy_bytes = get ? get->copyBytes : 0;
    record->len = length;
    record->epoch = chain->epoch;
    record->head = chain->head;
    record->out = chain->out;
    record->in = chain->in;
    record->bounces = chain->bounces;
    record->copies = get ? get->copies : 0;
    record->dma_maps = chain->dmaMaps;
    record->dma_identity = chain->dmaIdentity;
    record->seen = chain->seen | (get && get->swiotlbSeen ? SWIOTLB_IN_SEEN : 0);
    record->hits = chain->hits + (get ? get->hits + 1 : 0);
    record->flags = flags;
    record->packed = chain->packed;
  });
}

static __always_inline void addFailed(struct GuestQueue* queue, int result) {
  queue->counters.failedAdds++;
  if (result == -ENOMEM || result == -EIO) queue->counters.unmappedAdds++;
}

static __noinline int added(struct RingCall* call, u64 now) {
  if (!call) return 0;
  const u64 vq = call->vq;
  struct GuestQueue* queue = find_guestQueues(vq);
  if (!queue) return 0;
  trackAvail(queue, vq, call->avail, call->entered);
  const u64 key = chainKey(vq, call->token);
  struct GuestChain* chain = find_guestChains(key);
  if (chain) {
    /* A driver cannot publish the same request twice: it got it back in between, and no probe saw that. */
    if (chain->epoch == queue->epoch) queue->counters.unseenGets++;
    sayHalf(chain, vq, 0, 0, -1, 0, GUEST_END_UNSEEN, now);
  } else {
    chain = take_guestChains(key);
  }
  queue->counters.adds++;
  queue->counters.bounces += call->bounces;
  queue->counters.bounceBytes += call->bounceBytes;
  const s64 order = queue->order++;
  if (!chain) {
    __sync_fetch_and_add(&lostInMap, 1);
    return 0;
  }
  chain->vq = vq;
  chain->order = order;
  chain->avail = queue->avail;
  chain->entered = call->entered;
  chain->mapped = call->mapped;
  chain->added = now;
  chain->swiotlbOut = call->swiotlb;
  chain->swiotlbCopy = call->swiotlbCopy;
  chain->bounceBytes = call->bounceBytes;
  chain->out = call->out;
  chain->in = call->in;
  chain->epoch = queue->epoch;
  chain->head = call->head;
  chain->bounces = call->bounces;
  chain->dmaMaps = call->dmaMaps;
  chain->dmaIdentity = call->dmaIdentity;
  chain->seen = call->swiotlbSeen ? SWIOTLB_OUT_SEEN | (copiesProbed ? SWIOTLB_SEARCH_SEEN : 0) : 0;
  chain->hits = call->hits;
  chain->packed = queue->packed;
  return 0;
}

static __always_inline int onAdded(u64 ret, u32 kind) {
  const u64 now = bpf_ktime_get_ns();
  struct Task* task = find_tasks(currentTask());
  struct RingCall* call = task ? leaveRing(task, false) : 0;
  if (!call) return 0;
  const u64 vq = call->vq;
  struct GuestQueue* queue = find_guestQueues(vq);
  if (!queue) return 0;
  RAW(add_sgs_ret, now, {
    record->vq = vq;
    record->dev = queue->dev;
    record->q = queue->index;
    record->ret = (int)ret;
  });
  if ((int)ret == 0)
    added(call, now);
  else
    addFailed(queue, (int)ret);
  return 0;
}

#define ADD(name, function, kind, countsIn)                                                                 \
  SEC("fentry/" function) int name##_fentry(void* ctx) {                                                    \
    const u64 c = argument(ctx, 2), d = argument(ctx, 3);                                                   \
    MEASURED(onAdd((void*)argument(ctx, 0), c, d, kind == ADD_SGS ? argument(ctx, 4) : d, kind));           \
  }                                                                                                         \
  SEC("kprobe/" function) int BPF_KPROBE(name##_kprobe, struct virtqueue* vq, u64 b, u64 c, u64 d, u64 e) { \
    MEASURED(onAdd(vq, c, d, kind == ADD_SGS ? e : d, kind));                                               \
  }                                                                                                         \
  SEC("fexit/" function) int name##Return_fexit(u64* ctx) {                                                 \
    u64 ret = 0;                                                                                            \
    bpf_get_func_ret(ctx, &ret);                                                                            \
    MEASURED(onAdded(ret, kind));                                                                           \
  }                                                                                                         \
  SEC("kretprobe/" function) int BPF_KRETPROBE(name##Return_kretprobe, u64 ret) {                           \
    MEASURED(onAdded(ret, kind));                                                                           \
  }

ADD(addSgs, "virtqueue_add_sgs", ADD_SGS, true)
ADD(addOut, "virtqueue_add_outbuf", ADD_OUT, false)
ADD(addIn, "virtqueue_add_inbuf", ADD_IN, false)
ADD(addInCtx, "virtqueue_add_inbuf_ctx", ADD_IN, false)
ADD(addOutPremapped, "virtqueue_add_outbuf_premapped", ADD_OUT, false)
ADD(addInPremapped, "virtqueue_add_inbuf_premapped", ADD_IN, false)
ADD(addInCacheClean, "virtqueue_add_inbuf_cache_clean", ADD_IN, false)

static __always_inline int onGet(struct virtqueue* vq, u64 lengthAddress, u32 function) {
  const u64 now = bpf_ktime_get_ns();
  struct GuestQueue* queue = queueAt(vq, now);
  if (!queue) return 0;
  struct vring_virtqueue* ring = (void*)vq;
  const u16 used = BPF_CORE_READ(ring, last_used_idx);
  RAW(get, now, {
    record->vq = (u64)vq;
    record->dev = queue->dev;
    record->q = queue->index;
    record->used = used;
  });
  struct RingCall* call = enterRing((u64)vq, true, function, now);
  if (!call) return 0;
  call->used = used;
  call->interrupt = queue->interrupt;
  call->lengthAddress = lengthAddress;
  return 0;
}

static __noinline int got(struct RingCall* call, u64 token, u64 now) {
  if (!call) return 0;
  const u64 vq = call->vq;
  struct GuestQueue* queue = find_guestQueues(vq);
  if (!queue) return 0;
  u32 length = 0;
  bpf_probe_read_kernel(&length, sizeof(length), (void*)call->lengthAddress);
  queue->counters.gets++;
  queue->counters.copies += call->copies;
  queue->counters.copyBytes += call->copyBytes;
  if (!queue->packed) {
    if (queue->expectedUsed >= 0 && call->used != (u32)queue->expectedUsed)
      noteGap(vq, queue->lastGet, (u16)(call->used - (u32)queue->expectedUsed), true, now);
    queue->expectedUsed = (call->used + 1) & 0xffff;
  }
  queue->lastGet = now;
  struct GuestChain* chain = find_guestChains(chainKey(vq, token));
  if (!chain || chain->epoch != queue->epoch) {
    queue->counters.getsWithoutAdd++;
    return 0;
  }
  /* An interrupt that came while this call was already running did not bring it about. */
  const u64 interrupt = call->interrupt > chain->entered ? call->interrupt : 0;
  if (interrupt && interrupt == queue->interrupt) queue->interruptServed = 1;
  sayHalf(chain, vq, call, interrupt, length, now, 0, now);
  chain->key = 0;
  return 0;
}

static __always_inline int onGot(u64 token) {
  const u64 now = bpf_ktime_get_ns();
  struct Task* task = find_tasks(currentTask());
  struct RingCall* call = task ? leaveRing(task, true) : 0;
  if (!call) return 0;
  const u64 vq = call->vq;
  struct GuestQueue* queue = find_guestQueues(vq);
  if (!queue) return 0;
  if (wantRaw) {
    u32 length = 0;
    if (token) bpf_probe_read_kernel(&length, sizeof(length), (void*)call->lengthAddress);
    RAW(get_ret, now, {
      record->vq = vq;
      record->token = token;
      record->dev = queue->dev;
      record->q = queue->index;
      record->used = call->used;
      record->len = length;
    });
  }
  const u32 below = task->depth - 1;
  if (!token) {
    queue->counters.emptyGets++;
    /* The handler found the ring empty: what comes back later was not announced by the interrupt before. */
    if (queue->interrupt && queue->interrupt <= call->entered) unservedInterrupt(queue, vq);
    return 0;
  }
  if (below < MOST_CALLS_IN_CALL && task->calls[below].isGet && task->calls[below].vq == vq) {
    /* One of the two functions called the other: the outer one counts, with what happened inside the inner. */
    struct RingCall* outer = &task->calls[below];
    outer->unmapped = call->unmapped;
    outer->swiotlb = call->swiotlb;
    outer->swiotlbSeen = call->swiotlbSeen;
    outer->copies = call->copies;
    outer->copyBytes = call->copyBytes;
    outer->hits += call->hits + 1;
    return 0;
  }
  got(call, token, now);
  return 0;
}

#define GET(name, function, id)                                                             \
  SEC("fentry/" function) int name##_fentry(void* ctx) {                                    \
    MEASURED(onGet((void*)argument(ctx, 0), argument(ctx, 1), id));                         \
  }                                                                                         \
  SEC("kprobe/" function) int BPF_KPROBE(name##_kprobe, struct virtqueue* vq, u64 length) { \
    MEASURED(onGet(vq, length, id));                                                        \
  }                                                                                         \
  SEC("fexit/" function) int name##Return_fexit(u64* ctx) {                                 \
    u64 ret = 0;                                                                            \
    bpf_get_func_ret(ctx, &ret);                                                            \
    MEASURED(onGot(ret));                                                                   \
  }                                                                                         \
  SEC("kretprobe/" function) int BPF_KRETPROBE(name##Return_kretprobe, u64 ret) {           \
    MEASURED(onGot(ret));                                                                   \
  }

GET(get, "virtqueue_get_buf", GET_BUF)
GET(getCtx, "virtqueue_get_buf_ctx", GET_BUF_CTX)
