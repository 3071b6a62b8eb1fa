// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: queues that a vhost-user backend serves with DPDK's vhost library, by uprobes on functions that it
   exports. A backend polls: nearly all calls find nothing, so that what they cost is no chain's. */
#include "collector/probes/emit.h"
#include "collector/probes/vhost_user_layout.h"

char LICENSE[] SEC("license") = "GPL";

TABLE(bursts, Burst, MOST_BURSTS)
TABLE(backendQueues, BackendQueue, MOST_BACKEND_QUEUES)

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, MOST_BACKENDS);
  __type(key, u32);
  __type(value, struct BackendLayout);
} layouts SEC(".maps");

/* Filters; 0 or -1: everything. */
const volatile __u64 onlyDevice = 0;
const volatile __s32 onlyQueue = -1;

/* Bursts of a queue that does not look like one, by the offsets that were derived. */
__u64 implausible = 0;

#define PACKED_RING 34
#define MOST_DEVICES 1024
#define MOST_QUEUES 257
#define MOST_REGIONS 8
#define MOST_RING 32768

static __always_inline const struct BackendLayout* layoutAt(void* ctx) {
  const u32 at = (u32)bpf_get_attach_cookie(ctx);
  return bpf_map_lookup_elem(&layouts, &at);
}

#define READ_USER(type, address)                                             \
  ({                                                                         \
    type value = 0;                                                          \
    bpf_probe_read_user(&value, sizeof(value), (const void*)(u64)(address)); \
    value;                                                                   \
  })

static __always_inline u32 thisProcess(void) {
  return bpf_get_current_pid_tgid() >> 32;
}
static __always_inline u64 burstKey(void) {
  return (u32)bpf_get_current_pid_tgid();
}
/* Addresses of user space have 47 bits, and a queue is aligned to 8 bytes. */
static __always_inline u64 queueKey(u64 vq) {
  return vq >> 3 | (u64)thisProcess() << 44;
}

/* A region of a guest's memory as the library's interface defines it. */
struct Region {
  u64 guest, vmm, here, size, mapped, mappedBytes;
  u64 file;
};

/* Where the guest has what the backend has mapped here; 0: not found. */
static __always_inline u64 guestAddress(u64 memory, u64 address) {
  const u32 regions = READ_USER(u32, memory);
  for (u32 i = 0; i < MOST_REGIONS; ++i) {
    if (i >= regions) break;
    struct Region region = {};
    bpf_probe_read_user(&region, sizeof(region), (const void*)(memory + 8 + i * sizeof(region)));
    if (address >= region.here && address - region.here < region.size) return region.guest + (address - region.here);
  }
  return 0;
}

static __noinline int announceQueue(u64 vq, u64 device, u32 index, const struct BackendLayout* layout) {
  if (!layout) return 0;
  const u64 desc = READ_USER(u64, vq + layout->desc);
  struct BackendQueue* queue = claim_backendQueues(queueKey(vq));
  if (!queue) {
    __sync_fetch_and_add(&lostInMap, 1);
    return 0;
  }
  queue->vq = vq;
  queue->desc = desc;
  struct BackendQueueRecord* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
  if (!record) {
    __sync_fetch_and_add(&lostInRing, 1);
    queue->desc = 0; /* the next one says it */
    return 0;
  }
  record->type = BACKEND_QUEUE;
  record->process = thisProcess();
  record->ns = bpf_ktime_get_ns();
  record->device = device;
  record->vq = vq;
  record->features = READ_USER(u64, device + layout->deviceFeatures);
  record->index = index;
  record->size = READ_USER(u16, vq + layout->ringSize);
  record->ring = guestAddress(READ_USER(u64, device + layout->deviceMemory), desc);
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return 0;
}

/* rte_vhost_*_burst(device's number, queue's number, ...) */
static __always_inline int beginBurst(struct pt_regs* ctx) {
  const u32 number = PT_REGS_PARM1(ctx), index = PT_REGS_PARM2(ctx) & 0xffff;
  const struct BackendLayout* layout = layoutAt(ctx);
  if (!layout || number >= MOST_DEVICES || index >= MOST_QUEUES) return 0;
  if (onlyQueue >= 0 && index != (u32)onlyQueue) return 0;
  const u64 device = READ_USER(u64, layout->devices + 8 * (u64)number);
  if (!device || (onlyDevice && device != onlyDevice)) return 0;
  const u64 vq = READ_USER(u64, device + layout->deviceQueues + 8 * (u64)index);
  if (!vq) return 0;
  const u64 avail = READ_USER(u64, vq + layout->avail);
  if (!avail) return 0; /* not set up, or not any more */
  struct Burst* burst = claim_bursts(burstKey());
  if (!burst) {
    __sync_fetch_and_add(&lostInMap, 1);
    return 0;
  }
  burst->vq = vq;
  burst->device = device;
  burst->index = index;
  burst->signalled = 0;
  burst->callFd = READ_USER(u32, vq + layout->callFd);
  burst->lastAvail = READ_USER(u16, vq + layout->lastAvail);
  burst->lastUsed = READ_USER(u16, vq + layout->lastUsed);
  burst->packed = READ_USER(u64, device + layout->deviceFeatures) >> PACKED_RING & 1;
  /* What a packed ring offers is not in an index. */
  burst->pending = burst->packed ? 0 : READ_USER(u16, avail + 2) - burst->lastAvail;
  /* Later than the look: what it saw was there before. */
  burst->entered = bpf_ktime_get_ns();
  return 0;
}
SEC("uprobe") int onBurst_uprobe(struct pt_regs* ctx) {
  MEASURED_BESIDE(beginBurst(ctx));
}

