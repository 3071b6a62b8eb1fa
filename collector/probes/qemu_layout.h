// SPDX-License-Identifier: GPL-2.0-or-later
/* What the probes on a QEMU keep, and what the collector tells them; shared with the collector. */
#ifndef DESCRY_PROBES_QEMU_LAYOUT_H
#define DESCRY_PROBES_QEMU_LAYOUT_H

#define MOST_QEMU_LAYOUTS 64
#define MOST_QEMU_QUEUES 2048
#define MOST_EARLY_RINGS 4 /* of a queue that QEMU has not turned to yet */

/* Offsets in the structures of one QEMU program; the cookie of a probe says which of them. */
struct Layout {
  __u32 deviceFeatures, deviceQueues, deviceId, queueBytes;
  __u32 ringSize, ringAddress, lastAvail, queueIndex, vector, queueDevice;
  __u32 guestNotifier, hostNotifier;
};

struct QemuQueue {
  __u64 key;
  __u64 vq, vdev, ring;
  __u64 event; /* the eventfd by which KVM, or an emulated CPU, rings it */
  __u32 process, index, packed, wanted;
  __u32 rung;             /* by its eventfd, and not taken yet */
  __u32 announced, early; /* doorbells before it was: it may turn out to be vhost's */
  struct {
    __u64 ns, task;
  } firstRings[MOST_EARLY_RINGS];
  __u32 start, ownRings; /* the start of its device that QEMU last rang it for, and how often it still will */
};

#endif
