// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the probes hand to user space, defined once: the BPF programs fill these structures, the LTTng-UST provider
 * `descry` writes them as events of the same names with the same fields, and decode/descry.cpp reads them back.
 *
 * Times are CLOCK_MONOTONIC in nanoseconds, 0 = not seen. Positions are unwrapped. -1 = not known where a field is
 * signed. Plain C, for clang's BPF target as well as for the compiler of the collector.
 */
#ifndef DESCRY_PROBES_RECORDS_H
#define DESCRY_PROBES_RECORDS_H

#include <linux/types.h>

/* clang-format off */

/* Written by the collector itself: the capture began, and how. */
#define DESCRY_CAPTURE_START(X) X(u32, detail) X(u32, raw) X(u64, rate)
/* `count` records are missing from `begin` to `ns`; `place` as in DescryLossPlace. */
#define DESCRY_CAPTURE_LOSS(X) X(u64, begin) X(u64, count) X(u32, place) X(u32, reserved)
/* What the probes cost: their hits, how many of those were timed, the time inside those, and the time that getting into
   and out of a probe takes besides, as it was measured when the collector started (per hit, in picoseconds). */
#define DESCRY_CAPTURE_COST(X) X(u64, hits) X(u64, timed) X(u64, timed_ns) X(u64, outside_ps)
/* The time stamp counter showed `tsc` at `ns`; the two were read within +- `error` ns. */
#define DESCRY_CAPTURE_TSC(X) X(u64, tsc) X(u64, error)

/* A queue of a vhost device came into sight (`fetching` 0; late attach reads here what happened before), its first chain
   is fetched (1, by the thread `worker`), or the VMM opens the device (DESCRY_QUEUE_OPENED): one that lay at the same
   address before is another one. */
#define DESCRY_QUEUE_OPENED 2
#define DESCRY_HOST_QUEUE(X)                                                                                           \
  X(u64, hdev)                                                                                                         \
  X(u64, vq) X(u64, ring) X(u64, avail_ring) X(u64, used_ring) X(u64, features) X(u64, call) X(u32, queue) X(u32, num) \
      X(u32, last_avail) X(u32, last_used) X(u32, owner) X(u32, iotlb) X(u32, fetching) X(u32, worker)
/* One finished host half. `head` is DESCRY_UNKNOWN_HEAD when it was not seen. */
#define DESCRY_UNKNOWN_HEAD 0xffffffffU
#define DESCRY_HOST_HALF(X)                                                                                      \
  X(u64, vq)                                                                                                     \
  X(s64, position) X(u64, kick) X(u64, arrived) X(u64, entered) X(u64, tried) X(u64, fetched) X(u64, used)       \
      X(u32, epoch) X(u32, head) X(s32, out) X(s32, in) X(s64, len) X(u32, misses) X(u32, retries) X(u32, flags) \
          X(u32, hits)
/* The same of several that one call gave back, in the order of their positions; `ns` is `used`. Behind it come `count`
   times struct descry_used_chain. Nearly all halves are handed over so: their numbers are small enough. */
#define DESCRY_HOST_USED(X) X(u64, vq) X(s64, first_position) X(u32, epoch) X(u32, count)
/* A chain of it. Of times it has the lower 32 bits, of the last one before `used` that ends with them; 0: not seen. Of
   two in one number, the first name is the lower half. `counts`, from the lowest: 16 bits `head`, then 8 bits each `out`,
   `in` (DESCRY_UNKNOWN_COUNT: not known), `misses`, `retries`, `hits`, `flags`. */
#define DESCRY_USED_CHAIN(X) X(u64, tried_fetched) X(u64, kick_entered) X(u64, arrived_len) X(u64, counts)
#define DESCRY_UNKNOWN_COUNT 0xff
#define DESCRY_MOST_USED_TOGETHER 64
/* A doorbell that opened no burst of its own. */
#define DESCRY_HOST_KICK(X) X(u64, vq)
#define DESCRY_HOST_INTERRUPT(X) X(u64, vq)
/* Positions `expected` .. `expected + count - 1` were never fetched by a call that was seen. */
#define DESCRY_HOST_GAP(X) X(u64, vq) X(u64, begin) X(s64, expected) X(u64, count)
/* The counters of an epoch at its end; `last` = 1 at the end of the capture. `from_start`: 0, positions are those of the
   ring's index; 1, the ring began within the capture; or what they are counted from is not known. */
