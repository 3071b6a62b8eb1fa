// SPDX-License-Identifier: GPL-2.0-or-later
/* How the probes hand records to user space, count what they cannot, and remember calls from entry to return. */
#ifndef DESCRY_PROBES_EMIT_H
#define DESCRY_PROBES_EMIT_H

#include "collector/probes/kernel_types.h"
#include "collector/probes/records.h"
#include "collector/probes/tables.h"

/* Set before the programs are loaded; the verifier removes the branches that are off. */
const volatile bool wantFolded = true;
const volatile bool wantRaw = false;
const volatile bool stashCalls = false; /* some return probe is a kretprobe, which does not see arguments */

/* Set by the collector when everything is attached, and taken back before the first probe is detached: attaching and
   detaching take their time, and what only some of the probes saw would look like something else. */
bool recording = false;

/* Read by the collector while the programs run. */
__u64 lostInRing = 0;
__u64 lostInMap = 0;

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 << 20);
} records SEC(".maps");

/* The collector looks at the ring often enough by itself: waking it up from the probes would cost them more. */
#define EMIT(name, HEADER, ...)                                                       \
  do {                                                                                \
    struct descry_##name* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0); \
    if (!record) {                                                                    \
      __sync_fetch_and_add(&lostInRing, 1);                                           \
      break;                                                                          \
    }                                                                                 \
    record->header = HEADER;                                                          \
    __VA_ARGS__;                                                                      \
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);                                     \
  } while (0)
/* Who hit the probe where only matters for single hits. */
static __always_inline struct DescryHeader foldedHeader(u32 type, u64 at) {
  return (struct DescryHeader){.type = type, .ns = at};
}
static __always_inline struct DescryHeader rawHeader(u32 type, u64 at) {
  const u64 task = bpf_get_current_pid_tgid();
  return (struct DescryHeader){
      .type = type, .cpu = bpf_get_smp_processor_id(), .ns = at, .tid = (u32)task, .pid = task >> 32};
}
#define FOLDED(name, at, ...)                                                   \
  do {                                                                          \
    if (wantFolded) EMIT(name, foldedHeader(Descry_##name, (at)), __VA_ARGS__); \
  } while (0)
#define RAW(name, at, ...)                                                \
  do {                                                                    \
    if (wantRaw) EMIT(name, rawHeader(Descry_##name, (at)), __VA_ARGS__); \
  } while (0)

/* Arguments of a call that has not returned yet, for kretprobes and for what happens inside. */
struct Call {
  u64 key, a, b, c;
};
TABLE(calls, Call, 4096)

/* In the lower half, by which entries are placed; threads have at most 22 bits (PID_MAX_LIMIT). */
static __always_inline u64 callKey(u32 function) {
  return (u32)bpf_get_current_pid_tgid() << 6 | function;
}

static __always_inline void enterCall(u32 function, u64 a, u64 b, u64 c) {
  struct Call* call = claim_calls(callKey(function));
  if (!call) {
    __sync_fetch_and_add(&lostInMap, 1);
    return;
  }
  call->a = a;
  call->b = b;
  call->c = c;
}

static __always_inline bool leaveCall(u32 function, struct Call* call) {
  struct Call* open = find_calls(callKey(function));
  if (!open) return false;
  *call = *open;
  open->key = 0;
  return true;
}

/* What the probes cost: every hit is counted, one of 61 is timed: a prime, because hits come in patterns of even
   length. The kernel's own BPF statistics would read the clock twice for each hit, which costs more than many a probe.
   A cache line per CPU: hits, those timed, their nanoseconds, number of the next one to time; then the same for probes
   that no chain goes through, of virtual CPUs and of the scheduler. CPUs with equal numbers modulo MOST_CPUS share
   theirs. */
#define TIMED_HITS 61
#define MOST_CPUS 512
#define COST_WORDS 8
__u64 costs[MOST_CPUS * COST_WORDS] __attribute__((aligned(64)));

static __always_inline u64* ownCosts(void) {
  return &costs[(bpf_get_smp_processor_id() & (MOST_CPUS - 1)) * COST_WORDS];
}
static __always_inline u64 countHit(u64* cost) {
  if (++cost[0] < cost[3]) return 0;
  cost[3] = cost[0] + TIMED_HITS;
  return bpf_ktime_get_ns();
}
/* Longer than any of them takes: an interrupt came in between, or the hypervisor turned to something else. */
#define LONGEST_HIT 20000
static __always_inline void noteCost(u64* cost, u64 began) {
  const u64 took = bpf_ktime_get_ns() - began;
  if (took > LONGEST_HIT) return;
  cost[1]++;
  cost[2] += took;
}
#define MEASURED(call) MEASURED_FROM(0, call)
#define MEASURED_BESIDE(call) MEASURED_FROM(4, call)
#define MEASURED_FROM(first, call)  \
  if (!recording) return 0;         \
  u64* cost = ownCosts() + (first); \
  const u64 began = countHit(cost); \
  const int result = call;          \
  if (began) noteCost(cost, began); \
  return result

/* An argument of a traced function as the kernel's BTF types it: what it points to is read in place, where a pointer
   that is a mere number takes a call. */
#define TYPED(Type, ctx, n) ((Type)((u64*)(ctx))[n])

/* An argument of a traced function as a mere number. What the verifier knows to be a pointer it follows through every
   branch as such, and forbids to compute with. */
static __always_inline u64 argument(void* ctx, u32 n) {
  u64 value = 0;
  bpf_get_func_arg(ctx, n, &value);
  return value;
}

/* The same handler behind an fentry and a kprobe; the collector loads the one that the kernel takes. */
#define ON_ENTRY1(handler, function, A)                           \
  SEC("fentry/" function) int handler##_fentry(void* ctx) {       \
    MEASURED(handler((A)argument(ctx, 0)));                       \
  }                                                               \
  SEC("kprobe/" function) int BPF_KPROBE(handler##_kprobe, A a) { \
    MEASURED(handler(a));                                         \
  }
#define ON_ENTRY2(handler, function, A, B)                             \
  SEC("fentry/" function) int handler##_fentry(void* ctx) {            \
    MEASURED(handler((A)argument(ctx, 0), (B)argument(ctx, 1)));       \
  }                                                                    \
  SEC("kprobe/" function) int BPF_KPROBE(handler##_kprobe, A a, B b) { \
    MEASURED(handler(a, b));                                           \
  }
#define ON_ENTRY3(handler, function, A, B, C)                                         \
  SEC("fentry/" function) int handler##_fentry(void* ctx) {                           \
    MEASURED(handler((A)argument(ctx, 0), (B)argument(ctx, 1), (C)argument(ctx, 2))); \
  }                                                                                   \
  SEC("kprobe/" function) int BPF_KPROBE(handler##_kprobe, A a, B b, C c) {           \
    MEASURED(handler(a, b, c));                                                       \
  }

/* A return handler gets the return value and up to three of the arguments; `first` .. `third` say which. */
#define ON_RETURN(handler, function, id, first, second, third)                                 \
  SEC("fexit/" function) int handler##_fexit(void* ctx) {                                      \
    u64 ret = 0;                                                                               \
    bpf_get_func_ret(ctx, &ret);                                                               \
    MEASURED(handler(ret, argument(ctx, first), argument(ctx, second), argument(ctx, third))); \
  }                                                                                            \
  SEC("kretprobe/" function) int BPF_KRETPROBE(handler##_kretprobe, u64 ret) {                 \
    struct Call call;                                                                          \
    MEASURED(leaveCall(id, &call) ? handler(ret, call.a, call.b, call.c) : 0);                 \
  }

#endif
