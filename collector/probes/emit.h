// SPDX-License-Identifier: GPL-2.0-or-later
/* How the probes hand records to user space, count what they cannot, and remember calls from entry to return. */
#ifndef DESCRY_PROBES_EMIT_H
#define DESCRY_PROBES_EMIT_H

#include "collector/probes/kernel_types.h"
#include "collector/probes/records.h"

/* Set before the programs are loaded; the verifier removes the branches that are off. */
const volatile bool wantFolded = true;
const volatile bool wantRaw = false;
const volatile bool stashCalls = false; /* some return probe is a kretprobe, which does not see arguments */

/* Read by the collector while the programs run. */
__u64 lostInRing = 0;
__u64 lostInMap = 0;

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 << 20);
} records SEC(".maps");

/* The collector looks at the ring often enough by itself: waking it up from the probes would cost them more. */
#define EMIT(name, at, ...)                                                                                         \
  do {                                                                                                              \
    struct descry_##name* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);                               \
    if (!record) {                                                                                                  \
      __sync_fetch_and_add(&lostInRing, 1);                                                                         \
      break;                                                                                                        \
    }                                                                                                               \
    const u64 task = bpf_get_current_pid_tgid();                                                                    \
    record->header = (struct DescryHeader){                                                                         \
        .type = Descry_##name, .cpu = bpf_get_smp_processor_id(), .ns = (at), .tid = (u32)task, .pid = task >> 32}; \
    __VA_ARGS__;                                                                                                    \
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);                                                                   \
  } while (0)
#define FOLDED(name, at, ...)                    \
  do {                                           \
    if (wantFolded) EMIT(name, at, __VA_ARGS__); \
  } while (0)
#define RAW(name, at, ...)                    \
  do {                                        \
    if (wantRaw) EMIT(name, at, __VA_ARGS__); \
  } while (0)

/* Arguments of a call that has not returned yet, for kretprobes and for what happens inside. */
struct Call {
  u64 a, b, c;
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, u64);
  __type(value, struct Call);
} calls SEC(".maps");

static __always_inline u64 callKey(u32 function) {
  return bpf_get_current_pid_tgid() << 32 | function;
}

static __always_inline void enterCall(u32 function, u64 a, u64 b, u64 c) {
  const u64 key = callKey(function);
  const struct Call call = {a, b, c};
  if (bpf_map_update_elem(&calls, &key, &call, BPF_ANY)) __sync_fetch_and_add(&lostInMap, 1);
}

static __always_inline bool leaveCall(u32 function, struct Call* call) {
  const u64 key = callKey(function);
  const struct Call* open = bpf_map_lookup_elem(&calls, &key);
  if (!open) return false;
  *call = *open;
  bpf_map_delete_elem(&calls, &key);
  return true;
}

/* What the probes cost: every hit is counted, one of 64 is timed. The kernel's own BPF statistics would read the clock
   twice for each hit, which costs more than many a probe. */
#define TIMED_HITS 64
struct Cost {
  u64 hits, timed, ns;
};
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct Cost);
} costs SEC(".maps");

/* True when this hit is to be timed. */
static __always_inline bool countHit(void) {
  const u32 zero = 0;
  struct Cost* cost = bpf_map_lookup_elem(&costs, &zero);
  return cost && !(++cost->hits & (TIMED_HITS - 1));
}
static __always_inline void noteCost(u64 ns) {
  const u32 zero = 0;
  struct Cost* cost = bpf_map_lookup_elem(&costs, &zero);
  if (!cost) return;
  cost->timed++;
  cost->ns += ns;
}
#define MEASURED(call)                                   \
  const u64 began = countHit() ? bpf_ktime_get_ns() : 0; \
  const int result = call;                               \
  if (began) noteCost(bpf_ktime_get_ns() - began);       \
  return result

/* The same handler behind an fentry and a kprobe; the collector loads the one that the kernel takes. */
#define ON_ENTRY1(handler, function, A)                           \
  SEC("fentry/" function) int BPF_PROG(handler##_fentry, A a) {   \
    return handler(a);                                            \
  }                                                               \
  SEC("kprobe/" function) int BPF_KPROBE(handler##_kprobe, A a) { \
    return handler(a);                                            \
  }
#define ON_ENTRY2(handler, function, A, B)                             \
  SEC("fentry/" function) int BPF_PROG(handler##_fentry, A a, B b) {   \
    return handler(a, b);                                              \
  }                                                                    \
  SEC("kprobe/" function) int BPF_KPROBE(handler##_kprobe, A a, B b) { \
    return handler(a, b);                                              \
  }
#define ON_ENTRY3(handler, function, A, B, C)                               \
  SEC("fentry/" function) int BPF_PROG(handler##_fentry, A a, B b, C c) {   \
    return handler(a, b, c);                                                \
  }                                                                         \
  SEC("kprobe/" function) int BPF_KPROBE(handler##_kprobe, A a, B b, C c) { \
    return handler(a, b, c);                                                \
  }

/* A return handler gets the return value and up to three of the arguments; `first` .. `third` say which. */
#define ON_RETURN(handler, function, id, first, second, third)                 \
  SEC("fexit/" function) int handler##_fexit(u64* ctx) {                       \
    u64 ret = 0;                                                               \
    bpf_get_func_ret(ctx, &ret);                                               \
    MEASURED(handler(ret, ctx[first], ctx[second], ctx[third]));               \
  }                                                                            \
  SEC("kretprobe/" function) int BPF_KRETPROBE(handler##_kretprobe, u64 ret) { \
    struct Call call;                                                          \
    MEASURED(leaveCall(id, &call) ? handler(ret, call.a, call.b, call.c) : 0); \
  }

#endif
