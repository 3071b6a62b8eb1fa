// SPDX-License-Identifier: GPL-2.0-or-later
/* What the probes on a vhost-user backend keep, what they are told, and what they say; shared with the collector. */
#ifndef DESCRY_PROBES_VHOST_USER_LAYOUT_H
#define DESCRY_PROBES_VHOST_USER_LAYOUT_H

#define MOST_BACKENDS 64
#define MOST_BURSTS 1024
#define MOST_BACKEND_QUEUES 2048
/* Chains that one record holds; a longer burst makes several. */
#define MOST_CHAINS 32

/* Where the vhost library of one process keeps what; the cookie of a probe says which of them. `devices` is an address
   in the process. */
struct BackendLayout {
  __u64 devices;
  __u32 deviceMemory, deviceFeatures, deviceQueues;
  __u32 desc, avail, used, ringSize, lastAvail, lastUsed, callFd;
};

/* A call for a burst of chains that has not returned. `pending`: what was there to be fetched when it began. */
struct Burst {
  __u64 key, vq, device, entered, signalled;
  __u32 callFd, index;
  __u16 lastAvail, lastUsed, pending, packed;
};

struct BackendQueue {
  __u64 key, vq, desc;
};

/* Records. They do not leave the collector, which makes of them those of a host that folds in the kernel. */
enum BackendRecordType { BACKEND_QUEUE = 1, BACKEND_BURST };

/* A queue came into sight, or its ring is another one. `ring`: where the guest has it, 0: not found in its memory. */
struct BackendQueueRecord {
  __u32 type, process;
  __u64 ns, device, vq, ring, features;
  __u32 index, size;
};

struct UsedElement {
  __u32 head, length;
};

/* Chains of one burst: those at `lastAvail` and after it, `count` of them. `known` of them have their elements.
   `descriptors`: how far the index of a packed ring went, `returned`: what the call says. */
struct BackendBurstRecord {
  __u32 type, process;
  __u64 ns, device, vq, entered, signalled;
  __u32 index, thread;
  __u16 lastAvail, count, pending, known, packed, more;
  __u16 returned, reserved;
  struct UsedElement used[MOST_CHAINS];
};

#endif
