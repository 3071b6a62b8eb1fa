// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Host side: KVM. What lies between a doorbell in the guest and the device, and between a device's signal and the
 * interrupt in the guest: one record for each, and the sums of each virtual CPU.
 *
 *   doorbell:  kvm_exit, ioeventfd_write, vhost_poll_wakeup (host_doorbell.h), kvm_entry    all in the virtual CPU's
 * thread interrupt: eventfd_signal_mask (host_used.h), irqfd_wakeup, kvm_apic_accept_irq    in the signaller's thread
 *              kvm_inj_virq, kvm_entry                                                 in the virtual CPU's
 *
 * A virtual CPU's entry is written by its own thread and by the scheduler for it. The signaller reads it from another
 * CPU; should it read half of a change, that the states have to add up to the time shows it.
 */
#ifndef DESCRY_PROBES_HOST_KVM_H
#define DESCRY_PROBES_HOST_KVM_H

#include "collector/probes/host_vcpu.h"

enum KvmFunction { IOEVENTFD = 16 };

/* ns; a signal of another device that KVM has not accepted by then goes another way. */
#define SIGNAL_LASTS 100000000
#define IRR 0x200 /* in the local APIC's page: vectors that are accepted and not injected, 32 in each 16 bytes */

/* An interrupt that was accepted and is not injected yet: by thread of the virtual CPU and vector. `merged` more came
   meanwhile, the last of them `again`. The probes come a little before the acceptance and a little after the injection,
   so the last may be one that the virtual CPU has still to take: then it is what is pending next, `unsure` until that
   shows. */
struct Pending {
  struct Waiting first, again;
  u32 merged, unsure;
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, u64);
  __type(value, struct Pending);
} pendings SEC(".maps");

/* They are hit for everything that a virtual CPU does, not only for a queue. */
#define ON_ENTRY_BESIDE(handler, function)                                       \
  SEC("fentry/" function) int handler##_fentry(void* ctx) {                      \
    MEASURED_BESIDE(handler((struct kvm_vcpu*)argument(ctx, 0)));                \
  }                                                                              \
  SEC("kprobe/" function) int BPF_KPROBE(handler##_kprobe, struct kvm_vcpu* a) { \
    MEASURED_BESIDE(handler(a));                                                 \
  }

static __always_inline void emitDoorbell(struct Vcpu* vcpu, u64 now) {
  vcpu->doorbells++;
  noteTsc(vcpu, now);
  if (vcpu->exited) vcpu->doorbellAway += now - vcpu->exited;
  if (!vcpu->bellVq || !vcpu->kick) return;
  FOLDED(kvm_doorbell, now, {
    record->vq = vcpu->bellVq;
    record->exited = vcpu->exited;
    record->taken = vcpu->taken;
    record->kick = vcpu->kick;
    record->no_cpu = vcpu->noCpu;
    record->vcpu = vcpu->key;
    record->reserved = 0;
  });
}

static __always_inline void emitInterrupt(const struct Vcpu* vcpu, u64 now) {
  const struct Waiting* flight = &vcpu->inFlight;
  if (!flight->vq && !flight->signaller) return;
  FOLDED(kvm_interrupt, now, {
    record->vq = flight->vq;
    record->signal = flight->signal;
    record->accepted = flight->accepted;
    record->injected = vcpu->injected;
    record->guest = flight->times[VCPU_GUEST];
    record->kernel = flight->times[VCPU_KERNEL];
    record->vmm = flight->times[VCPU_VMM];
    record->no_cpu = flight->times[VCPU_NO_CPU];
    record->halted = flight->times[VCPU_HALTED];
    record->polling = flight->times[VCPU_POLLING];
    record->vcpu = vcpu->key;
    record->vector = vcpu->flightVector;
    record->merged = vcpu->flightMerged;
    record->signaller = flight->signaller;
  });
}

static __always_inline int enterGuest(struct kvm_vcpu* kvm) {
  const u64 now = bpf_ktime_get_ns();
  struct Vcpu* vcpu = ownVcpu();
  if (!vcpu) vcpu = newVcpu(kvm, now);
  if (!vcpu) return 0;
  advance(vcpu, now);
  vcpu->inGuest = 1;
  vcpu->inVmm = 0;
  if (vcpu->taken) emitDoorbell(vcpu, now);
  vcpu->taken = vcpu->kick = vcpu->bellVq = 0;
  if (vcpu->injected) emitInterrupt(vcpu, now);
  vcpu->injected = 0;
  return 0;
}
SEC("raw_tp/kvm_entry") int onEntry_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED_BESIDE(enterGuest((void*)ctx->args[0]));
}

