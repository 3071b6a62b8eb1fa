// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: queues that a QEMU serves itself, by uprobes on functions that it exports. */
#include "collector/probes/emit.h"
#include "collector/probes/host_layout.h"
#include "collector/probes/qemu_layout.h"

char LICENSE[] SEC("license") = "GPL";

TABLE(qemuQueues, QemuQueue, MOST_QEMU_QUEUES)

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, MOST_QEMU_LAYOUTS);
  __type(key, u32);
  __type(value, struct Layout);
} layouts SEC(".maps");

/* An eventfd that rings a queue. */
struct QueueEvent {
  u64 key; /* eventfd_ctx */
  u64 queue;
};
TABLE(queueEvents, QueueEvent, MOST_QEMU_QUEUES)

/* Threads whose scheduling is recorded: the map of the host's probes. */
TABLE(workers, Worker, MOST_WORKERS)
const volatile bool withScheduler = false;

/* Filters; 0 or -1: everything. */
const volatile __u64 onlyDevice = 0;
const volatile __s32 onlyQueue = -1;

/* Memory that was not there to be read: a queue, or an element, is left out. */
__u64 notResident = 0;
/* How often a device was told that its driver is ready. */
__u32 starts = 0;
/* What does not look like a queue of this QEMU, by the offsets that were derived. */
__u64 implausible = 0;

enum Function { POP = 1, NOTIFY, DOORBELL, STATUS };

#define PACKED_RING 34
#define DRIVER_OK 4

static __always_inline const struct Layout* layoutAt(void* ctx) {
  const u32 at = (u32)bpf_get_attach_cookie(ctx);
  return bpf_map_lookup_elem(&layouts, &at);
}

static __always_inline u32 thisProcess(void) {
  return bpf_get_current_pid_tgid() >> 32;
}

#define READ_USER(type, address)                                             \
  ({                                                                         \
    type value = 0;                                                          \
    bpf_probe_read_user(&value, sizeof(value), (const void*)(u64)(address)); \
    value;                                                                   \
  })

/* Addresses of user space have 47 bits, and a queue is aligned to 8 bytes. */
static __always_inline u64 keyOf(u64 vq) {
  return vq >> 3 | (u64)thisProcess() << 44;
}

/* Says what a queue looks like: when it comes into sight, and when its ring is another one. */
static __always_inline void announceQueue(struct QemuQueue* queue, const struct Layout* layout, u64 now) {
  queue->ring = READ_USER(u64, queue->vq + layout->ringAddress);
  const u64 features = READ_USER(u64, queue->vdev + layout->deviceFeatures);
  queue->packed = features >> PACKED_RING & 1;
  RAW(qemu_queue, now, {
    record->vdev = queue->vdev;
    record->vq = queue->vq;
    record->ring = queue->ring;
    record->features = features;
    record->queue = queue->index;
    record->num = READ_USER(u32, queue->vq + layout->ringSize);
    record->device_id = READ_USER(u16, queue->vdev + layout->deviceId);
    record->process = queue->process;
  });
}

static __always_inline void emitDoorbell(const struct QemuQueue* queue, bool byEventfd, struct DescryHeader header) {
  if (wantRaw)
    EMIT(qemu_doorbell, header, {
      record->vdev = queue->vdev;
      record->vq = queue->vq;
      record->queue = queue->index;
      record->process = queue->process;
      record->by_eventfd = byEventfd;
      record->reserved = 0;
    });
}

static __always_inline void doorbell(const struct QemuQueue* queue, bool byEventfd, u64 now) {
  emitDoorbell(queue, byEventfd, rawHeader(Descry_qemu_doorbell, now));
}

/* What rang it before QEMU turned to it. More than fits were for vhost, which had it until now. */
static __always_inline void emitEarlyRings(const struct QemuQueue* queue) {
  if (queue->early > MOST_EARLY_RINGS) return;
  for (u32 i = 0; i < MOST_EARLY_RINGS; ++i) {
    if (i >= queue->early) break;
    const u64 task = queue->firstRings[i].task;
    struct DescryHeader header = rawHeader(Descry_qemu_doorbell, queue->firstRings[i].ns);
    header.tid = (u32)task;
    header.pid = task >> 32;
    emitDoorbell(queue, true, header);
  }
}

/* What lies behind a notifier of this process; 0: nothing. 0 as a descriptor is what memory that was never set has. */
static __always_inline u64 eventBehind(u64 notifier) {
  const u32 descriptor = READ_USER(u32, notifier);
  const struct task_struct* task = (void*)bpf_get_current_task();
  struct fdtable* table = BPF_CORE_READ(task, files, fdt);
  if (!descriptor || descriptor >= BPF_CORE_READ(table, max_fds)) return 0;
  struct file* file = 0;
  bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + descriptor);
  return (u64)BPF_CORE_READ(file, private_data);
}