#define DESCRY_POSITIONS_COUNTED 2
#define DESCRY_HOST_EPOCH(X)                                                                                  \
  X(u64, vq)                                                                                                  \
  X(u64, start) X(s64, first_position) X(s64, last_position) X(u32, epoch) X(u32, last) X(u32, from_start)    \
      X(u32, gaps) X(u32, fetches) X(u32, used) X(u32, kicks) X(u32, interrupts) X(u32, eagain) X(u32, empty) \
          X(u32, errors) X(u32, failed_prefetches) X(u32, discarded) X(u32, misses) X(u32, metadata_misses)   \
              X(u32, head_mismatches) X(u32, stray) X(u32, went_back)

/* Device IOTLB: a miss was raised (position -1: for the ring's own pages), the VMM read a message, changed the table,
   the queue came past its misses (position -1: those of the ring's own pages). The probes leave that out for a chain's: the
   queue is past them when the chain is fetched. */
#define DESCRY_IOTLB_MISS(X) X(u64, vq) X(u64, iova) X(s64, position) X(u32, epoch) X(u32, access)
#define DESCRY_IOTLB_READ(X) X(u64, hdev)
#define DESCRY_IOTLB_UPDATE(X) X(u64, hdev) X(u64, start) X(u64, last) X(u64, addr)
#define DESCRY_IOTLB_INVALIDATE(X) X(u64, hdev) X(u64, start) X(u64, last)
#define DESCRY_IOTLB_PAST(X) X(u64, vq) X(s64, position)

/* KVM, on a host where it runs the guest. `vcpu` is a thread; its time is split by what it did: in the guest, in the
   kernel, in the VMM, without a host CPU, halted (asleep) and halted (polling for what wakes it up).
   A doorbell that KVM took for a queue: the guest had left at `exited`, KVM knew the doorbell at `taken`, the queue was
   called at `kick` (that of the host half), `no_cpu` of that without a host CPU, and the guest ran on at `ns`. Where the
   queue is not vhost's, `vq` is the eventfd that KVM called instead: whose it is, is not known there. */
#define DESCRY_KVM_DOORBELL(X) \
  X(u64, vq) X(u64, exited) X(u64, taken) X(u64, kick) X(u64, no_cpu) X(u32, vcpu) X(u32, reserved)
/* An interrupt that KVM took from a queue: signalled at `signal` (the host_interrupt's), accepted for a virtual CPU,
   injected, and at `ns` the guest was entered with it. The states add up to accepted..injected, or are all 0: not known.
   `merged` signals came while it was still to be injected. Where the queue is not vhost's, `vq` is the eventfd, or 0 where
   the VMM called KVM, and `signal` is when KVM had it from the thread `signaller`. */
#define DESCRY_KVM_INTERRUPT(X)                                                                                   \
  X(u64, vq) X(u64, signal) X(u64, accepted) X(u64, injected) X(u64, guest) X(u64, kernel) X(u64, vmm) X(u64, no_cpu) \
  X(u64, halted) X(u64, polling) X(u32, vcpu) X(u32, vector) X(u32, merged) X(u32, signaller)
/* A virtual CPU since `begin`, at the end of the capture. `polled` of its `halts` ended while it polled; `doorbells` were
   taken by KVM without the VMM, and took `doorbell_away` from exit to entry; `interrupts`: by irqfd, or a call of the VMM.
   Its time stamp counter is the host's, times `tsc_ratio` (2^32 or 2^48 stand for 1), plus `tsc_offset`, since `tsc_since`
   (0: not known). */
#define DESCRY_KVM_VCPU(X)                                                                                        \
  X(u64, begin) X(u64, guest) X(u64, kernel) X(u64, vmm) X(u64, no_cpu) X(u64, halted) X(u64, polling)            \
  X(u64, doorbell_away) X(u64, tsc_offset) X(u64, tsc_ratio) X(u64, tsc_since) X(u32, vcpu) X(u32, number) X(u32, owner) X(u32, exits) X(u32, vmm_exits) X(u32, halts)   \
  X(u32, polled) X(u32, doorbells) X(u32, interrupts) X(u32, injected) X(u32, merged) X(u32, reserved)
/* The worker of a vhost device, or a thread of QEMU that serves one of its devices, had a CPU from `on` to `ns`, and had been woken before (0: was not seen). */
#define DESCRY_KVM_WORKER(X) X(u64, hdev) X(u64, woken) X(u64, on) X(u32, tid) X(u32, reserved)

