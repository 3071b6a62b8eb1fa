-- SPDX-License-Identifier: GPL-2.0-or-later
-- Results: what the analysis concludes from the facts. Dropped and written anew by each analysis.

-- A guest device and a host device that serves it. Several may: kernel vhost-net has a device of its own for each pair of
-- queues, and the VMM serves the control queue.
CREATE TABLE device_pair (
  guest_device_id INTEGER NOT NULL, -- guest row of device
  host_device_id  INTEGER NOT NULL, -- host row of device
  method          TEXT NOT NULL, -- position, order, map (user-given), or opening: without chains, by the order in which the VMM opened them
  first_queue     INTEGER NOT NULL DEFAULT 0, -- index in the guest of the host device's queue 0
  main            INTEGER NOT NULL DEFAULT 1 CHECK (main IN (0, 1)), -- 1: stands for all host devices of the guest's where views have one
  PRIMARY KEY (guest_device_id, host_device_id)
) STRICT, WITHOUT ROWID;

-- A run of positions over which host position = guest position - shift.
CREATE TABLE pair_segment (
  pair_id        INTEGER NOT NULL PRIMARY KEY, -- dense, from 1
  guest_queue_id INTEGER NOT NULL, -- guest queue
  guest_epoch    INTEGER NOT NULL, -- its epoch
  host_queue_id  INTEGER NOT NULL, -- host queue
  host_epoch     INTEGER NOT NULL, -- its epoch
  first_position INTEGER NOT NULL, -- first guest position of the run
  last_position  INTEGER NOT NULL, -- last guest position of the run
  shift          INTEGER NOT NULL, -- guest position - host position
  method         TEXT NOT NULL CHECK (method IN ('position', 'order', 'map')), -- how it was found
  candidates     INTEGER NOT NULL DEFAULT 1, -- alignments that causality allowed; 1 = unique
  chains         INTEGER NOT NULL -- chains paired by it
) STRICT;

-- Why something was left unpaired.
CREATE TABLE unpaired (
  unpaired_id INTEGER NOT NULL PRIMARY KEY, -- dense, from 1
  queue_id    INTEGER NOT NULL, -- queue (of either side)
  epoch       INTEGER NOT NULL, -- its epoch
  chains      INTEGER NOT NULL, -- halves without a partner
  reason      TEXT NOT NULL -- in words
) STRICT;

-- The clock model: guest time as a function of host time, piecewise. Times are relative to the captures' origins.
CREATE TABLE clock_segment (
  segment_id       INTEGER NOT NULL PRIMARY KEY, -- dense, from 1
  guest_capture_id INTEGER NOT NULL, -- guest capture
  host_capture_id  INTEGER NOT NULL, -- host capture
  begin_ns         INTEGER NOT NULL, -- host time of its first constraint
  end_ns           INTEGER NOT NULL, -- host time of its last constraint
  offset_ns        INTEGER NOT NULL, -- guest minus host (raw clocks) in the middle of the segment, estimate
  drift_ppb        INTEGER NOT NULL, -- guest clock rate minus host clock rate, estimate, parts per 1e9
  drift_error_ppb  INTEGER NOT NULL, -- the rate is within +- this
  error_ns         INTEGER NOT NULL, -- largest +- of the offset inside the segment
  quality          TEXT NOT NULL CHECK (quality IN ('absent', 'incomplete', 'approximate', 'accurate', 'fail')), -- absent: no constraint; incomplete: one direction only; approximate: rate bounded by assumption; accurate: rate bounded by the data; fail: contradiction
  constraints      INTEGER NOT NULL, -- inequalities used
  source           TEXT NOT NULL DEFAULT 'chains' CHECK (source IN ('chains', 'kvm', 'tsc', 'contradicted')) -- chains: bounded by them alone; kvm: also by doorbells and interrupts that KVM saw; tsc: also by the time stamp counters and KVM's offset between them; contradicted: those said something else, and are not used
) STRICT;

-- Points of the two hulls of a clock segment, for pictures and checks.
CREATE TABLE clock_hull (
  segment_id INTEGER NOT NULL, -- clock segment
  bound      TEXT NOT NULL CHECK (bound IN ('low', 'high')), -- low: guest time is at least; high: at most
  host_ns    INTEGER NOT NULL, -- host time
  guest_ns   INTEGER NOT NULL, -- guest time
  PRIMARY KEY (segment_id, bound, host_ns)
) STRICT, WITHOUT ROWID;