static __always_inline int leaveGuest(void) {
  const u64 now = bpf_ktime_get_ns();
  struct Vcpu* vcpu = ownVcpu();
  if (!vcpu) return 0;
  advance(vcpu, now);
  vcpu->inGuest = 0;
  vcpu->exited = now;
  vcpu->noCpuAtExit = vcpu->times[VCPU_NO_CPU];
  vcpu->exits++;
  return 0;
}
SEC("raw_tp/kvm_exit") int onExit_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED_BESIDE(leaveGuest());
}

static __always_inline int enterVmm(void) {
  struct Vcpu* vcpu = ownVcpu();
  if (!vcpu) return 0;
  advance(vcpu, bpf_ktime_get_ns());
  vcpu->inVmm = 1;
  vcpu->vmmExits++;
  return 0;
}
SEC("raw_tp/kvm_userspace_exit") int onVmmExit_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED_BESIDE(enterVmm());
}

static __always_inline int onHalt(struct kvm_vcpu* kvm) {
  struct Vcpu* vcpu = ownVcpu();
  if (!vcpu) return 0;
  advance(vcpu, bpf_ktime_get_ns());
  vcpu->halted = 1;
  return 0;
}
ON_ENTRY_BESIDE(onHalt, "kvm_vcpu_halt")

static __always_inline int wakeVcpu(bool waited) {
  struct Vcpu* vcpu = ownVcpu();
  if (!vcpu || !vcpu->halted) return 0;
  advance(vcpu, bpf_ktime_get_ns());
  vcpu->halted = vcpu->wokenEarly = 0;
  vcpu->halts++;
  noteTsc(vcpu, vcpu->since);
  if (!waited) vcpu->polled++;
  return 0;
}
SEC("raw_tp/kvm_vcpu_wakeup") int onVcpuWakeup_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED_BESIDE(wakeVcpu(ctx->args[1] & 1));
}

/* A doorbell is taken by the ioeventfd that says so: of several at one port, the others refuse it. */
static __always_inline int onIoeventfd(void* vcpuOfKvm) {
  struct Vcpu* vcpu = ownVcpu();
  if (vcpu) vcpu->tried = bpf_ktime_get_ns();
  if (vcpu && stashCalls) enterCall(IOEVENTFD, 0, 0, 0);
  return 0;
}
ON_ENTRY1(onIoeventfd, "ioeventfd_write", void*)

static __always_inline int onIoeventfdReturn(u64 ret, u64 a, u64 b, u64 c) {
  struct Vcpu* vcpu = ownVcpu();
  if (vcpu && (int)ret == 0) vcpu->taken = vcpu->tried;
  if (vcpu) vcpu->tried = 0;
  return 0;
}
ON_RETURN(onIoeventfdReturn, "ioeventfd_write", IOEVENTFD, 0, 0, 0)

/* An eventfd that is not an interrupt of vhost's: a virtual CPU rings the doorbell of a queue that the VMM serves. If
   it is vhost's, that says so when it is called (host_doorbell.h). */
static __always_inline void ringVmm(u64 context) {
  struct Vcpu* vcpu = ownVcpu();
  if (!vcpu || !vcpu->tried) return;
  vcpu->bellVq = context;
  vcpu->kick = bpf_ktime_get_ns();
  vcpu->noCpu = vcpu->times[VCPU_NO_CPU] - vcpu->noCpuAtExit;
}

/* KVM has a signal. The eventfd tells whether it is the queue's that this thread signals; else it is of a device that
   is not vhost's, whose queue is not known. */
static __always_inline int onIrqfd(void* wait) {
  struct Signal* signal = claimSignal();
  if (!signal) return 0;
  struct kvm_kernel_irqfd* irqfd = wait - bpf_core_field_offset(struct kvm_kernel_irqfd, wait);
  const u64 context = (u64)BPF_CORE_READ(irqfd, eventfd);
  if (signal->context != context) {
    signal->ns = bpf_ktime_get_ns();
    signal->vq = context;
    signal->ofVmm = 1;
  }
  signal->context = 0;
  signal->kvm = (u64)BPF_CORE_READ(irqfd, kvm);
  return 0;
}
ON_ENTRY1(onIrqfd, "irqfd_wakeup", void*)