/* A virtqueue of a driver came into sight, or was set up. */
#define DESCRY_GUEST_QUEUE(X)                                                                                         \
  X(u64, vq) X(u64, ring) X(u64, features) X(u32, dev) X(u32, queue) X(u32, num) X(u32, packed) X(u32, use_dma)       \
  X(u32, avail) X(u32, used) X(u32, directions) X(u32, epoch) X(u32, reserved)
/* One finished guest half. `order` counts the adds of the epoch, `avail` is the unwrapped avail index before the add. */
#define DESCRY_GUEST_HALF(X)                                                                                          \
  X(u64, vq) X(s64, order) X(s64, avail) X(u64, entered) X(u64, mapped) X(u64, added) X(u64, interrupt)               \
  X(u64, unmapped) X(u64, got) X(u64, swiotlb_out) X(u64, swiotlb_search) X(u64, swiotlb_in) X(u64, iommu_map)        \
  X(u64, iommu_unmap) X(u64, bounce_bytes) X(u64, copy_bytes) X(s64, len) X(u32, epoch) X(u32, head) X(s32, out)      \
  X(s32, in) X(u32, bounces) X(u32, copies) X(u32, dma_maps) X(u32, dma_identity) X(u32, seen) X(u32, hits)           \
  X(u32, flags) X(u32, packed)
/* The chains added as `first` .. `last - 1` share a doorbell, or the decision that none was needed (`kick` = 0). */
#define DESCRY_GUEST_DOORBELL(X) X(u64, vq) X(s64, first) X(s64, last) X(u64, kick) X(u64, returned) X(u32, epoch) X(u32, needed)
/* A doorbell for no chain, an interrupt that announced none. */
#define DESCRY_GUEST_KICK(X) X(u64, vq)
#define DESCRY_GUEST_INTERRUPT(X) X(u64, vq)
/* Adds (`gets` = 0) or gets that were not seen. */
#define DESCRY_GUEST_GAP(X) X(u64, vq) X(u64, begin) X(u64, count) X(u32, gets) X(u32, reserved)
#define DESCRY_GUEST_EPOCH(X)                                                                                         \
  X(u64, vq) X(u64, start) X(u64, bounce_bytes) X(u64, copy_bytes) X(u32, epoch) X(u32, last) X(u32, from_start)      \
  X(u32, packed) X(u32, gaps) X(u32, adds) X(u32, failed_adds) X(u32, gets) X(u32, empty_gets)                        \
  X(u32, gets_without_add) X(u32, unseen_gets) X(u32, kick_prepares) X(u32, kicks_needed) X(u32, notifies)            \
  X(u32, interrupts) X(u32, bounces) X(u32, copies) X(u32, unmapped_adds)

#define DESCRY_GUEST_RECORDS(R)              \
  R(guest_queue, DESCRY_GUEST_QUEUE)         \
  R(guest_half, DESCRY_GUEST_HALF)           \
  R(guest_doorbell, DESCRY_GUEST_DOORBELL)   \
  R(guest_kick, DESCRY_GUEST_KICK)           \
  R(guest_interrupt, DESCRY_GUEST_INTERRUPT) \
  R(guest_gap, DESCRY_GUEST_GAP)             \
  R(guest_epoch, DESCRY_GUEST_EPOCH)

#define DESCRY_HOST_RECORDS(R)                 \
  R(host_queue, DESCRY_HOST_QUEUE)             \
  R(host_half, DESCRY_HOST_HALF)               \
  R(host_kick, DESCRY_HOST_KICK)               \
  R(host_interrupt, DESCRY_HOST_INTERRUPT)     \
  R(host_gap, DESCRY_HOST_GAP)                 \
  R(host_epoch, DESCRY_HOST_EPOCH)             \
  R(iotlb_miss, DESCRY_IOTLB_MISS)             \
  R(iotlb_read, DESCRY_IOTLB_READ)             \
  R(iotlb_update, DESCRY_IOTLB_UPDATE)         \
  R(iotlb_invalidate, DESCRY_IOTLB_INVALIDATE) \
  R(iotlb_past, DESCRY_IOTLB_PAST)

#define DESCRY_KVM_RECORDS(R)            \
  R(kvm_doorbell, DESCRY_KVM_DOORBELL)   \
  R(kvm_interrupt, DESCRY_KVM_INTERRUPT) \
  R(kvm_vcpu, DESCRY_KVM_VCPU)           \
  R(kvm_worker, DESCRY_KVM_WORKER)