-- One row per chain. The points stay in guest_half and host_half; chain_view joins them.
-- Guest time of a host point = host time + host_shift_ns: one shift per chain, so durations within a clock stay exact.
CREATE TABLE chain (
  queue_id         INTEGER NOT NULL, -- guest queue, or the host queue when the guest half is missing
  epoch            INTEGER NOT NULL, -- epoch of that queue
  position         INTEGER NOT NULL, -- avail position on that queue
  start_ns         INTEGER NOT NULL, -- Q (or the first host point), relative to the origin of the capture of queue_id
  pair_id          INTEGER, -- pair_segment; NULL: only one half
  host_shift_ns    INTEGER, -- guest time - host time for this chain (relative to both origins)
  cross_error_ns   INTEGER, -- +- of every cross-clock phase of this chain
  stock_ns         INTEGER, -- part of Q..C before the latency starts: stock of a receive buffer
  reap_wait_ns     INTEGER, -- part of Q..C after the latency ended: transmit buffer waiting to be reaped
  {cause}_ns INTEGER, -- {meaning}
  iotlb_induced_ns INTEGER, -- waiting while other chains or ring metadata were stalled; contained in iotlb_ns
  points           INTEGER NOT NULL, -- bits of Point (schemas/model/points.hpp): points that belong to this chain's own life
  flags            INTEGER NOT NULL, -- bits of ChainFlag: 1 suspect, 2 incomplete, 4 guest half only, 8 host half only, 16 start assumed at the doorbell, 32 a cross-clock order was contradicted, 64 clock not synchronised
  PRIMARY KEY (queue_id, epoch, position)
) STRICT, WITHOUT ROWID;

-- Latency and causes summed up per level. cause 'latency' is the whole of it.
CREATE TABLE cause_total (
  level     TEXT NOT NULL CHECK (level IN ('transport', 'device', 'queue')), -- what one row covers
  transport TEXT NOT NULL, -- pci, ccw, mmio, vhost-user, unknown
  device_id INTEGER NOT NULL, -- device (0 on level transport)
  queue_id  INTEGER NOT NULL, -- queue (0 above level queue)
  cause     TEXT NOT NULL, -- latency, {causes}, iotlb_induced
  scope     TEXT NOT NULL CHECK (scope IN ('full', 'guest', 'host')), -- what the latency spans: both sides, only guest, only host
  chains    INTEGER NOT NULL, -- complete chains
  total_ns  INTEGER NOT NULL, -- sum
  p50_ns    INTEGER NOT NULL, -- median over the chains
  p99_ns    INTEGER NOT NULL, -- 99th percentile
  p999_ns   INTEGER NOT NULL, -- 99.9th percentile
  max_ns    INTEGER NOT NULL, -- largest
  exact     INTEGER NOT NULL DEFAULT 1, -- 1: percentiles are order statistics; 0: from cause_histogram, at most 1.1 % off
  stuck     INTEGER NOT NULL DEFAULT 0, -- cause latency: stuck chains that p50_ns ... max_ns count with their age, so these are lower bounds; chains and total_ns are without them
  PRIMARY KEY (level, transport, device_id, queue_id, cause)
) STRICT, WITHOUT ROWID;

-- Base-2 exponential histograms, scale 5: bucket i holds (2^(i/32), 2^((i+1)/32)] ns; mergeable by adding counts.
CREATE TABLE cause_histogram (
  queue_id INTEGER NOT NULL, -- queue
  cause    TEXT NOT NULL, -- as in cause_total
  bucket   INTEGER NOT NULL, -- i; -32768 holds zeros
  count    INTEGER NOT NULL, -- chains
  PRIMARY KEY (queue_id, cause, bucket)
) STRICT, WITHOUT ROWID;

