/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Structures with the members that probes on a vhost-user backend read, in the order of the library's source, at places
   of their own. */
#ifndef DESCRY_TESTS_VHOST_USER_LIKE_H
#define DESCRY_TESTS_VHOST_USER_LIKE_H

#include <stdint.h>

#ifndef PADDING
#define PADDING 0
#endif
#define MOST_DEVICES 64
#define MOST_QUEUES 32

struct region {
  uint64_t guest, vmm, here, size;
  void* mapped;
  uint64_t mappedBytes;
  int fd;
};

struct memory {
  uint32_t count;
  struct region regions[1];
};

struct vring {
  void *desc, *avail, *used;
  uint64_t log;
  int callfd, kickfd;
  uint16_t size;
};

struct vhost_virtqueue {
#ifdef IMPLAUSIBLE
  uint16_t size;
#endif
  void *desc, *avail, *used;
#ifndef IMPLAUSIBLE
  uint16_t size;
#endif
  uint16_t last_avail_idx, last_used_idx, signalled_used;
  uint64_t other[3 + 2 * PADDING];
  uint64_t log;
  int callfd, kickfd;
};

struct virtio_net {
  struct memory* mem;
  uint64_t features, protocol_features;
  int vid;
  uint32_t flags[2 + 4 * PADDING];
  struct vhost_virtqueue* virtqueue[MOST_QUEUES];
};

#endif