/* What readers of a trace never see as such: it becomes one of the above. */
#define DESCRY_SHORT_RECORDS(R) R(host_used, DESCRY_HOST_USED)

#define DESCRY_CAPTURE_RECORDS(R)        \
  R(capture_start, DESCRY_CAPTURE_START) \
  R(capture_loss, DESCRY_CAPTURE_LOSS)   \
  R(capture_cost, DESCRY_CAPTURE_COST)   \
  R(capture_tsc, DESCRY_CAPTURE_TSC)

/* Every hit of a probe, under the names that schemas/sql/aliases.txt gives to kprobe events of group descry. */
#define DESCRY_RAW_SET_OWNER(X) X(u64, hdev)
#define DESCRY_RAW_VRING_IOCTL(X) \
  X(u64, hdev) X(u64, vq0) X(u64, vq1) X(u32, cmd) X(u32, index) X(u32, num) X(u32, reserved)
#define DESCRY_RAW_KICK(X) X(u64, wait) X(u64, hdev)
#define DESCRY_RAW_HANDLE(X) X(u64, work) X(u64, hdev)
#define DESCRY_RAW_HANDLE_RET(X)
#define DESCRY_RAW_PREFETCH(X) X(u64, vq) X(u64, avail)
#define DESCRY_RAW_PREFETCH_RET(X) X(u64, vq) X(s64, ret)
#define DESCRY_RAW_GET_DESC(X)                                                                              \
  X(u64, vq)                                                                                                \
  X(u64, hdev) X(u64, vq0) X(u64, vq1) X(u64, ring) X(u64, features) X(u32, num) X(u32, avail) X(u32, used) \
      X(u32, reserved)
#define DESCRY_RAW_GET_DESC_RET(X) X(u64, vq) X(s64, ret) X(u32, out) X(u32, in)
#define DESCRY_RAW_DISCARD(X) X(u64, vq) X(u64, n)
#define DESCRY_RAW_ADD_USED(X) X(u64, vq) X(u64, call) X(u32, used) X(u32, count) X(u32, id0) X(u32, len0)
#define DESCRY_RAW_EVENTFD(X) X(u64, ctx)
#define DESCRY_RAW_MISS(X) X(u64, vq) X(u64, iova) X(u64, access)
#define DESCRY_RAW_CHR_READ_RET(X) X(u64, hdev) X(s64, ret)
#define DESCRY_RAW_CHR_WRITE(X) X(u64, hdev)
#define DESCRY_RAW_CHR_WRITE_RET(X) X(u64, hdev) X(s64, ret)
#define DESCRY_RAW_IOTLB_ADD(X) X(u64, start) X(u64, last) X(u64, addr)
#define DESCRY_RAW_IOTLB_DEL(X) X(u64, start) X(u64, last)

#define DESCRY_HOST_RAW(R)                   \
  R(set_owner, DESCRY_RAW_SET_OWNER)         \
  R(vring_ioctl, DESCRY_RAW_VRING_IOCTL)     \
  R(vhost_kick, DESCRY_RAW_KICK)             \
  R(tx_kick, DESCRY_RAW_HANDLE)              \
  R(rx_kick, DESCRY_RAW_HANDLE)              \
  R(tx_net, DESCRY_RAW_HANDLE)               \
  R(rx_net, DESCRY_RAW_HANDLE)               \
  R(tx_kick_ret, DESCRY_RAW_HANDLE_RET)      \
  R(rx_kick_ret, DESCRY_RAW_HANDLE_RET)      \
  R(tx_net_ret, DESCRY_RAW_HANDLE_RET)       \
  R(rx_net_ret, DESCRY_RAW_HANDLE_RET)       \
  R(prefetch, DESCRY_RAW_PREFETCH)           \
  R(prefetch_ret, DESCRY_RAW_PREFETCH_RET)   \
  R(get_desc, DESCRY_RAW_GET_DESC)           \
  R(get_desc_ret, DESCRY_RAW_GET_DESC_RET)   \
  R(discard, DESCRY_RAW_DISCARD)             \
  R(add_used, DESCRY_RAW_ADD_USED)           \
  R(eventfd, DESCRY_RAW_EVENTFD)             \
  R(miss, DESCRY_RAW_MISS)                   \
  R(chr_read_ret, DESCRY_RAW_CHR_READ_RET)   \
  R(chr_write, DESCRY_RAW_CHR_WRITE)         \
  R(chr_write_ret, DESCRY_RAW_CHR_WRITE_RET) \
  R(iotlb_add, DESCRY_RAW_IOTLB_ADD)         \
  R(iotlb_del, DESCRY_RAW_IOTLB_DEL)