-- The phases of a queue's chains: what lies between neighbouring points, over the chains that cause_total counts. A point
-- that was not seen joins the phases on both of its sides. The totals of a queue sum up to its latency, and each column of
-- a cause to what cause_total has for it.
CREATE TABLE phase_total (
  queue_id INTEGER NOT NULL, -- queue of the chains, as in chain
  phase    TEXT NOT NULL, -- prepare, publish, doorbell, exit, wakeup, wait, stall, service, report, signal, inject, reap, finish; joined: exit+wakeup, or the first and the last: prepare to reap
  rank     INTEGER NOT NULL, -- where it begins in a chain's life, then where it ends: sorts the phases
  chains   INTEGER NOT NULL, -- complete chains in which it took time
  total_ns INTEGER NOT NULL, -- sum over them
  {cause}_ns INTEGER NOT NULL, -- part of the total: {meaning}
  p50_ns   INTEGER NOT NULL, -- median over these chains
  p99_ns   INTEGER NOT NULL, -- 99th percentile
  max_ns   INTEGER NOT NULL, -- largest
  exact    INTEGER NOT NULL, -- 1: percentiles are order statistics; 0: from a histogram, at most 1.1 % off (beyond 4096 chains)
  PRIMARY KEY (queue_id, phase)
) STRICT, WITHOUT ROWID;

-- Of what the wake-up of the worker consists (phase wakeup), where the scheduler of the host was recorded without loss.
CREATE TABLE wakeup_total (
  queue_id    INTEGER NOT NULL PRIMARY KEY, -- queue of the chains, as in chain
  chains      INTEGER NOT NULL, -- chains that phase_total counts under wakeup and whose wait could be told apart
  asleep_ns   INTEGER NOT NULL, -- the worker had not been woken yet, or it had been put off its CPU
  runnable_ns INTEGER NOT NULL, -- it had been woken and waited for a CPU
  running_ns  INTEGER NOT NULL  -- it had a CPU and served something else, or was on its way to this queue
) STRICT;

-- Of what the way of a doorbell to the host (phase exit) and of an interrupt to the guest (phase inject) consist, where KVM
-- was recorded. The parts of a phase add up to the phases of the chains that they were told apart in.
CREATE TABLE kvm_part_total (
  queue_id INTEGER NOT NULL, -- queue of the chains, as in chain
  part     TEXT NOT NULL, -- exit: to KVM, exit: in KVM, exit: no CPU; inject: delivery, inject: halted, inject: polling, inject: no CPU, inject: in KVM, inject: in VMM, inject: not interruptible, inject: to handler
  phase    TEXT NOT NULL, -- exit or inject
  place    INTEGER NOT NULL, -- sorts the parts of a phase
  chains   INTEGER NOT NULL, -- chains that phase_total counts under the phase and whose way could be told apart
  total_ns INTEGER NOT NULL, -- sum over them
  PRIMARY KEY (queue_id, part)
) STRICT, WITHOUT ROWID;

-- How many chains of a queue have a point in their own life.
CREATE TABLE point_total (
  queue_id INTEGER NOT NULL, -- queue of the chains, as in chain
  point    TEXT NOT NULL, -- its letter: Q M A K n k w t f p u s I D R C
  chains   INTEGER NOT NULL, -- chains, complete or not
  PRIMARY KEY (queue_id, point)
) STRICT, WITHOUT ROWID;

-- Chains that take far longer than the others of their queue while the machine goes on: in flight when the capture ended,
-- or back only long after something should have called for them. Receive buffers that wait for a packet are none.
CREATE TABLE stuck_chain (
  queue_id    INTEGER NOT NULL, -- queue, as in chain
  epoch       INTEGER NOT NULL, -- its epoch
  position    INTEGER NOT NULL, -- its position
  stage       TEXT NOT NULL CHECK (stage IN ('published', 'rung', 'seen', 'fetched', 'used', 'signalled', 'interrupted')), -- last step before the wait: published without a doorbell, doorbell rung, doorbell seen by the host, fetched, used entry written, interrupt sent, interrupt taken
  host_seen   INTEGER NOT NULL, -- 1: the host recorded this queue meanwhile, so the next step did not happen; 0: it may have happened unseen
  bells_shown INTEGER NOT NULL, -- 1: a doorbell that reaches the host would show there, even if no worker comes for it
  back        INTEGER NOT NULL, -- 0: still in flight when the capture ended; 1: it came back after the wait
  suppressed  INTEGER NOT NULL, -- 1: the driver decided that the device needs no doorbell for it
  notice      INTEGER NOT NULL, -- 1: it waited for a doorbell or an interrupt, so neither side worked on it
  wait_ns     INTEGER NOT NULL, -- from that step to the next one; where back is 0, to the end of the capture: at least so long
  age_ns      INTEGER NOT NULL, -- from its publication (host only: its fetch) to its end or to the end of the capture
  usual_ns    INTEGER, -- 99.9th percentile of the latency of its queue; NULL: too few came back
  PRIMARY KEY (queue_id, epoch, position)
) STRICT, WITHOUT ROWID;

