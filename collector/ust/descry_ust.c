// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/ust/descry_ust.h"

#include <time.h>
#include <unistd.h>

#include "collector/ust/provider.h"

/* Bit of host_half.flags in schemas/model/points.hpp. */
#define OPENS_BURST 32

uint64_t descry_ust_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* Fills a record only while somebody records its event. */
#define WRITE(name, at, ...)                                                                          \
  do {                                                                                                \
    if (!lttng_ust_tracepoint_enabled(descry, name)) break;                                           \
    const struct descry_##name record = {.header = {.type = Descry_##name, .ns = (at)}, __VA_ARGS__}; \
    lttng_ust_do_tracepoint(descry, name, &record);                                                   \
  } while (0)

void descry_ust_ring(const struct descry_ust_queue* queue, uint32_t size, uint64_t ring, uint64_t features,
                     uint16_t next) {
  WRITE(host_queue, descry_ust_now(), .hdev = queue->device, .vq = queue->queue, .ring = ring, .features = features,
        .queue = queue->index, .num = size, .last_avail = next, .owner = (uint32_t)getpid(), .fetching = 1);
}

void descry_ust_used(const struct descry_ust_queue* queue, const struct descry_ust_chain* chain) {
  WRITE(host_half, chain->used, .vq = queue->queue, .position = chain->position, .kick = chain->kick,
        .entered = chain->entered, .tried = chain->tried, .fetched = chain->fetched, .used = chain->used,
        .head = chain->head, .out = chain->out, .in = chain->in, .len = chain->length, .misses = chain->misses,
        .retries = chain->retries, .flags = chain->opens_burst ? OPENS_BURST : 0, .hits = 1);
}

void descry_ust_interrupted(const struct descry_ust_queue* queue) {
  WRITE(host_interrupt, descry_ust_now(), .vq = queue->queue);
}

void descry_ust_miss(const struct descry_ust_queue* queue, int64_t position, uint64_t iova) {
  WRITE(iotlb_miss, descry_ust_now(), .vq = queue->queue, .iova = iova, .position = position);
}

void descry_ust_update(const struct descry_ust_queue* queue, uint64_t first, uint64_t last, uint64_t address) {
  WRITE(iotlb_update, descry_ust_now(), .hdev = queue->device, .start = first, .last = last, .addr = address);
}

void descry_ust_invalidate(const struct descry_ust_queue* queue, uint64_t first, uint64_t last) {
  WRITE(iotlb_invalidate, descry_ust_now(), .hdev = queue->device, .start = first, .last = last);
}

void descry_ust_past(const struct descry_ust_queue* queue, int64_t position) {
  WRITE(iotlb_past, descry_ust_now(), .vq = queue->queue, .position = position);
}
