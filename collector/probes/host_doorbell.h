// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: doorbells, and the worker that turns to a queue. */
#ifndef DESCRY_PROBES_HOST_DOORBELL_H
#define DESCRY_PROBES_HOST_DOORBELL_H

#include "collector/probes/host_kvm.h"

static __always_inline void arrived(u64 hdev, u64 now) {
  struct Arrivals* list = bpf_map_lookup_elem(&arrivals, &hdev);
  if (!list) {
    const u32 zero = 0;
    const struct Arrivals* blank = bpf_map_lookup_elem(&blankArrivals, &zero);
    if (!blank) return;
    bpf_map_update_elem(&arrivals, &hdev, blank, BPF_NOEXIST);
    list = bpf_map_lookup_elem(&arrivals, &hdev);
    if (!list) return;
  }
  if (list->count == MOST_ARRIVALS) {
    list->first++;
    list->count--;
    if (list->visited) list->visited--;
  }
  const u32 slot = (list->first + list->count) & (MOST_ARRIVALS - 1);
  list->ns[slot] = now;
  list->visit[slot] = 0;
  list->count++;
}

/* A poll that is not a known queue's: of the socket, where packets arrive, or of a queue that there was no room for. */
static __always_inline void unknownPoll(struct vhost_dev* hdev, u64 vq, u64 now) {
  u64 vq0 = 0, vq1 = 0;
  firstQueues(hdev, &vq0, &vq1);
  if (vq == vq0 || vq == vq1 || BPF_CORE_READ(hdev, nvqs) > 2)
    __sync_fetch_and_add(&lostInMap, 1);
  else
    arrived((u64)hdev, now);
}

static __always_inline int onKick(void* wait) {
  const u64 now = bpf_ktime_get_ns();
  struct vhost_poll* poll = wait - bpf_core_field_offset(struct vhost_poll, wait);
  const u64 vq = (u64)poll - bpf_core_field_offset(struct vhost_virtqueue, poll);
  struct Queue* queue = find_queues(vq);
  /* Costs as much as all the rest, and a queue that is known says everything. */
  struct vhost_dev* hdev = queue && !wantRaw ? 0 : BPF_CORE_READ(poll, dev);
  if (!queue) {
    struct vhost_virtqueue* first = 0;
    bpf_probe_read_kernel(&first, sizeof(first), BPF_CORE_READ(hdev, vqs));
    if (!find_queues((u64)first)) addDevice(hdev, 0, now);
    queue = find_queues(vq);
  }
  if (queue && !queue->wanted) return 0;
  RAW(vhost_kick, now, {
    record->wait = (u64)wait;
    record->hdev = (u64)hdev;
  });
  if (!queue) {
    unknownPoll(hdev, vq, now);
    return 0;
  }
  queue->counters.kicks++;
  if (withKvm) {
    struct Vcpu* vcpu = ownVcpu();
    if (vcpu && vcpu->tried) {
      vcpu->bellVq = vq;
      vcpu->kick = now;
      vcpu->noCpu = vcpu->times[VCPU_NO_CPU] - vcpu->noCpuAtExit;
    }
  }
  if (queue->kick) {
    /* The first doorbell since the queue was empty opened the burst; this one finds the worker awake. */
    FOLDED(host_kick, now, record->vq = vq);
    return 0;
  }
  queue->kick = now;
  queue->kickServed = 0;
  return 0;
}
ON_ENTRY1(onKick, "vhost_poll_wakeup", void*)

static __always_inline u64 deviceOfWork(void* work) {
  struct vhost_poll* poll = work - bpf_core_field_offset(struct vhost_poll, work);
  return (u64)BPF_CORE_READ(poll, dev);
}

static __always_inline void enterHandler(u64 hdev, bool receiving, u64 now) {
  struct Worker* worker = claim_workers((u32)bpf_get_current_pid_tgid());
  if (worker) {
    worker->entered = now;
    worker->receiving = receiving;
    if (withKvm && worker->hdev != hdev) {
      worker->hdev = hdev;
      worker->woken = 0;
      worker->on = 0;
    }
  } else {
    __sync_fetch_and_add(&lostInMap, 1);
  }
  if (!receiving) return;
  struct Arrivals* list = bpf_map_lookup_elem(&arrivals, &hdev);
  if (!list) return;
  u32 visited = list->visited;
  for (u32 i = 0; i < MOST_ARRIVALS; ++i) {
    if (visited >= list->count) break;
    list->visit[(list->first + visited++) & (MOST_ARRIVALS - 1)] = now;
  }
  list->visited = visited;
}

static __always_inline void leaveHandler(void) {
  struct Worker* worker = find_workers((u32)bpf_get_current_pid_tgid());
  if (worker) worker->entered = 0;
}

#define HANDLER(name, function, receives)                                       \
  static __always_inline int name##Enter(void* work) {                          \
    const u64 now = bpf_ktime_get_ns();                                         \
    const u64 device = receives || wantRaw || withKvm ? deviceOfWork(work) : 0; \
    RAW(name, now, {                                                            \
      record->work = (u64)work;                                                 \
      record->hdev = device;                                                    \
    });                                                                         \
    enterHandler(device, receives, now);                                        \
    return 0;                                                                   \
  }                                                                             \
  static __always_inline int name##Leave(void) {                                \
    const u64 now = bpf_ktime_get_ns();                                         \
    RAW(name##_ret, now, );                                                     \
    leaveHandler();                                                             \
    return 0;                                                                   \
  }                                                                             \
  ON_ENTRY1(name##Enter, function, void*)                                       \
  SEC("fexit/" function) int name##Leave_fexit(void* ctx) {                     \
    MEASURED(name##Leave());                                                    \
  }                                                                             \
  SEC("kretprobe/" function) int name##Leave_kretprobe(void* ctx) {             \
    MEASURED(name##Leave());                                                    \
  }

HANDLER(tx_kick, "handle_tx_kick", false)
HANDLER(rx_kick, "handle_rx_kick", true)
HANDLER(tx_net, "handle_tx_net", false)
HANDLER(rx_net, "handle_rx_net", true)

#endif