/* A notifier is there from when a driver starts a device until that stops, and then is another one. */
static __noinline int learnEvent(struct QemuQueue* queue, const struct Layout* layout) {
  if (!queue || !layout) return 0;
  const u64 event = eventBehind(queue->vq + layout->hostNotifier);
  if (event == queue->event) return 0;
  struct QueueEvent* earlier = queue->event ? find_queueEvents(queue->event) : 0;
  if (earlier && earlier->queue == queue->key) earlier->key = 0;
  queue->event = event;
  struct QueueEvent* entry = event ? claim_queueEvents(event) : 0;
  if (entry)
    entry->queue = queue->key;
  else if (event)
    __sync_fetch_and_add(&lostInMap, 1);
  return 0;
}

static __noinline int addQueue(u64 vq, const struct Layout* layout) {
  if (!layout) return 0;
  const u64 vdev = READ_USER(u64, vq + layout->queueDevice);
  const u64 array = READ_USER(u64, vdev + layout->deviceQueues);
  const u32 index = READ_USER(u16, vq + layout->queueIndex);
  if (!vdev || !array) {
    __sync_fetch_and_add(&notResident, 1);
    return 0;
  }
  if (array + (u64)index * layout->queueBytes != vq) {
    __sync_fetch_and_add(&implausible, 1);
    return 0;
  }
  struct QemuQueue* queue = claim_qemuQueues(keyOf(vq));
  if (!queue) {
    __sync_fetch_and_add(&lostInMap, 1);
    return 0;
  }
  if (queue->vdev) return 0;
  queue->vq = vq;
  queue->process = thisProcess();
  queue->index = index;
  queue->start = starts;
  queue->wanted = (!onlyDevice || vdev == onlyDevice) && (onlyQueue < 0 || index == (u32)onlyQueue);
  queue->vdev = vdev;
  if (queue->wanted) learnEvent(queue, layout);
  return 0;
}

/* Null when the queue is not wanted, is none, or there is no room for it. */
static __always_inline struct QemuQueue* queueAt(u64 vq, const struct Layout* layout, u64 now) {
  struct QemuQueue* queue = find_qemuQueues(keyOf(vq));
  if (!queue || !queue->vdev) {
    addQueue(vq, layout);
    queue = find_qemuQueues(keyOf(vq));
  }
  if (!queue || !queue->vdev || !queue->wanted) return 0;
  if (!queue->announced) {
    queue->announced = 1;
    announceQueue(queue, layout, now);
    emitEarlyRings(queue);
  }
  return queue;
}

static __always_inline void interrupt(const struct QemuQueue* queue, u64 now) {
  RAW(qemu_interrupt, now, {
    record->vdev = queue->vdev;
    record->vq = queue->vq;
    record->process = queue->process;
    record->reserved = 0;
  });
}

static __always_inline void forget(u32 function) {
  struct Call* open = find_calls(callKey(function));
  if (open) open->key = 0;
}

/* A call goes on deeper in the stack than where it began, and not far from there: else the one that was remembered has
   returned unseen. */
#define DEEPEST_CALL 2048
static __always_inline bool isWithin(u64 began, u64 stack) {
  return stack <= began && began - stack < DEEPEST_CALL;
}

/* The thread that fetches is to a queue of QEMU's what the worker is to one of vhost's. */
static __always_inline void serve(const struct QemuQueue* queue) {
  struct Worker* worker = claim_workers((u32)bpf_get_current_pid_tgid());
  if (!worker)
    __sync_fetch_and_add(&lostInMap, 1);
  else if (!worker->hdev)
    worker->hdev = queue->vdev;
}

static __always_inline int pop(struct pt_regs* ctx) {
  const u64 vq = PT_REGS_PARM1(ctx), now = bpf_ktime_get_ns();
  const struct Layout* layout = layoutAt(ctx);
  if (!layout) return 0;
  struct QemuQueue* queue = queueAt(vq, layout, now);
  if (!queue) return 0;
  if (READ_USER(u64, vq + layout->ringAddress) != queue->ring) announceQueue(queue, layout, now);
  forget(DOORBELL);
  if (withScheduler) serve(queue);
  enterCall(POP, vq, READ_USER(u16, vq + layout->lastAvail), queue->packed);
  return 0;
}
SEC("uprobe") int onPop_uprobe(struct pt_regs* ctx) {
  MEASURED(pop(ctx));
}

