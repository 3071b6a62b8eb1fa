// SPDX-License-Identifier: GPL-2.0-or-later
/* The few members of kernel structures that the probes read. CO-RE finds their real offsets when a program is loaded.
 */
#ifndef DESCRY_PROBES_KERNEL_TYPES_H
#define DESCRY_PROBES_KERNEL_TYPES_H

/* The order matters. */
/* clang-format off */
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
/* clang-format on */

typedef __u64 u64;
typedef __s64 s64;
typedef __u32 u32;
typedef __s32 s32;
typedef __u16 u16;
typedef __s16 s16;
typedef __u8 u8;
typedef u8 bool;
enum { false, true };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct file {
  void* private_data;
};

struct fdtable {
  unsigned int max_fds;
  struct file** fd;
};

struct files_struct {
  struct fdtable* fdt;
};

struct task_struct {
  int pid;
  int tgid;
  struct files_struct* files;
};

struct mm_struct {
  struct task_struct* owner;
};

struct page {
  unsigned long flags;
};

struct timespec64 {
  s64 tv_sec;
};

struct eventfd_ctx;
struct kvm;

struct kvm_lapic {
  void* regs;
};

struct kvm_vcpu_arch {
  struct kvm_lapic* apic;
  u64 l1_tsc_offset;
  u64 l1_tsc_scaling_ratio;
};

struct kvm_vcpu {
  struct kvm* kvm;
  int vcpu_id;
  struct kvm_vcpu_arch arch;
};

/* What the tracepoint has as arguments: the last of them since 6.1. */
struct trace_event_raw_kvm_inj_virq {
  bool reinjected;
};

struct vring_used_elem;
struct vring_desc;
struct vring_avail;
struct vring_used;
struct vhost_iotlb;
struct vhost_virtqueue;
struct vhost_msg_node;

struct vhost_dev {
  struct mm_struct* mm;
  struct vhost_virtqueue** vqs;
  int nvqs;
  struct vhost_iotlb* iotlb;
};

struct vhost_vring_call {
  struct eventfd_ctx* ctx;
};

struct wait_queue_entry {
  unsigned int flags;
};

struct kvm_kernel_irqfd {
  struct kvm* kvm;
  struct wait_queue_entry wait;
  struct eventfd_ctx* eventfd;
};

struct vhost_work {
  unsigned long flags;
};

struct vhost_poll {
  struct wait_queue_entry wait;
  struct vhost_work work;
  struct vhost_dev* dev;
};

struct vring_used_elem {
  u32 id;
  u32 len;
};

struct vhost_virtqueue {
  struct vhost_dev* dev;
  unsigned int num;
  struct vring_desc* desc;
  struct vring_avail* avail;
  struct vring_used* used;
  struct vhost_vring_call call_ctx;
  struct vhost_poll poll;
  u16 last_avail_idx;
  u16 last_used_idx;
  struct vhost_iotlb* iotlb;
  u64 acked_features;
};

/* 7.x: the miss that the VMM has been told of, until it is answered; another one then is not sent. */
struct vhost_virtqueue___miss {
  struct vhost_msg_node* iotlb_miss;
};

/* 7.x */
struct vhost_virtqueue___array {
  u64 acked_features_array[2];
};

struct list_head {
  struct list_head* next;
};

struct vhost_dev___lists {
  struct list_head read_list;
};

struct vhost_msg_node {
  struct vhost_virtqueue* vq;
};

struct virtio_device {
  int index;
  u64 features;
};

struct virtqueue {
  struct virtio_device* vdev;
  unsigned int index;
};

struct vring {
  unsigned int num;
};

struct vring_virtqueue_split {
  struct vring vring;
  u16 avail_idx_shadow;
  u64 queue_dma_addr;
};

struct vring_virtqueue_packed {
  u16 next_avail_idx;
  u64 ring_dma_addr;
};

struct vring_virtqueue {
  struct virtqueue vq;
  bool packed_ring;
  bool use_dma_api;
  unsigned int free_head;
  unsigned int num_added;
  u16 last_used_idx;
  struct vring_virtqueue_split split;
  struct vring_virtqueue_packed packed;
};

/* 6.18 */
struct vring_virtqueue___map {
  bool use_map_api;
};

/* 7.2: SPLIT, PACKED, SPLIT_IN_ORDER, PACKED_IN_ORDER */
struct vring_virtqueue___layout {
  int layout;
};

#pragma clang attribute pop

/* A kernel function of 6.2 and later. */
extern void* bpf_rdonly_cast(void* address, u32 type) __attribute__((section(".ksyms"), weak));

#endif