#define DESCRY_RAW_ADD(X)                                                                                             \
  X(u64, vq) X(u64, token) X(u32, dev) X(u32, q) X(u32, avail) X(u32, pavail) X(u32, free_head) X(u32, out)           \
  X(u32, in) X(u32, num)
#define DESCRY_RAW_ADD_RET(X) X(u64, vq) X(u32, dev) X(u32, q) X(s64, ret)
#define DESCRY_RAW_GET(X) X(u64, vq) X(u32, dev) X(u32, q) X(u64, used)
#define DESCRY_RAW_GET_RET(X) X(u64, vq) X(u64, token) X(u32, dev) X(u32, q) X(u32, used) X(u32, len)
#define DESCRY_RAW_GUEST_KICK(X)                                                                                      \
  X(u64, vq) X(u64, ring) X(u32, dev) X(u32, q) X(u32, num_added) X(u32, packed) X(u32, use_dma) X(u32, num)
#define DESCRY_RAW_KICK_RET(X) X(u64, vq) X(u32, dev) X(u32, q) X(u64, need)
#define DESCRY_RAW_NOTIFY(X) X(u64, vq) X(u32, dev) X(u32, q)
#define DESCRY_RAW_IRQ(X) X(u64, vq) X(u32, dev) X(u32, q)
#define DESCRY_RAW_BOUNCED(X) X(u64, dev_addr) X(u64, size)
#define DESCRY_RAW_SW_MAP(X) X(u64, orig) X(u64, size)
#define DESCRY_RAW_SW_MAP_RET(X) X(u64, tlb)
#define DESCRY_RAW_SW_COPY(X) X(u64, tlb) X(u64, size) X(u64, dir)
#define DESCRY_RAW_SW_UNMAP(X) X(u64, tlb) X(u64, size)
#define DESCRY_RAW_DMA_MAPPED(X) X(u64, phys_addr) X(u64, dma_addr) X(u64, size) X(u64, dir)
#define DESCRY_RAW_RET(X)

#define DESCRY_GUEST_RAW(R)               \
  R(add_sgs, DESCRY_RAW_ADD)              \
  R(add_outbuf, DESCRY_RAW_ADD)           \
  R(add_inbuf, DESCRY_RAW_ADD)            \
  R(add_sgs_ret, DESCRY_RAW_ADD_RET)      \
  R(get, DESCRY_RAW_GET)                  \
  R(get_ret, DESCRY_RAW_GET_RET)          \
  R(kick, DESCRY_RAW_GUEST_KICK)          \
  R(kick_ret, DESCRY_RAW_KICK_RET)        \
  R(notify, DESCRY_RAW_NOTIFY)            \
  R(notify_ret, DESCRY_RAW_NOTIFY)        \
  R(irq, DESCRY_RAW_IRQ)                  \
  R(irq_ret, DESCRY_RAW_RET)              \
  R(vq_del, DESCRY_RAW_NOTIFY)            \
  R(bounced, DESCRY_RAW_BOUNCED)          \
  R(sw_map, DESCRY_RAW_SW_MAP)            \
  R(sw_map_ret, DESCRY_RAW_SW_MAP_RET)    \
  R(sw_copy, DESCRY_RAW_SW_COPY)          \
  R(sw_copy_ret, DESCRY_RAW_RET)          \
  R(sw_unmap, DESCRY_RAW_SW_UNMAP)        \
  R(sw_unmap_ret, DESCRY_RAW_RET)         \
  R(mapped, DESCRY_RAW_DMA_MAPPED)

/* What a QEMU does with its queues, by uprobes on its functions: every hit, for the fold that QEMU's own trace events
   have, too. `process` is the QEMU; addresses are its own. A queue came into sight, or its ring is another one. */
#define DESCRY_QEMU_QUEUE(X)                                                                                         \
  X(u64, vdev) X(u64, vq) X(u64, ring) X(u64, features) X(u32, queue) X(u32, num) X(u32, device_id) X(u32, process)
