// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables with open addressing, in BPF arrays: a lookup that the JIT writes out in place costs a fraction of one in a
 * BPF hash, which is a call, a hash over the key's bytes and a list to walk, and most probes look up two or three
 * things.
 *
 * An entry begins with its key, 0 = free. It lies within PROBED places of where its key belongs. Whoever puts a key in
 * claims a free place with compare-and-swap.
 */
#ifndef DESCRY_PROBES_TABLES_H
#define DESCRY_PROBES_TABLES_H

#include "collector/probes/kernel_types.h"

#define PROBED 8

/* Of the lower half only: the verifier forbids to multiply what it knows to be a pointer, but not a copy of half of one,
   which the compiler would not make by itself. */
static __always_inline u32 placeOf(u64 key) {
  u32 half;
  asm("%0 = %1" : "=w"(half) : "w"((u32)key));
  return half * 0x9e3779b1U >> 12;
}

/* Defines the map `name` of 2^n entries, and
     struct Entry* find_name(u64 key)   null: not there
     struct Entry* first_name(u64 key)  null: not in the place where it belongs, perhaps in one further on
     struct Entry* claim_name(u64 key)  finds it or takes a free place for it; null: there is none. A new entry is as
   the last owner of the place left it. */
#define TABLE(name, Entry, entries)                                                                \
  struct {                                                                                         \
    __uint(type, BPF_MAP_TYPE_ARRAY);                                                              \
    __uint(map_flags, BPF_F_MMAPABLE);                                                             \
    __uint(max_entries, entries);                                                                  \
    __type(key, u32);                                                                              \
    __type(value, struct Entry);                                                                   \
  } name SEC(".maps");                                                                             \
  static __noinline struct Entry* further_##name(u64 key) {                                        \
    for (u32 i = 1; i < PROBED; ++i) {                                                             \
      const u32 at = (placeOf(key) + i) & ((entries)-1);                                           \
      struct Entry* entry = bpf_map_lookup_elem(&name, &at);                                       \
      if (entry && entry->key == key) return entry;                                                \
    }                                                                                              \
    return 0;                                                                                      \
  }                                                                                                \
  static __always_inline struct Entry* first_##name(u64 key) {                                     \
    const u32 at = placeOf(key) & ((entries)-1);                                                   \
    struct Entry* entry = bpf_map_lookup_elem(&name, &at);                                         \
    return entry && entry->key == key ? entry : 0;                                                 \
  }                                                                                                \
  static __always_inline struct Entry* find_##name(u64 key) {                                      \
    struct Entry* entry = first_##name(key);                                                       \
    return entry ? entry : further_##name(key);                                                    \
  }                                                                                                \
  static __noinline struct Entry* take_##name(u64 key) {                                           \
    for (u32 i = 0; i < PROBED; ++i) {                                                             \
      const u32 at = (placeOf(key) + i) & ((entries)-1);                                           \
      struct Entry* entry = bpf_map_lookup_elem(&name, &at);                                       \
      if (entry && !entry->key && !__sync_val_compare_and_swap(&entry->key, 0, key)) return entry; \
    }                                                                                              \
    return 0;                                                                                      \
  }                                                                                                \
  static __always_inline struct Entry* claim_##name(u64 key) {                                     \
    struct Entry* entry = find_##name(key);                                                        \
    return entry ? entry : take_##name(key);                                                       \
  }

#endif
