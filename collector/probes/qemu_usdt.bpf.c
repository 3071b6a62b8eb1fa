// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: queues that a QEMU serves itself, by its static trace points. They name queues and elements, but neither
   positions nor what a queue looks like: what comes of them is what comes of QEMU's other trace backends. */
/* The order matters. */
/* clang-format off */
#include "collector/probes/emit.h"
/* A question to the kernel's configuration would be in the skeleton, with a type that C++ does not have. The collector asks
   for kernels that have cookies. */
#define LINUX_HAS_BPF_COOKIE withCookie
#undef __kconfig
#define __kconfig
#define _Bool volatile bool
#include <bpf/usdt.bpf.h>
#undef _Bool
/* clang-format on */

char LICENSE[] SEC("license") = "GPL";

const volatile bool withCookie = true;

/* Elements that were not there to be read. */
__u64 notResident = 0;

static __always_inline u64 argumentOf(struct pt_regs* ctx, u64 number) {
  long value = 0;
  bpf_usdt_arg(ctx, number, &value);
  return (u64)value;
}
static __always_inline u32 thisProcess(void) {
  return bpf_get_current_pid_tgid() >> 32;
}

/* HANDLER: a record `name` with the queue that is argument `vqAt`, and more. */
#define ON_TRACE_POINT(handler, name, vqAt, ...)            \
  static __always_inline int handler(struct pt_regs* ctx) { \
    RAW(name, bpf_ktime_get_ns(), {                         \
      record->vq = argumentOf(ctx, vqAt);                   \
      record->process = thisProcess();                      \
      __VA_ARGS__;                                          \
    });                                                     \
    return 0;                                               \
  }                                                         \
  SEC("usdt") int handler##_usdt(struct pt_regs* ctx) {     \
    MEASURED(handler(ctx));                                 \
  }

/* queue, element, in, out. The index of the ring is not known: chains are counted, as on a packed ring. */
static __always_inline int popped(struct pt_regs* ctx) {
  const u64 elem = argumentOf(ctx, 1);
  u32 head = 0;
  if (bpf_probe_read_user(&head, sizeof(head), (const void*)elem)) __sync_fetch_and_add(&notResident, 1);
  RAW(qemu_pop, bpf_ktime_get_ns(), {
    record->vq = argumentOf(ctx, 0);
    record->elem = elem;
    record->avail = 0;
    record->packed = 1;
    record->head = head;
    record->out_num = argumentOf(ctx, 3);
    record->in_num = argumentOf(ctx, 2);
    record->process = thisProcess();
  });
  return 0;
}
SEC("usdt") int onPopped_usdt(struct pt_regs* ctx) {
  MEASURED(popped(ctx));
}

/* queue, element, length, index within what is flushed */
ON_TRACE_POINT(onFill, qemu_fill, 0, {
  record->elem = argumentOf(ctx, 1);
  record->len = argumentOf(ctx, 2);
  record->idx = argumentOf(ctx, 3);
  record->reserved = 0;
})
/* queue, count */
ON_TRACE_POINT(onFlush, qemu_flush, 0, record->count = argumentOf(ctx, 1))
/* device, index, queue */
ON_TRACE_POINT(onQueueNotify, qemu_doorbell, 2, {
  record->vdev = argumentOf(ctx, 0);
  record->queue = argumentOf(ctx, 1);
  record->by_eventfd = record->reserved = 0;
})
/* device, queue: of both ways to interrupt */
ON_TRACE_POINT(onNotify, qemu_interrupt, 1, {
  record->vdev = argumentOf(ctx, 0);
  record->reserved = 0;
})
/* device, status */
static __always_inline int setStatus(struct pt_regs* ctx) {
  RAW(qemu_status, bpf_ktime_get_ns(), {
    record->vdev = argumentOf(ctx, 0);
    record->val = argumentOf(ctx, 1) & 0xff;
    record->process = thisProcess();
  });
  return 0;
}
SEC("usdt") int onStatus_usdt(struct pt_regs* ctx) {
  MEASURED(setStatus(ctx));
}