/* The VMM sends a message itself, with a call of KVM: QEMU's network card does without irqfd. */
static __always_inline int onVmmMessage(struct kvm* kvm) {
  struct Signal* signal = claimSignal();
  if (!signal) return 0;
  signal->ns = bpf_ktime_get_ns();
  signal->vq = signal->context = 0;
  signal->ofVmm = 1;
  signal->kvm = (u64)kvm;
  return 0;
}
ON_ENTRY1(onVmmMessage, "kvm_send_userspace_msi", struct kvm*)

/* What a virtual CPU has done up to `now`, read from another CPU: again if it changed meanwhile. Returns the moment up
   to which the times go, which is later than `now` if it changed after that. */
static __always_inline u64 readTimes(const struct Vcpu* vcpu, u64 now, u64* times) {
  const volatile u64* changed = &vcpu->since;
  u64 since = 0;
  for (u32 tried = 0; tried < 3; ++tried) {
    since = *changed;
    const u32 state = stateOf(vcpu);
    for (u32 i = 0; i < VCPU_STATES; ++i) times[i] = vcpu->times[i] + (i == state && now > since ? now - since : 0);
    if (*changed == since) break;
  }
  return now > since ? now : since;
}

/* Whether a vector is accepted and not injected, by the virtual CPU's own interrupt controller. */
static __always_inline bool isRequested(const struct Vcpu* vcpu, u32 vector) {
  struct kvm_vcpu* kvm = (void*)vcpu->kvm;
  u32 word = 0;
  bpf_probe_read_kernel(&word, sizeof(word), BPF_CORE_READ(kvm, arch.apic, regs) + IRR + (vector >> 5) * 16);
  return word >> (vector & 31) & 1;
}

static __always_inline u64 pendingKey(const struct Vcpu* vcpu, u32 vector) {
  return vcpu->key << 8 | vector;
}

static __always_inline void await(struct Vcpu* vcpu, u32 vector, const struct Signal* signal, u64 now) {
  struct Waiting waiting = {.signal = signal->ns};
  if (kvmOfVmm || !signal->ofVmm) waiting.vq = signal->vq;
  if (kvmOfVmm && signal->ofVmm) waiting.signaller = signal->key;
  waiting.accepted = readTimes(vcpu, now, waiting.times);
  __sync_fetch_and_add(&vcpu->interrupts, 1);
  const u64 key = pendingKey(vcpu, vector);
  struct Pending* earlier = bpf_map_lookup_elem(&pendings, &key);
  if (earlier && earlier->unsure) {
    earlier->unsure = 0;
    if (!isRequested(vcpu, vector)) { /* it was merged with the one before it */
      earlier->first = waiting;
      return;
    }
  }
  if (earlier) {
    earlier->again = waiting;
    earlier->merged++;
    __sync_fetch_and_add(&vcpu->merged, 1);
    return;
  }
  const struct Pending pending = {.first = waiting};
  if (bpf_map_update_elem(&pendings, &key, &pending, BPF_ANY)) __sync_fetch_and_add(&lostInMap, 1);
}

/* Before the vector is there for the virtual CPU to see. */
static __always_inline int accepted(u32 number, u32 vector) {
  struct Signal* signal = find_signals((u32)bpf_get_current_pid_tgid());
  if (!signal || !signal->kvm) return 0;
  const u64 now = bpf_ktime_get_ns(), kvm = signal->kvm;
  signal->kvm = 0;
  if (signal->ofVmm && now - signal->ns > SIGNAL_LASTS) return 0;
  const struct VcpuThread* thread = find_vcpuThreads(vcpuKey(kvm, number));
  struct Vcpu* vcpu = thread ? find_vcpus(thread->tid) : 0;
  if (vcpu) await(vcpu, vector & 255, signal, now);
  return 0;
}
SEC("raw_tp/kvm_apic_accept_irq") int onAccepted_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED_BESIDE(accepted(ctx->args[0], ctx->args[3]));
}