/* The library rings the eventfd that interrupts the guest when the index is out. */
static __always_inline int setEvent(struct pt_regs* ctx) {
  const u64 now = bpf_ktime_get_ns();
  struct Burst* burst = find_bursts(burstKey());
  if (burst && burst->callFd == (u32)PT_REGS_PARM1(ctx) && !burst->signalled) burst->signalled = now;
  return 0;
}
SEC("uprobe") int onEventfdWrite_uprobe(struct pt_regs* ctx) {
  MEASURED_BESIDE(setEvent(ctx));
}

/* A burst that ended at `now` with `total` chains; `used`: the ring that has their elements, 0: they cannot be told. */
struct Ended {
  struct Burst burst;
  u64 now, used;
  u32 total, size, returned;
};

/* One record: chains from `done` on, none beyond the end of the ring. Returns how many it has. Not static: so the
   kernel checks it once, and not for each round of the loop that calls it. */
__noinline u32 tellBurst(const struct Ended* ended, u32 done) {
  if (!ended) return 0;
  const struct Burst* burst = &ended->burst;
  const u32 total = ended->total, size = ended->size;
  const u64 used = ended->used;
  struct BackendBurstRecord* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
  if (!record) {
    __sync_fetch_and_add(&lostInRing, total - done);
    return 0;
  }
  const u32 slot = (burst->lastUsed + done) & (size - 1);
  u32 count = total - done, known = 0;
  if (used) {
    if (count > MOST_CHAINS) count = MOST_CHAINS;
    if (count > size - slot) count = size - slot;
    known = count;
    const u32 bytes = (known & (2 * MOST_CHAINS - 1)) * sizeof(struct UsedElement);
    if (bytes > sizeof(record->used) ||
        bpf_probe_read_user(record->used, bytes, (const void*)(used + 4 + slot * sizeof(struct UsedElement))))
      known = 0;
  }
  record->type = BACKEND_BURST;
  record->process = thisProcess();
  record->ns = ended->now;
  record->device = burst->device;
  record->vq = burst->vq;
  record->entered = burst->entered;
  record->signalled = burst->signalled;
  record->index = burst->index;
  record->thread = (u32)bpf_get_current_pid_tgid();
  record->lastAvail = burst->lastAvail + done;
  record->count = count;
  record->pending = burst->pending > done ? burst->pending - done : 0;
  record->known = known;
  record->packed = burst->packed;
  record->more = done + count < total;
  record->returned = ended->returned;
  record->reserved = 0;
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return count;
}

/* A packed ring's index goes round with its size. */
static __always_inline u32 stepsFrom(u16 before, u16 after, bool packed, u32 size) {
  if (!packed) return (u16)(after - before);
  return after >= before ? after - before : after + size - before;
}

static __always_inline int endBurst(struct pt_regs* ctx) {
  const u64 now = bpf_ktime_get_ns();
  const struct BackendLayout* layout = layoutAt(ctx);
  struct Burst* open = find_bursts(burstKey());
  if (!layout || !open) return 0;
  struct Ended ended = {.burst = *open, .now = now};
  const struct Burst burst = ended.burst;
  open->key = 0;
  const u16 lastAvail = READ_USER(u16, burst.vq + layout->lastAvail);
  if (lastAvail == burst.lastAvail) return 0;
  const u32 size = READ_USER(u16, burst.vq + layout->ringSize);
  if (!size || size > MOST_RING) {
    __sync_fetch_and_add(&implausible, 1);
    return 0;
  }
  const u32 fetched = stepsFrom(burst.lastAvail, lastAvail, burst.packed, size);
  if (fetched > size) {
    __sync_fetch_and_add(&implausible, 1);
    return 0;
  }
  const struct BackendQueue* queue = find_backendQueues(queueKey(burst.vq));
  if (!queue || queue->desc != READ_USER(u64, burst.vq + layout->desc))
    announceQueue(burst.vq, burst.device, burst.index, layout);
  const u16 lastUsed = READ_USER(u16, burst.vq + layout->lastUsed);
  /* The elements are those of the chains only if each came back at once. */
  const bool alike = !burst.packed && (u16)(lastUsed - burst.lastUsed) == fetched && !(size & (size - 1));
  ended.used = alike ? READ_USER(u64, burst.vq + layout->used) : 0;
  ended.total = fetched;
  ended.size = size;
  ended.returned = PT_REGS_RC(ctx) & 0xffff;
  u32 done = 0;
  for (u32 i = 0; i < 2 * MOST_CHAINS && done < fetched; ++i) {
    const u32 told = tellBurst(&ended, done);
    if (!told) break;
    done += told;
  }
  return 0;
}
SEC("uretprobe") int onBurstEnd_uretprobe(struct pt_regs* ctx) {
  MEASURED_BESIDE(endBurst(ctx));
}