static __always_inline int popped(u64 elem) {
  const u64 now = bpf_ktime_get_ns();
  struct Call call;
  if (!leaveCall(POP, &call) || !elem) return 0;
  /* Head, length, descriptors, out, in: so an element begins in every QEMU. */
  u32 element[5] = {};
  if (bpf_probe_read_user(element, sizeof(element), (const void*)elem)) __sync_fetch_and_add(&notResident, 1);
  RAW(qemu_pop, now, {
    record->vq = call.a;
    record->elem = elem;
    record->avail = call.b;
    record->packed = call.c;
    record->head = element[0];
    record->out_num = element[3];
    record->in_num = element[4];
    record->process = thisProcess();
  });
  return 0;
}
SEC("uretprobe") int onPopped_uretprobe(struct pt_regs* ctx) {
  MEASURED(popped(PT_REGS_RC(ctx)));
}

/* For what is done to one queue: HANDLER(queue, ctx, now). */
#define ON_QUEUE(name, vqOf, handler)                     \
  static __always_inline int name(struct pt_regs* ctx) {  \
    const u64 now = bpf_ktime_get_ns();                   \
    const struct Layout* layout = layoutAt(ctx);          \
    if (!layout) return 0;                                \
    struct QemuQueue* queue = queueAt(vqOf, layout, now); \
    if (queue) handler;                                   \
    return 0;                                             \
  }                                                       \
  SEC("uprobe") int name##_uprobe(struct pt_regs* ctx) {  \
    MEASURED(name(ctx));                                  \
  }

ON_QUEUE(onUnpop, PT_REGS_PARM1(ctx), RAW(qemu_unpop, now, {
           record->vq = queue->vq;
           record->elem = PT_REGS_PARM2(ctx);
           record->process = queue->process;
           record->reserved = 0;
         }))
ON_QUEUE(onRewind, PT_REGS_PARM1(ctx), RAW(qemu_rewind, now, {
           record->vq = queue->vq;
           record->count = PT_REGS_PARM2(ctx);
           record->process = queue->process;
         }))
ON_QUEUE(onFill, PT_REGS_PARM1(ctx), RAW(qemu_fill, now, {
           record->vq = queue->vq;
           record->elem = PT_REGS_PARM2(ctx);
           record->len = PT_REGS_PARM3(ctx);
           record->idx = PT_REGS_PARM4(ctx);
           record->process = queue->process;
           record->reserved = 0;
         }))
ON_QUEUE(onFlush, PT_REGS_PARM1(ctx), RAW(qemu_flush, now, {
           record->vq = queue->vq;
           record->count = PT_REGS_PARM2(ctx);
           record->process = queue->process;
         }))
/* The main loop, or the queue's iothread, takes a doorbell. Where the compiler left the function that it then calls,
   that is the better place: it has the queue, polling ends there, too, and what reads a notifier while it is closed
   does not. */
static __always_inline void taken(struct QemuQueue* queue, const struct Layout* layout, u64 now) {
  if (!queue->rung) learnEvent(queue, layout);
  queue->rung = 0;
  doorbell(queue, false, now);
}
ON_QUEUE(onTaken, PT_REGS_PARM1(ctx), taken(queue, layout, now))
ON_QUEUE(onHostNotifier, PT_REGS_PARM1(ctx) - layout->hostNotifier, taken(queue, layout, now))
/* Which interrupt follows, if one does, is seen deeper in the call. */
ON_QUEUE(onNotify, PT_REGS_PARM2(ctx), enterCall(NOTIFY, queue->vq, PT_REGS_SP(ctx), 0))

/* A virtual CPU rang a doorbell that KVM did not take. QEMU may hand it on by the queue's own eventfd: that is the same
   doorbell once more. */
static __always_inline u64 queueOf(u64 vdev, u32 index, const struct Layout* layout) {
  return READ_USER(u64, vdev + layout->deviceQueues) + (u64)index * layout->queueBytes;
}
ON_QUEUE(onQueueNotify, queueOf(PT_REGS_PARM1(ctx), (u32)PT_REGS_PARM2(ctx), layout), {
  enterCall(DOORBELL, queue->vq, PT_REGS_SP(ctx), 0);
  doorbell(queue, false, now);
})

/* A queue's eventfd is signalled, and QEMU, or vhost, will take that for a doorbell. */
static __always_inline void ring(struct QemuQueue* queue, u64 now) {
  queue->rung = 1;
  if (queue->announced) {
    doorbell(queue, true, now);
    return;
  }
  const u32 early = __sync_fetch_and_add(&queue->early, 1);
  if (early >= MOST_EARLY_RINGS) return;
  queue->firstRings[early].ns = now;
  queue->firstRings[early].task = bpf_get_current_pid_tgid();
}