/* Puts an interrupt into flight. */
static __always_inline void launch(struct Vcpu* vcpu, const struct Pending* pending, u32 vector, u64 now) {
  advance(vcpu, now);
  struct Waiting* flight = &vcpu->inFlight;
  *flight = pending->first;
  u64 sum = 0;
  for (u32 i = 0; i < VCPU_STATES; ++i) {
    flight->times[i] = vcpu->times[i] - flight->times[i];
    sum += flight->times[i];
  }
  if (sum != now - flight->accepted)
    for (u32 i = 0; i < VCPU_STATES; ++i) flight->times[i] = 0;
  vcpu->injected = now;
  vcpu->flightVector = vector;
  vcpu->flightMerged = pending->merged;
  vcpu->injections++;
}

static __always_inline int inject(u32 vector) {
  struct Vcpu* vcpu = ownVcpu();
  if (!vcpu) return 0;
  const u64 key = pendingKey(vcpu, vector);
  struct Pending* pending = bpf_map_lookup_elem(&pendings, &key);
  if (!pending) return 0;
  if (pending->unsure) __sync_fetch_and_add(&vcpu->merged, -1); /* it was not merged */
  launch(vcpu, pending, vector, bpf_ktime_get_ns());
  if (!pending->merged) {
    bpf_map_delete_elem(&pendings, &key);
    return 0;
  }
  pending->first = pending->again;
  pending->merged = 0;
  pending->unsure = 1;
  if (isRequested(vcpu, vector)) {
    pending->unsure = 0;
    vcpu->flightMerged--;
    __sync_fetch_and_add(&vcpu->merged, -1);
  }
  return 0;
}
SEC("raw_tp/kvm_inj_virq") int onInject_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  const struct trace_event_raw_kvm_inj_virq* event = 0;
  /* Once more, because its delivery ended in another exit. */
  if (bpf_core_field_exists(event->reinjected) && (u8)ctx->args[2]) return 0;
  MEASURED_BESIDE(inject(ctx->args[0] & 255));
}

/* The scheduler: of virtual CPUs and of vhost's workers. */
static __always_inline void offCpu(u32 tid, bool runnable, u64 now) {
  struct Vcpu* vcpu = find_vcpus(tid);
  if (vcpu) {
    advance(vcpu, now);
    vcpu->onCpu = 0;
    vcpu->runnable = runnable || vcpu->wokenEarly;
    vcpu->wokenEarly = 0;
    return;
  }
  struct Worker* worker = find_workers(tid);
  if (!worker) return;
  if (worker->on)
    FOLDED(kvm_worker, now, {
      record->hdev = worker->hdev;
      record->woken = worker->woken;
      record->on = worker->on;
      record->tid = tid;
      record->reserved = 0;
    });
  worker->on = 0;
  worker->woken = runnable ? now : 0;
}

static __always_inline void onCpu(u32 tid, u64 now) {
  struct Vcpu* vcpu = find_vcpus(tid);
  if (vcpu) {
    advance(vcpu, now);
    vcpu->onCpu = 1;
    vcpu->runnable = vcpu->wokenEarly = 0;
    return;
  }
  struct Worker* worker = find_workers(tid);
  if (worker) worker->on = now;
}

static __always_inline int switched(bool preempted, struct task_struct* from, struct task_struct* to, u32 state) {
  const u64 now = bpf_ktime_get_ns();
  offCpu(BPF_CORE_READ(from, pid), preempted || state == 0, now);
  onCpu(BPF_CORE_READ(to, pid), now);
  return 0;
}
SEC("raw_tp/sched_switch") int onSwitch_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED_BESIDE(switched(ctx->args[0] & 1, (void*)ctx->args[1], (void*)ctx->args[2], ctx->args[3]));
}

static __always_inline int woken(struct task_struct* task) {
  const u32 tid = BPF_CORE_READ(task, pid);
  struct Vcpu* vcpu = find_vcpus(tid);
  if (vcpu) {
    /* Only who is about to sleep is woken. The switch that still comes then is of one that can run. */
    vcpu->wokenEarly = vcpu->onCpu;
    if (vcpu->onCpu) return 0;
    advance(vcpu, bpf_ktime_get_ns());
    vcpu->runnable = 1;
    return 0;
  }
  struct Worker* worker = find_workers(tid);
  if (worker && !worker->on && !worker->woken) worker->woken = bpf_ktime_get_ns();
  return 0;
}
SEC("raw_tp/sched_waking") int onWaking_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED_BESIDE(woken((void*)ctx->args[0]));
}

#endif