-- Queues whose oldest request was far older than their others ever were when the capture ended, and which are not stuck yet: it
-- was less than a second, or nothing shows that the machine went on. A trace that ends when a device stops looks like that.
CREATE TABLE late_at_end (
  queue_id INTEGER NOT NULL PRIMARY KEY, -- queue, as in chain
  chains   INTEGER NOT NULL, -- requests that had waited ten times as long as usual
  epoch    INTEGER NOT NULL, -- of the one that had waited longest
  position INTEGER NOT NULL, -- its position
  wait_ns  INTEGER NOT NULL, -- how long, from its last step to the end of the capture
  usual_ns INTEGER NOT NULL  -- 99.9th percentile of the latency of its queue
) STRICT;

-- What the chains of a queue add up to beside causes and phases. Medians are order statistics as long as the case has less
-- than four million values of this kind and one sort not more than a million; beyond that they come from a histogram and
-- are at most 1.1 % off.
CREATE TABLE queue_total (
  queue_id         INTEGER NOT NULL PRIMARY KEY, -- queue of the chains, as in chain
  chains           INTEGER NOT NULL, -- chains, complete or not
  paired           INTEGER NOT NULL, -- of these, with both halves
  incomplete       INTEGER NOT NULL, -- without an end
  in_flight        INTEGER NOT NULL, -- of the incomplete ones: still under way when the capture ended
  suspect          INTEGER NOT NULL, -- overlap a loss
  suspect_complete INTEGER NOT NULL, -- of these, complete
  guest_only       INTEGER NOT NULL, -- the host half is missing
  host_only        INTEGER NOT NULL, -- the guest half is missing
  order_contradicted INTEGER NOT NULL, -- a point lay on the wrong side by more than the clock allows
  clock_unknown    INTEGER NOT NULL, -- both halves, but not on one clock
  start_assumed    INTEGER NOT NULL, -- complete, and counted from the doorbell that opened the burst
  first_ns         INTEGER NOT NULL, -- smallest start_ns
  last_ns          INTEGER NOT NULL, -- largest start_ns
  stocked          INTEGER NOT NULL, -- complete chains with a stock_ns above 0
  stock_ns         INTEGER NOT NULL, -- sum of it
  stock_max_ns     INTEGER NOT NULL, -- largest
  reap_waits       INTEGER NOT NULL, -- complete chains with a reap_wait_ns above 0
  reap_wait_ns     INTEGER NOT NULL, -- sum of it
  reap_wait_max_ns INTEGER NOT NULL, -- largest
  posted           INTEGER NOT NULL, -- paired receive buffers
  posted_late      INTEGER NOT NULL, -- of these, used the moment they were posted
  signalled        INTEGER NOT NULL, -- complete chains with u and s
  signal_ns        INTEGER NOT NULL, -- from u to s, sum
  signal_p50_ns    INTEGER, -- its median; NULL: none
  interrupted      INTEGER NOT NULL, -- complete chains with s and I
  inject_ns        INTEGER NOT NULL, -- from s to I, sum; where the clocks say less than 0 it counts as 0
  inject_p50_ns    INTEGER, -- its median, below 0 where the clocks say so; NULL: none
  inject_error_ns  INTEGER, -- largest cross_error_ns of these chains; NULL: none
  woken            INTEGER NOT NULL, -- complete chains with k and w
  wakeup_ns        INTEGER NOT NULL, -- from k to w, sum
  shared_waits     INTEGER NOT NULL, -- vhost: complete chains with their beginning and their fetch, of the first 65536
  shared_elsewhere INTEGER NOT NULL, -- of these, fetched while the worker seemed to be inside a chain of another queue
  shared_queues    INTEGER NOT NULL, -- vhost: other queues of the device in which chains were served
  shared_ns        INTEGER NOT NULL  -- while these chains waited the worker was so long inside chains of other queues
) STRICT;