/* Every eventfd that QEMU writes to comes by here: two of each queue are of interest, the one that interrupts by way of
   the kernel, and the doorbell that an emulated CPU rings. */
static __always_inline int setEvent(struct pt_regs* ctx) {
  const u64 notifier = PT_REGS_PARM1(ctx), now = bpf_ktime_get_ns();
  const struct Layout* layout = layoutAt(ctx);
  if (!layout) return 0;
  struct QemuQueue* queue = find_qemuQueues(keyOf(notifier - layout->guestNotifier));
  if (queue && queue->vq == notifier - layout->guestNotifier) {
    if (queue->wanted) interrupt(queue, now);
    return 0;
  }
  const u64 vq = notifier - layout->hostNotifier;
  const struct Call* status = find_calls(callKey(STATUS));
  queue = find_qemuQueues(keyOf(vq));
  /* Known before its first doorbell comes. Whether QEMU will serve it, or vhost, shows later. */
  if (!queue && status && status->a == READ_USER(u64, vq + layout->queueDevice)) {
    addQueue(vq, layout);
    queue = find_qemuQueues(keyOf(vq));
    if (queue) queue->start = 0;
  }
  if (!queue || queue->vq != vq || !queue->wanted) return 0;
  /* QEMU itself rings each when it starts a device, in the thread that was told of it: an eventfd begins as rung, and
     is rung once more when its reader is there. */
  if (status && status->a == queue->vdev && status->b != queue->start) {
    queue->start = status->b;
    queue->ownRings = 2;
    learnEvent(queue, layout);
  }
  if (queue->ownRings) {
    queue->ownRings--;
    return 0;
  }
  struct Call call;
  if (leaveCall(DOORBELL, &call) && call.a == queue->vq && isWithin(call.b, PT_REGS_SP(ctx))) return 0;
  ring(queue, now);
  return 0;
}
SEC("uprobe") int onSetEvent_uprobe(struct pt_regs* ctx) {
  MEASURED_BESIDE(setEvent(ctx));
}

/* The kernel signals an eventfd: KVM does, where a virtual CPU rings a queue's doorbell. */
static __always_inline int signalEvent(u64 context) {
  const u64 now = bpf_ktime_get_ns();
  const struct QueueEvent* event = find_queueEvents(context);
  struct QemuQueue* queue = event ? find_qemuQueues(event->queue) : 0;
  if (!queue || queue->event != context) return 0;
  if (queue->wanted) ring(queue, now);
  return 0;
}
SEC("kprobe/eventfd_signal_mask") int BPF_KPROBE(onSignalEvent_kprobe, u64 context) {
  MEASURED_BESIDE(signalEvent(context));
}
/* Until 6.7 a function of its own. */
SEC("kprobe/eventfd_signal") int BPF_KPROBE(onSignalEventOld_kprobe, u64 context) {
  MEASURED_BESIDE(signalEvent(context));
}

/* An MSI-X message of a PCI device: of the queue whose notification runs in this thread, if it has this vector. */
static __always_inline int msix(struct pt_regs* ctx) {
  const u64 now = bpf_ktime_get_ns();
  const struct Layout* layout = layoutAt(ctx);
  struct Call call;
  if (!layout || !leaveCall(NOTIFY, &call) || !isWithin(call.b, PT_REGS_SP(ctx))) return 0;
  const struct QemuQueue* queue = find_qemuQueues(keyOf(call.a));
  if (!queue || READ_USER(u16, call.a + layout->vector) != (u32)PT_REGS_PARM2(ctx)) return 0;
  interrupt(queue, now);
  return 0;
}
SEC("uprobe") int onMsix_uprobe(struct pt_regs* ctx) {
  MEASURED(msix(ctx));
}

static __always_inline int setStatus(struct pt_regs* ctx) {
  const u64 now = bpf_ktime_get_ns(), vdev = PT_REGS_PARM1(ctx);
  if (PT_REGS_PARM2(ctx) & DRIVER_OK) enterCall(STATUS, vdev, __sync_fetch_and_add(&starts, 1) + 1, 0);
  if (onlyDevice && vdev != onlyDevice) return 0;
  RAW(qemu_status, now, {
    record->vdev = vdev;
    record->val = PT_REGS_PARM2(ctx) & 0xff;
    record->process = thisProcess();
  });
  return 0;
}
SEC("uprobe") int onStatus_uprobe(struct pt_regs* ctx) {
  MEASURED(setStatus(ctx));
}
