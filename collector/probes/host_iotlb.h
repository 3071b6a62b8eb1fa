// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: the device IOTLB, and ioctls that restart a ring. */
#ifndef DESCRY_PROBES_HOST_IOTLB_H
#define DESCRY_PROBES_HOST_IOTLB_H

#include "collector/probes/host_state.h"

/* Since 7.x a fetch that is tried again before the answer came raises no second miss. */
static __always_inline bool missIsUnderWay(struct vhost_virtqueue* vq) {
  const struct vhost_virtqueue___miss* newer = (void*)vq;
  return bpf_core_field_exists(newer->iotlb_miss) && BPF_CORE_READ(newer, iotlb_miss);
}

static __always_inline int onMiss(struct vhost_virtqueue* vq, u64 iova, u64 access) {
  const u64 now = bpf_ktime_get_ns(), key = (u64)vq;
  struct Queue* queue = queueAt(vq, now);
  if (!queue || missIsUnderWay(vq)) return 0;
  RAW(miss, now, {
    record->vq = key;
    record->iova = iova;
    record->access = (u32)access;
  });
  s64 position = -1;
  queue->counters.misses++;
  if (queue->inPrefetch) {
    queue->counters.metadataMisses++;
    queue->metadataPending = 1;
  } else {
    if (!fetchesBegin) {
      attemptAt(queue, key, positionOf(queue, BPF_CORE_READ(vq, last_avail_idx)));
      if (!queue->attempt.tried) queue->attempt.tried = now;
    }
    position = queue->inFetch ? queue->fetchPosition : queue->attempt.position;
    queue->attempt.misses++;
    queue->attempt.hits++;
    if (position < 0) queue->metadataPending = 1;
  }
  FOLDED(iotlb_miss, now, {
    record->vq = key;
    record->iova = iova;
    record->position = position;
    record->epoch = queue->epoch;
    record->access = (u32)access;
  });
  return 0;
}
/* The compiler may have dropped the return value (.isra); the arguments are where they were. */
ON_ENTRY3(onMiss, "vhost_iotlb_miss", struct vhost_virtqueue*, u64, u64)

/* Where the function that raises a miss cannot be probed: its message is queued for the VMM to read. */
static __always_inline int onMessage(struct vhost_dev* hdev, u64 list, struct vhost_msg_node* node) {
  const u64 readList = (u64)hdev + bpf_core_field_offset(struct vhost_dev___lists, read_list);
  if (list != readList) return 0;
  u64 iova = 0;
  /* struct vhost_msg and vhost_msg_v2 both have the address behind their first word; the message comes first. */
  bpf_probe_read_kernel(&iova, sizeof(iova), (void*)((u64)node + 8));
  return onMiss(BPF_CORE_READ(node, vq), iova, 0);
}
ON_ENTRY3(onMessage, "vhost_enqueue_msg", struct vhost_dev*, u64, struct vhost_msg_node*)

static __always_inline int onRead(void* hdev) {
  if (stashCalls) enterCall(READ, (u64)hdev, 0, 0);
  return 0;
}
SEC("kprobe/vhost_chr_read_iter") int BPF_KPROBE(onRead_kprobe, void* hdev) {
  MEASURED(onRead(hdev));
}
static __always_inline int onReadReturn(u64 ret, u64 hdev, u64 b, u64 c) {
  const u64 now = bpf_ktime_get_ns();
  if ((s64)ret <= 0) return 0;
  RAW(chr_read_ret, now, {
    record->hdev = hdev;
    record->ret = (s64)ret;
  });
  FOLDED(iotlb_read, now, record->hdev = hdev);
  return 0;
}
ON_RETURN(onReadReturn, "vhost_chr_read_iter", READ, 0, 0, 0)

static __always_inline int onWrite(void* hdev) {
  const u64 now = bpf_ktime_get_ns();
  enterCall(WRITE, (u64)hdev, 0, 0);
  RAW(chr_write, now, record->hdev = (u64)hdev);
  return 0;
}
ON_ENTRY1(onWrite, "vhost_chr_write_iter", void*)
static __always_inline int onWriteReturn(u64 ret, u64 hdev) {
  RAW(chr_write_ret, bpf_ktime_get_ns(), {
    record->hdev = hdev;
    record->ret = (s64)ret;
  });
  return 0;
}
SEC("fexit/vhost_chr_write_iter") int onWriteReturn_fexit(void* ctx) {
  u64 ret = 0;
  struct Call call;
  bpf_get_func_ret(ctx, &ret);
  leaveCall(WRITE, &call);
  MEASURED(onWriteReturn(ret, argument(ctx, 0)));
}
SEC("kretprobe/vhost_chr_write_iter") int BPF_KRETPROBE(onWriteReturn_kretprobe, u64 ret) {
  struct Call call;
  MEASURED(leaveCall(WRITE, &call) ? onWriteReturn(ret, call.a) : 0);
}

