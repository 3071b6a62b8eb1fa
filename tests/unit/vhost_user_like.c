/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A library with the functions of DPDK's vhost library whose code is read, on structures with places of their own. */
#include "tests/unit/vhost_user_like.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct virtio_net* vhost_devices[MOST_DEVICES] __attribute__((visibility("hidden")));

static struct virtio_net* deviceAt(int number) {
  if (number < 0 || number >= MOST_DEVICES || vhost_devices[number] == NULL) return NULL;
  return vhost_devices[number];
}

int rte_vhost_get_negotiated_features(int number, uint64_t* features) {
  struct virtio_net* device = deviceAt(number);
  if (device == NULL || features == NULL) return -1;
  *features = device->features;
  return 0;
}

int rte_vhost_get_mem_table(int number, struct memory** copy) {
  struct virtio_net* device = deviceAt(number);
  if (device == NULL) return -1;
  const size_t bytes = device->mem->count * sizeof(struct region);
  struct memory* made = malloc(sizeof(struct memory) + bytes);
  if (made == NULL) return -1;
  made->count = device->mem->count;
  memcpy(made->regions, device->mem->regions, bytes);
  *copy = made;
  return 0;
}

int rte_vhost_get_vring_base(int number, uint16_t index, uint16_t* avail, uint16_t* used) {
  struct virtio_net* device = deviceAt(number);
  if (device == NULL || index >= MOST_QUEUES || avail == NULL || used == NULL) return -1;
  struct vhost_virtqueue* queue = device->virtqueue[index];
  if (queue == NULL) return -1;
  *avail = queue->last_avail_idx;
  *used = queue->last_used_idx;
  return 0;
}

#ifndef WITHOUT_VRING
int rte_vhost_get_vhost_vring(int number, uint16_t index, struct vring* copy) {
  struct virtio_net* device = deviceAt(number);
  if (device == NULL || copy == NULL || index >= MOST_QUEUES) return -1;
  struct vhost_virtqueue* queue = device->virtqueue[index];
  if (queue == NULL) return -1;
  copy->desc = queue->desc;
  copy->avail = queue->avail;
  copy->used = queue->used;
  copy->log = queue->log;
  copy->callfd = queue->callfd;
  copy->kickfd = queue->kickfd;
  copy->size = queue->size;
  return 0;
}
#endif

#ifndef WITHOUT_BURSTS
uint16_t rte_vhost_dequeue_burst(int number, uint16_t index, void* pool, void** packets, uint16_t count) {
  struct virtio_net* device = deviceAt(number);
  if (device == NULL || pool == NULL || packets == NULL) return 0;
  device->virtqueue[index]->last_avail_idx += count;
  return count;
}
#endif

int main(void) {
  pause();
  return 0;
}