-- What the halves of a queue add up to, on its own side.
CREATE TABLE half_total (
  queue_id         INTEGER NOT NULL PRIMARY KEY, -- queue of the halves, guest or host
  halves           INTEGER NOT NULL, -- guest_half or host_half rows
  probed           INTEGER NOT NULL, -- guest: of these, with a number of probe hits
  hits             INTEGER, -- guest: probe hits; NULL: not known
  described        INTEGER NOT NULL, -- halves whose segments were counted
  segments         INTEGER NOT NULL, -- segments or scatter lists of these
  in_ring_ns       INTEGER, -- guest: from Q to R, sum over chains with a part that the device reads; NULL: none came back
  reach_ns         INTEGER, -- guest: from the first Q to the last R of these
  dma_maps         INTEGER, -- guest: DMA mappings within adds; NULL: not recorded
  dma_identity     INTEGER, -- guest: of these, with the DMA address equal to the physical address
  bounced          INTEGER, -- guest: chains with bounces; NULL: not recorded
  bounces          INTEGER, -- guest: bounces within adds
  bounce_bytes     INTEGER, -- guest: bytes bounced within adds
  copy_back_bytes  INTEGER, -- guest: bytes copied within gets
  swiotlb_out_ns   INTEGER, -- guest: time inside swiotlb within adds
  swiotlb_searched INTEGER NOT NULL, -- guest: chains whose search for slots was recorded
  swiotlb_search_ns INTEGER, -- guest: time of the search for slots and of the wait for the lock
  swiotlb_in_ns    INTEGER, -- guest: time inside swiotlb within gets
  bursts           INTEGER NOT NULL, -- host: bursts with a doorbell and the visit of the worker that followed
  burst_wakeup_p50_ns INTEGER, -- host: from the doorbell to the visit, median as in queue_total; NULL: none
  held_chains      INTEGER NOT NULL, -- host: chains that are known to be done and given back
  held_times       INTEGER NOT NULL, -- host: different moments at which these were given back
  held_told        INTEGER NOT NULL, -- host: of these, the backend told when it had finished
  held_ns          INTEGER NOT NULL  -- host: from done to given back, sum
) STRICT;

-- The same for all queues of a device together, where a median or a maximum needs all of them.
CREATE TABLE device_total (
  device_id        INTEGER NOT NULL PRIMARY KEY, -- device, either side
  doorbell_calls   INTEGER NOT NULL, -- guest: doorbells whose call was seen to return
  doorbell_p50_ns  INTEGER, -- guest: time of the call, median as in queue_total; NULL: none
  bounced          INTEGER NOT NULL, -- guest: bounced chains with their end, of the first 50000
  most_bounced     INTEGER, -- guest: most of these that were in flight at once; NULL: none
  most_slots       INTEGER, -- guest: most slots of 2048 bytes that they held at once
  runs             INTEGER NOT NULL, -- host: times that a recorded thread got a CPU after it was woken; of all threads of the capture
  runnable_p50_ns  INTEGER  -- host: how long it waited for the CPU, median as in queue_total; NULL: none
) STRICT;

-- How full a guest queue was: adds by the number of chains that were in the ring after them. Of the first 100,000 chains
-- whose end was seen, so it is never too many; receive buffers, which are stock, do not count.
CREATE TABLE ring_use (
  queue_id  INTEGER NOT NULL, -- guest queue
  in_flight INTEGER NOT NULL, -- chains in the ring, the added one included
  adds      INTEGER NOT NULL, -- how often
  PRIMARY KEY (queue_id, in_flight)
) STRICT, WITHOUT ROWID;

-- The timeline pyramid: what began on a queue in each span of 2^level ns. Levels are two apart; the lowest holds 64 chains
-- per bucket on average. A chain begins at start_ns + stock_ns. Only buckets in which something began have a row.
CREATE TABLE timeline_bucket (
  queue_id        INTEGER NOT NULL, -- queue of the chains, as in chain
  level           INTEGER NOT NULL, -- a bucket is 2^level ns long
  bucket          INTEGER NOT NULL, -- begin of its chains divided by 2^level, rounded down
  chains          INTEGER NOT NULL, -- complete chains
  incomplete      INTEGER NOT NULL, -- chains without an end
  suspect         INTEGER NOT NULL, -- of the complete ones, those that overlap a loss
  {cause}_ns INTEGER NOT NULL, -- sum over the complete chains
  worst_ns        INTEGER NOT NULL, -- largest latency
  worst_epoch     INTEGER NOT NULL, -- the chain that had it
  worst_position  INTEGER NOT NULL, -- its position
  first_epoch     INTEGER NOT NULL, -- smallest key of a chain in the bucket
  first_position  INTEGER NOT NULL, -- its position
  last_epoch      INTEGER NOT NULL, -- largest key of a chain in the bucket
  last_position   INTEGER NOT NULL, -- its position
  PRIMARY KEY (queue_id, level, bucket)
) STRICT, WITHOUT ROWID;