/* Whether writes to a device are probed. */
const volatile bool writesSeen = false;

struct Translation {
  u64 key;      /* vhost_iotlb */
  u64 vq, hdev; /* one of the queues that it translates for, and their device */
};
TABLE(translations, Translation, 256)

/* A queue lets go of its translation when its device is closed, before that is emptied. */
static __always_inline bool translates(u64 iotlb, u64 vq) {
  return (u64)BPF_CORE_READ((struct vhost_virtqueue*)vq, iotlb) == iotlb;
}

static __noinline u64 findDeviceOf(u64 iotlb) {
  for (u32 i = 0; i < MOST_QUEUES; ++i) {
    const u32 at = i;
    const struct Queue* queue = bpf_map_lookup_elem(&queues, &at);
    if (!queue || !queue->hdev || !translates(iotlb, queue->key)) continue;
    struct Translation* translation = claim_translations(iotlb);
    if (translation) {
      translation->vq = queue->key;
      translation->hdev = queue->hdev;
    }
    return queue->hdev;
  }
  return 0;
}

/* The memory table is kept in the same structure: only a device's own one is translation. */
static __always_inline u64 deviceTranslatedBy(u64 iotlb) {
  if (writesSeen) {
    const struct Call* call = find_calls(callKey(WRITE));
    return call ? call->a : 0;
  }
  const struct Translation* known = find_translations(iotlb);
  const u64 vq = known ? known->vq : 0, hdev = known ? known->hdev : 0;
  /* The memory may have been given to another one. */
  return vq && translates(iotlb, vq) ? hdev : findDeviceOf(iotlb);
}

static __always_inline int onTableAdd(u64 iotlb, u64 start, u64 last, u64 address) {
  const u64 hdev = deviceTranslatedBy(iotlb);
  if (!hdev) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(iotlb_add, now, {
    record->start = start;
    record->last = last;
    record->addr = address;
  });
  FOLDED(iotlb_update, now, {
    record->hdev = hdev;
    record->start = start;
    record->last = last;
    record->addr = address;
  });
  return 0;
}
SEC("fentry/vhost_iotlb_add_range") int onTableAdd_fentry(void* ctx) {
  MEASURED(onTableAdd(argument(ctx, 0), argument(ctx, 1), argument(ctx, 2), argument(ctx, 3)));
}
SEC("kprobe/vhost_iotlb_add_range") int BPF_KPROBE(onTableAdd_kprobe, u64 iotlb, u64 start, u64 last, u64 address) {
  MEASURED(onTableAdd(iotlb, start, last, address));
}

static __always_inline int onTableDelete(u64 iotlb, u64 start, u64 last) {
  const u64 hdev = deviceTranslatedBy(iotlb);
  if (!hdev) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(iotlb_del, now, {
    record->start = start;
    record->last = last;
  });
  FOLDED(iotlb_invalidate, now, {
    record->hdev = hdev;
    record->start = start;
    record->last = last;
  });
  return 0;
}
ON_ENTRY3(onTableDelete, "vhost_iotlb_del_range", u64, u64, u64)

/* VHOST_SET_VRING_BASE is _IOW(0xAF, 0x12, struct vhost_vring_state). */
static __always_inline int onRingIoctl(struct vhost_dev* hdev, u64 command, void* argument) {
  const u64 now = bpf_ktime_get_ns();
  const bool setsBase = ((u32)command & 0xff) == 0x12 && (u32)command >> 30 == 1;
  if (!setsBase) return 0;
  u32 state[2] = {};
  if (bpf_probe_read_user(state, sizeof(state), argument)) return 0;
  struct vhost_virtqueue **vqs = BPF_CORE_READ(hdev, vqs), *vq = 0;
  if ((int)state[0] >= BPF_CORE_READ(hdev, nvqs)) return 0;
  bpf_probe_read_kernel(&vq, sizeof(vq), vqs + state[0]);
  struct Queue* queue = vq ? queueAt(vq, now) : 0;
  if (!queue) return 0;
  RAW(vring_ioctl, now, {
    record->hdev = (u64)hdev;
    firstQueues(hdev, &record->vq0, &record->vq1);
    record->cmd = (u32)command;
    record->index = state[0];
    record->num = state[1];
  });
  startEpoch(queue, (u64)vq, now);
  queue->next = state[1] & 0xffff;
  queue->baseSeen = queue->next == 0;
  return 0;
}
ON_ENTRY3(onRingIoctl, "vhost_vring_ioctl", struct vhost_dev*, u64, void*)

#endif
