/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * descry-ust: what a vhost-user backend says of the chains it serves, as events of the LTTng-UST provider `descry`, in
 * the same form as the collector's own probes in the kernel. Record it with
 *
 *   descry record --side host --with-ust 'descry:*' -o DIR        (with kernel vhost, if there is any)
 *   lttng create; lttng enable-event -u 'descry:*'; lttng start   (alone)
 *
 * and give the trace to descry import as a host's. Link with -ldescry-ust (pkg-config descry-ust).
 *
 * All functions may be called from any thread, but those of one queue from one thread at a time. None fails, and while
 * no recording runs they cost a load and a branch. Times are CLOCK_MONOTONIC in nanoseconds: descry_ust_now().
 *
 * A position counts the chains of a queue since its ring was set up, without wrapping: its low 16 bits are the ring's
 * avail index of the chain. That is what a guest's half of the same chain is found by.
 */
#ifndef DESCRY_UST_H
#define DESCRY_UST_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DESCRY_UST_API __attribute__((visibility("default")))
#else
#define DESCRY_UST_API
#endif

/* A queue of a device. `device` and `queue` are any values that tell it apart in this process, such as addresses. */
struct descry_ust_queue {
  uint64_t device, queue;
  uint32_t index; /* of the queue in its device */
};

/* A chain the backend is done with. Times that are not known are 0. */
struct descry_ust_chain {
  int64_t position;
  uint32_t head;    /* index of its first descriptor */
  uint64_t kick;    /* the doorbell that opened the burst was seen */
  uint64_t entered; /* the backend turned to this queue */
  uint64_t tried;   /* first attempt to take the chain; earlier than `fetched` when a translation was missing */
  uint64_t fetched; /* taken; must be given */
  uint64_t used;    /* about to publish its used entry */
  int32_t out, in;  /* segments the device reads and writes; -1: not known */
  int64_t length;   /* bytes written; -1: not known */
  uint32_t misses;  /* translations that were missing */
  uint32_t retries; /* attempts that failed before the one that did not */
  int opens_burst;  /* 1: the first chain after `kick` */
};

DESCRY_UST_API uint64_t descry_ust_now(void);

/* The ring of a queue was set up or announced: size, address of the descriptor table, negotiated features, and the
   position of the next chain. Call it before the first chain, and again when recording may have begun later: an event
   that was not recorded belongs to no session. */
DESCRY_UST_API void descry_ust_ring(const struct descry_ust_queue* queue, uint32_t size, uint64_t ring,
                                    uint64_t features, uint16_t next);
DESCRY_UST_API void descry_ust_used(const struct descry_ust_queue* queue, const struct descry_ust_chain* chain);
/* The guest was interrupted for all that was published before. */
DESCRY_UST_API void descry_ust_interrupted(const struct descry_ust_queue* queue);

/* An address has no translation yet: a chain at `position` waits (-1: the ring itself). Then the VMM's answer, and that
   the queue went on. */
DESCRY_UST_API void descry_ust_miss(const struct descry_ust_queue* queue, int64_t position, uint64_t iova);
DESCRY_UST_API void descry_ust_update(const struct descry_ust_queue* queue, uint64_t first, uint64_t last,
                                      uint64_t address);
DESCRY_UST_API void descry_ust_invalidate(const struct descry_ust_queue* queue, uint64_t first, uint64_t last);
DESCRY_UST_API void descry_ust_past(const struct descry_ust_queue* queue, int64_t position);

#ifdef __cplusplus
}
#endif

#endif
