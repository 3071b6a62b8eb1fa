// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: a VMM opens a device of vhost. Its memory may be that of an earlier one. */
#ifndef DESCRY_PROBES_HOST_OPEN_H
#define DESCRY_PROBES_HOST_OPEN_H

#include "collector/probes/host_state.h"

/* Ends what is known of the queue that lay here; addQueue makes it anew. */
static __always_inline void retireQueue(struct Queue* queue, u64 vq, u64 now) {
  if (queue->wanted) closeEpoch(queue, vq, now);
  queue->epoch++;
  queue->hdev = queue->call = queue->entered = queue->epochStart = 0;
  queue->counters = (struct Counters){};
  queue->attempt = (struct Attempt){};
  queue->size = 0;
  queue->fast = 0;
  queue->started = queue->baseSeen = queue->inPrefetch = queue->inFetch = queue->handsBack = 0;
  queue->metadataPending = 0;
}

static __always_inline int onOpen(struct vhost_dev* hdev) {
  const u64 now = bpf_ktime_get_ns(), key = (u64)hdev;
  RAW(set_owner, now, record->hdev = key);
  struct vhost_virtqueue** vqs = BPF_CORE_READ(hdev, vqs);
  const int count = BPF_CORE_READ(hdev, nvqs);
  for (int i = 0; i < MOST_DEVICE_QUEUES; ++i) {
    struct vhost_virtqueue* vq = 0;
    if (i >= count) break;
    bpf_probe_read_kernel(&vq, sizeof(vq), vqs + i);
    struct Queue* queue = vq ? find_queues((u64)vq) : 0;
    if (queue && queue->hdev) retireQueue(queue, (u64)vq, now);
  }
  bpf_map_delete_elem(&arrivals, &key);
  addDevice(hdev, bpf_get_current_pid_tgid() >> 32, now);
  return 0;
}
ON_ENTRY1(onOpen, "vhost_dev_set_owner", struct vhost_dev*)

#endif
