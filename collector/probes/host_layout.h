// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries of the host fold's maps. The collector reads what is still open in them when it has detached the probes. */
#ifndef DESCRY_PROBES_HOST_LAYOUT_H
#define DESCRY_PROBES_HOST_LAYOUT_H

#include <linux/types.h>

#define MOST_QUEUES 128
#define MOST_WORKERS 1024
#define OPEN_PER_QUEUE 1024   /* a vhost-net ring has at most this many chains open */
#define RECENT_HEADS 1024     /* of a queue, by position: as many as can be open */
#define MOST_DISCARDED 256    /* chains that a discard can reach */
#define MOST_ARRIVALS 1024    /* a power of two: tap devices queue 1000 packets unless told otherwise */
#define MOST_DEVICE_QUEUES 64 /* of a device; vhost-scsi has one per virtual CPU, and two more */
#define RECEIVE_QUEUE 0       /* of a vhost-net device */
#define USED_TOGETHER 64      /* chains that are looked at together; vhost-net batches as many */

#define TRY_AGAIN (-11)

/* Bits of host_half.flags in schemas/model/points.hpp. */
#define IN_FLIGHT_AT_END 1
#define END_UNSEEN 2
#define OPENS_BURST 32

/* What is known of a chain before it is fetched: the first attempt counts. */
struct Attempt {
  __s64 position; /* -1: none */
  __u64 entered, tried, kick;
  __u32 retries, misses, hits;
  __u32 opensBurst;
};

struct Counters {
  __u32 gaps, fetches, used, kicks, interrupts, eagain, empty, errors, failedPrefetches, discarded, misses,
      metadataMisses, headMismatches, stray, wentBack;
};

/* As the ring has it: little-endian on a modern device. */
struct UsedElement {
  __u32 id, length;
};

struct Queue {
  __u64 key;  /* vhost_virtqueue; 0: free */
  __s64 next; /* the one the next successful fetch should have; -1: not known */
  __u32 size, slot;
  __u8 fast;       /* the next chain continues the burst, and nothing is known of it but what is known of the burst: */
  __u8 kickServed; /* 0: another doorbell has come */
  __u8 wanted, inFetch;
  __u32 epoch;
  __u64 burstSince, burstKickEntered; /* as in ShortChain */
  __u64 fastHits;
  __u64 hdev, call;
  __u64 kick;    /* doorbell that opened the current burst */
  __u64 entered; /* first handler entry of the current burst */
  __u64 fetchEntered;
  __s64 fetchPosition;
  __u64 epochStart;
  __s64 firstPosition, lastPosition;
  struct Attempt attempt;
  struct Counters counters;
  __u32 index;
  __u8 started, baseSeen, inPrefetch;
  __u8 metadataPending;
  __u8 handsBack;            /* chains were handed back at least once: only then any can be fetched again */
  __u8 inOrder;              /* VIRTIO_F_IN_ORDER: several chains are given back by the last one's head */
  __u16 heads[RECENT_HEADS]; /* by position */
  struct UsedElement elements[USED_TOGETHER]; /* being used */
};

/* A fetched chain. One slot per (queue, head): a head is not used again while its chain is open. */
enum ChainState { CHAIN_FREE, CHAIN_OPEN, CHAIN_OPEN_SHORT, CHAIN_HANDED_BACK };
struct WholeChain {
  __u64 kick, arrived, entered, tried, fetched;
  __s32 out, in;
  __u32 misses, retries, flags, hits, head;
};
/* As descry_used_chain has it; `since`: no time is earlier, and none 2^32 ns later. */
struct ShortChain {
  __u64 since, tried_fetched, kick_entered, arrived, counts;
};
struct Chain {
  __u64 vq;
  __s64 position;
  __u32 epoch, state;
  union {
    struct WholeChain whole;
    struct ShortChain brief; /* CHAIN_OPEN_SHORT */
  };
};

struct Arrivals {
  __u32 first, count, visited; /* `visited` of them had a handler come by */
  __u64 ns[MOST_ARRIVALS], visit[MOST_ARRIVALS];
};

struct Worker {
  __u64 key; /* thread */
  __u64 entered;
  __u64 receiving;
  __u64 hdev, woken, on; /* where its scheduling is recorded */
};

/* What a virtual CPU does. */
enum VcpuState { VCPU_GUEST, VCPU_KERNEL, VCPU_VMM, VCPU_NO_CPU, VCPU_HALTED, VCPU_POLLING, VCPU_STATES };

/* An interrupt that was accepted for a virtual CPU; `times` are the virtual CPU's at that time. */
struct Waiting {
  __u64 vq, signal, accepted, times[VCPU_STATES];
  __u64 signaller; /* thread, where `vq` is not a queue of vhost's */
};

struct Vcpu {
  __u64 key;   /* thread */
  __u64 kvm;   /* kvm_vcpu */
  __u64 since; /* the times are complete up to then */
  __u64 times[VCPU_STATES];
  __u64 begin, exited;
  __u64 tried, taken, kick, bellVq, noCpuAtExit, noCpu; /* the doorbell of the exit under way */
  struct Waiting inFlight; /* injected at `injected`, and the guest not yet entered; `times` since it was accepted */
  __u64 injected;
  __u32 flightVector, flightMerged;
  __u64 doorbellAway;
  __u64 tscOffset, tscRatio, tscSince; /* 0: not read */
  __u32 number, owner, exits, vmmExits, halts, polled, doorbells, interrupts, injections, merged;
  __u8 inGuest, inVmm, halted, onCpu, runnable;
  __u8 wokenEarly; /* on its way off its CPU */
};

/* An eventfd that interrupts a guest. */
struct CallContext {
  __u64 key; /* eventfd_ctx */
  __u64 vq;
};

#endif
