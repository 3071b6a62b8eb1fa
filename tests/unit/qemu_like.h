/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Structures with the members that probes on a QEMU read, in the order of its source, at places of their own. */
#ifndef DESCRY_TESTS_QEMU_LIKE_H
#define DESCRY_TESTS_QEMU_LIKE_H

#include <stdint.h>

#ifndef PADDING
#define PADDING 0
#endif
/* What another version has besides. */
#define OTHER(name, words) uint64_t name[(words) + 2 * PADDING];

struct VirtIODevice;

struct EventNotifier {
  int readFd, writeFd;
#if PADDING
  uint8_t initialized;
#endif
};

struct VirtQueue {
  struct {
    uint32_t num, num_default, align;
    uint64_t desc, avail, used;
    void* caches;
  } vring;
  void* used_elems;
#ifdef IMPLAUSIBLE
  uint16_t queue_index;
#endif
  OTHER(more, 1)
  uint16_t last_avail_idx;
  uint8_t last_avail_wrap_counter;
  uint16_t shadow_avail_idx;
  uint8_t shadow_avail_wrap_counter;
  uint16_t used_idx;
  uint8_t used_wrap_counter;
  uint16_t signalled_used;
  uint8_t signalled_used_valid, notification;
#ifndef IMPLAUSIBLE
  uint16_t queue_index;
#endif
  unsigned inuse;
  uint16_t vector;
  void (*handle_output)(struct VirtIODevice*, struct VirtQueue*);
  struct VirtIODevice* vdev;
  struct EventNotifier guest_notifier, host_notifier;
  OTHER(links, 2)
};

struct VirtQueueElement {
  unsigned index, len, ndescs, out_num, in_num;
};

struct VirtIODevice {
  OTHER(object, 19)
  uint64_t guest_features, host_features;
  OTHER(config, 3)
  struct VirtQueue* vq;
  OTHER(state, 7)
  uint16_t device_id;
};

struct VirtioBusState {
  OTHER(object, 4)
  struct VirtIODevice** child;
};

#endif