-- Latency by time: how many chains of each latency began in each span of 2^level ns. Levels are two apart; the lowest
-- holds 512 chains per bucket on average.
CREATE TABLE timeline_latency (
  queue_id INTEGER NOT NULL, -- queue of the chains, as in chain
  level    INTEGER NOT NULL, -- a bucket is 2^level ns long
  bucket   INTEGER NOT NULL, -- as in timeline_bucket
  band     INTEGER NOT NULL, -- latency in (2^(band/4), 2^((band+1)/4)] ns; -1 holds 0 and 1 ns
  chains   INTEGER NOT NULL, -- complete chains
  PRIMARY KEY (queue_id, level, bucket, band)
) STRICT, WITHOUT ROWID;

-- The chains of each queue that lost most to each cause.
CREATE TABLE slowest (
  queue_id INTEGER NOT NULL, -- queue of the chains, as in chain
  cause    TEXT NOT NULL, -- as in cause_total
  rank     INTEGER NOT NULL, -- from 0: the one that lost most
  epoch    INTEGER NOT NULL, -- epoch of the chain
  position INTEGER NOT NULL, -- its position
  ns       INTEGER NOT NULL, -- what it lost
  PRIMARY KEY (queue_id, cause, rank)
) STRICT, WITHOUT ROWID;

-- What a device would be like without a cause that a setting can take away, by a replay of its chains. Only where the
-- cause takes a thousandth of the latency or more, and where the host was seen fetching.
CREATE TABLE prediction (
  device_id    INTEGER NOT NULL, -- device (the guest's row, else the host's), all its queues together
  cause        TEXT NOT NULL, -- what is taken away: iotlb, swiotlb
  chains       INTEGER NOT NULL, -- chains replayed: all, or stretches of time that hold about 100,000
  mean_ns      INTEGER NOT NULL, -- their mean latency as recorded
  mean_low_ns  INTEGER NOT NULL, -- predicted mean: at least
  mean_high_ns INTEGER NOT NULL, -- at most; between load that comes when it came and load that follows its answers
  p50_ns       INTEGER NOT NULL, -- their median as recorded
  p50_low_ns   INTEGER NOT NULL, -- predicted median: at least
  p50_high_ns  INTEGER NOT NULL, -- at most
  PRIMARY KEY (device_id, cause)
) STRICT, WITHOUT ROWID;

-- What the rules conclude from all of it, worst first.
CREATE TABLE finding (
  finding_id    INTEGER NOT NULL PRIMARY KEY, -- dense, from 1
  rule          TEXT NOT NULL, -- kebab-case id of the rule, stable
  severity      TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')), -- info: good to know; warning: costs something; critical: costs most of the latency, or makes the results doubtful
  confidence    TEXT NOT NULL CHECK (confidence IN ('high', 'medium', 'low')), -- high: a recorded fact says it; medium: it follows from the numbers; low: it may be
  device_id     INTEGER, -- device (the guest's row, else the host's); NULL: the whole case
  queue_id      INTEGER, -- queue; NULL: the whole device
  sample        INTEGER NOT NULL, -- how many chains, mappings, misses or events it stands on
  title         TEXT NOT NULL, -- the finding in one sentence
  action        TEXT NOT NULL, -- what to do, in one line with the command last; change says more
  cause         TEXT, -- cause of latency that it is about; NULL: none, or several
  explained_ns  INTEGER NOT NULL, -- latency of the chains of its device or queue that it explains; 0: not known
  evidence      TEXT NOT NULL, -- the row that the SQL returned, as a JSON object
  sql           TEXT NOT NULL, -- returns that row again
  why           TEXT NOT NULL, -- why it happens
  change        TEXT NOT NULL, -- what to change
  cost          TEXT NOT NULL, -- what that costs or risks
  how_to_check  TEXT NOT NULL -- what to look at to confirm or refute it
) STRICT;

-- Rules that could not judge: their silence does not mean that all is well.
CREATE TABLE unjudged (
  rule      TEXT NOT NULL, -- id of the rule
  device_id INTEGER NOT NULL, -- device (the guest's row, else the host's); 0: the whole case
  queue_id  INTEGER NOT NULL, -- queue; 0: the whole device
  reason    TEXT NOT NULL, -- what was not recorded, or of what there was too little
  PRIMARY KEY (rule, device_id, queue_id)
) STRICT, WITHOUT ROWID;
