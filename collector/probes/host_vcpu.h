// SPDX-License-Identifier: GPL-2.0-or-later
/* Host side: virtual CPUs, what each does, and its time stamp counter. */
#ifndef DESCRY_PROBES_HOST_VCPU_H
#define DESCRY_PROBES_HOST_VCPU_H

#include "collector/probes/host_state.h"

#define MOST_VCPUS 1024

TABLE(vcpus, Vcpu, MOST_VCPUS)

struct VcpuThread {
  u64 key; /* see vcpuKey */
  u64 tid;
};
TABLE(vcpuThreads, VcpuThread, MOST_VCPUS)

static __always_inline u32 stateOf(const struct Vcpu* vcpu) {
  if (!vcpu->onCpu) {
    if (vcpu->runnable) return VCPU_NO_CPU;
    return vcpu->halted ? VCPU_HALTED : vcpu->inVmm ? VCPU_VMM : VCPU_KERNEL;
  }
  return vcpu->inGuest ? VCPU_GUEST : vcpu->halted ? VCPU_POLLING : vcpu->inVmm ? VCPU_VMM : VCPU_KERNEL;
}

static __always_inline void advance(struct Vcpu* vcpu, u64 now) {
  if (now <= vcpu->since) return;
  const u32 state = stateOf(vcpu);
  if (state < VCPU_STATES) vcpu->times[state] += now - vcpu->since;
  vcpu->since = now;
}

static __always_inline struct Vcpu* ownVcpu(void) {
  return find_vcpus((u32)bpf_get_current_pid_tgid());
}

/* A struct kvm is larger than the largest number of a virtual CPU. */
static __always_inline u64 vcpuKey(u64 kvm, u32 number) {
  return kvm + number;
}

/* The guest's time stamp counter is the host's with an offset, until the guest or the VMM sets it. */
static __always_inline void noteTsc(struct Vcpu* vcpu, u64 now) {
  const struct kvm_vcpu* kvm = (void*)vcpu->kvm;
  if (!bpf_core_field_exists(kvm->arch.l1_tsc_offset) || !bpf_core_field_exists(kvm->arch.l1_tsc_scaling_ratio)) return;
  const u64 offset = BPF_CORE_READ(kvm, arch.l1_tsc_offset), ratio = BPF_CORE_READ(kvm, arch.l1_tsc_scaling_ratio);
  if (vcpu->tscSince && offset == vcpu->tscOffset && ratio == vcpu->tscRatio) return;
  vcpu->tscOffset = offset;
  vcpu->tscRatio = ratio;
  vcpu->tscSince = now;
}

static __always_inline struct Vcpu* newVcpu(struct kvm_vcpu* kvm, u64 now) {
  const u64 task = bpf_get_current_pid_tgid();
  const u32 tid = task, owner = task >> 32;
  if (onlyOwner && owner != onlyOwner) return 0;
  struct Vcpu* vcpu = claim_vcpus(tid);
  const u32 number = BPF_CORE_READ(kvm, vcpu_id);
  struct VcpuThread* thread = claim_vcpuThreads(vcpuKey((u64)BPF_CORE_READ(kvm, kvm), number));
  if (!vcpu || !thread) {
    __sync_fetch_and_add(&lostInMap, 1);
    return 0;
  }
  thread->tid = tid;
  vcpu->since = vcpu->begin = now;
  vcpu->onCpu = 1;
  vcpu->owner = owner;
  vcpu->number = number;
  vcpu->kvm = (u64)kvm;
  noteTsc(vcpu, now);
  return vcpu;
}

#endif
