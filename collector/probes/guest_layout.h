// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries of the guest fold's maps. The collector reads what is still open in them when it has detached the probes. */
#ifndef DESCRY_PROBES_GUEST_LAYOUT_H
#define DESCRY_PROBES_GUEST_LAYOUT_H

#include <linux/types.h>

#define MOST_GUEST_QUEUES 512
#define MOST_GUEST_CHAINS 65536
#define MOST_CALLS_IN_CALL 4
#define MOST_BELLS 2 /* of a thread at once: its own, and that of an interrupt on top of it */
#define MOST_TASKS 4096

/* Bits of guest_half.flags in schemas/model/points.hpp. */
#define GUEST_IN_FLIGHT_AT_END 1
#define GUEST_END_UNSEEN 2

/* Bits of guest_half.seen: durations of 0 that were measured. */
#define SWIOTLB_OUT_SEEN 1
#define SWIOTLB_SEARCH_SEEN 2
#define SWIOTLB_IN_SEEN 4

struct GuestCounters {
  __u64 bounceBytes, copyBytes;
  __u32 gaps, adds, failedAdds, gets, emptyGets, getsWithoutAdd, unseenGets, kickPrepares, kicksNeeded, notifies,
      interrupts, bounces, copies, unmappedAdds;
};

struct GuestQueue {
  __u64 key;       /* virtqueue; 0: free */
  __s64 avail;     /* unwrapped index of the last add; -1: none yet */
  __s64 order;     /* of the next add */
  __s64 undecided; /* first add that no doorbell was decided for */
  __u64 interrupt, lastGet, epochStart;
  __s64 expectedUsed;
  struct GuestCounters counters;
  __u32 dev, index, epoch, directions;
  __u8 packed, useDma, startSeen, interruptServed, wanted, stale;
  __u8 reserved[2];
};

struct GuestChain {
  __u64 key; /* of queue and token; 0: free */
  __u64 vq;
  __s64 order, avail;
  __u64 entered, mapped, added, swiotlbOut, swiotlbCopy, bounceBytes;
  __s32 out, in;
  __u32 epoch, head, bounces, dmaMaps, dmaIdentity, seen, hits, packed;
};

/* An add or get that has not returned, and what happened inside it. */
struct RingCall {
  __u64 vq, entered, token, mapped, unmapped, bouncedAt, swiotlb, swiotlbCopy, bounceBytes, copyBytes;
  __u64 swiotlbEntered, copyEntered, lengthAddress, interrupt;
  __s32 out, in;
  __u32 isGet, avail, packedAvail, head, bounces, copies, dmaMaps, dmaIdentity, swiotlbSeen, hits, used, function;
};

/* Chains that share a doorbell. */
struct Doorbell {
  __s64 first, last;
  __u64 rung;
  __u32 epoch, reserved;
};

/* What a thread has decided on for a queue, and what it is ringing. */
struct Bell {
  __u64 vq;
  __u32 isDecided, isRinging;
  __u32 kicking; /* within virtqueue_kick: the queue's considered doorbells when it began, and one; else 0 */
  __u32 reserved;
  struct Doorbell decided, ringing;
};

struct Task {
  __u64 key; /* thread; idle threads by CPU */
  __u32 depth, reserved;
  struct RingCall calls[MOST_CALLS_IN_CALL];
  struct Bell bells[MOST_BELLS];
};

#endif
