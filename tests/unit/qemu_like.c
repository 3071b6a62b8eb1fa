// SPDX-License-Identifier: GPL-2.0-or-later
/* Getters as QEMU has them, written anew for structures whose layout the test knows from the compiler. */
#include "tests/unit/qemu_like.h"

#include <assert.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default"), noinline))

EXPORTED struct VirtQueue* virtio_get_queue(struct VirtIODevice* vdev, int n) {
  return vdev->vq + n;
}
EXPORTED int virtio_queue_get_num(struct VirtIODevice* vdev, int n) {
  return vdev->vq[n].vring.num;
}
EXPORTED uint64_t virtio_queue_get_desc_addr(struct VirtIODevice* vdev, int n) {
  return vdev->vq[n].vring.desc;
}
EXPORTED uint16_t virtio_queue_vector(struct VirtIODevice* vdev, int n) {
  return n < 1024 ? vdev->vq[n].vector : 0xffff;
}
EXPORTED unsigned virtio_queue_get_last_avail_idx(struct VirtIODevice* vdev, int n) {
  const struct VirtQueue* vq = &vdev->vq[n];
  if (!(vdev->guest_features >> 34 & 1)) return vq->last_avail_idx;
  const unsigned avail = vq->last_avail_idx | (unsigned)vq->last_avail_wrap_counter << 15;
  const unsigned used = vq->used_idx | (unsigned)vq->used_wrap_counter << 15;
  return avail | used << 16;
}
EXPORTED uint16_t virtio_get_queue_index(struct VirtQueue* vq) {
  return vq->queue_index;
}
EXPORTED struct EventNotifier* virtio_queue_get_guest_notifier(struct VirtQueue* vq) {
  return &vq->guest_notifier;
}
#ifndef WITHOUT_HOST_NOTIFIER
EXPORTED struct EventNotifier* virtio_queue_get_host_notifier(struct VirtQueue* vq) {
  return &vq->host_notifier;
}
#endif

static __attribute__((noinline)) void unmap(struct VirtIODevice* vdev, struct VirtQueueElement* elem, unsigned len) {
  vdev->state[0] += elem->len + len;
}
EXPORTED void virtqueue_detach_element(struct VirtQueue* vq, struct VirtQueueElement* elem, unsigned len) {
  vq->inuse -= elem->ndescs;
  unmap(vq->vdev, elem, len);
}
EXPORTED uint16_t virtio_bus_get_vdev_id(struct VirtioBusState* bus) {
  assert(bus->child && *bus->child);
  return (*bus->child)->device_id;
}

static __attribute__((noinline)) void* popSplit(struct VirtQueue* vq) {
  vq->last_avail_idx++;
  vq->handle_output(vq->vdev, vq);
  return vq->used_elems;
}
static __attribute__((noinline)) void* popPacked(struct VirtQueue* vq) {
  vq->last_avail_idx += 2;
  vq->handle_output(vq->vdev, vq);
  return vq->vring.caches;
}
EXPORTED void* virtqueue_pop(struct VirtQueue* vq) {
  if (vq->vdev->guest_features >> 34 & 1) return popPacked(vq);
  return popSplit(vq);
}

int main(void) {
#ifdef WAITING
  pause();
#endif
  return 0;
}