/* `by_eventfd`: an emulated CPU wrote it into the queue's eventfd, as KVM does for a real one; that is no exit to QEMU. */
#define DESCRY_QEMU_DOORBELL(X) \
  X(u64, vdev) X(u64, vq) X(u32, queue) X(u32, process) X(u32, by_eventfd) X(u32, reserved)
/* `avail` is the index of the chain in the avail ring; on a packed ring that of its first descriptor. */
#define DESCRY_QEMU_POP(X)                                                                                           \
  X(u64, vq) X(u64, elem) X(u32, avail) X(u32, packed) X(u32, head) X(u32, out_num) X(u32, in_num) X(u32, process)
/* Chains were handed back and will be fetched again: this one, or the last `count`. */
#define DESCRY_QEMU_UNPOP(X) X(u64, vq) X(u64, elem) X(u32, process) X(u32, reserved)
#define DESCRY_QEMU_REWIND(X) X(u64, vq) X(u32, count) X(u32, process)
#define DESCRY_QEMU_FILL(X) X(u64, vq) X(u64, elem) X(u32, len) X(u32, idx) X(u32, process) X(u32, reserved)
#define DESCRY_QEMU_FLUSH(X) X(u64, vq) X(u32, count) X(u32, process)
#define DESCRY_QEMU_INTERRUPT(X) X(u64, vdev) X(u64, vq) X(u32, process) X(u32, reserved)
#define DESCRY_QEMU_STATUS(X) X(u64, vdev) X(u32, val) X(u32, process)

#define DESCRY_QEMU_RAW(R)                  \
  R(qemu_queue, DESCRY_QEMU_QUEUE)          \
  R(qemu_doorbell, DESCRY_QEMU_DOORBELL)    \
  R(qemu_pop, DESCRY_QEMU_POP)              \
  R(qemu_unpop, DESCRY_QEMU_UNPOP)          \
  R(qemu_rewind, DESCRY_QEMU_REWIND)        \
  R(qemu_fill, DESCRY_QEMU_FILL)            \
  R(qemu_flush, DESCRY_QEMU_FLUSH)          \
  R(qemu_interrupt, DESCRY_QEMU_INTERRUPT)  \
  R(qemu_status, DESCRY_QEMU_STATUS)

#define DESCRY_FOLDED(R) \
  DESCRY_CAPTURE_RECORDS(R)                                                                                   \
  DESCRY_HOST_RECORDS(R) DESCRY_SHORT_RECORDS(R) DESCRY_GUEST_RECORDS(R) DESCRY_KVM_RECORDS(R)
#define DESCRY_RAW(R) DESCRY_HOST_RAW(R) DESCRY_GUEST_RAW(R) DESCRY_QEMU_RAW(R)

/* clang-format on */

typedef __u64 descry_u64;
typedef __s64 descry_s64;
typedef __u32 descry_u32;
typedef __s32 descry_s32;

/* Every record begins with this. */
struct DescryHeader {
  __u32 type; /* DescryRecordType */
  __u32 cpu;
  __u64 ns;
  __u32 tid;
  __u32 pid; /* process; 0 where it does not matter */
};

#define DESCRY_TYPE(name, fields) Descry_##name,
enum DescryRecordType { DESCRY_FOLDED(DESCRY_TYPE) DescryFirstRaw, DESCRY_RAW(DESCRY_TYPE) DescryRecordTypes };
#undef DESCRY_TYPE

#define DESCRY_MEMBER(type, name) descry_##type name;
#define DESCRY_STRUCT(name, fields) \
  struct descry_##name {            \
    struct DescryHeader header;     \
    fields(DESCRY_MEMBER)           \
  };
DESCRY_FOLDED(DESCRY_STRUCT)
DESCRY_RAW(DESCRY_STRUCT)
struct descry_used_chain {
  DESCRY_USED_CHAIN(DESCRY_MEMBER)
};
#undef DESCRY_STRUCT
#undef DESCRY_MEMBER

/* Many records in one event, `records`: one behind the other as they lie in memory, in words of 64 bits. Writing one
   event costs a hundred times what writing one word does. Only those who know the same lists can take it apart. */
struct DescryBatch {
  __u64 layout; /* descryLayout() of who wrote it */
  __u32 count;  /* words */
  const __u64* numbers;
};

enum DescryLossPlace {
  DescryLostInRing = 0, /* the BPF ring buffer was full */
  DescryLostInMap = 1,  /* a table of open chains or queues was full */
  DescryLostInHits = 2, /* a kretprobe had no free instance */
};

#endif
