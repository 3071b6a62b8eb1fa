-- SPDX-License-Identifier: GPL-2.0-or-later
-- Views of single facts, as one side saw them: for findings, and for a closer look than chain_view. Those of
-- chains join little, so that a query walks a queue in the order of its chains and may stop early; queue_side_view has the
-- names. And of the clock between the sides.

-- One row per chain with what the analysis found out about it besides causes and points. It joins nothing: the quick way
-- to count chains.
CREATE VIEW chain_state_view AS
SELECT
  c.queue_id AS queue_id, -- guest queue, or the host queue when only the host saw the chain
  c.epoch AS epoch, -- epoch of that queue
  c.position AS position, -- avail position on that queue
  c.pair_id AS pair_id, -- pair_segment; NULL: only one half
  c.stock_ns AS stock_ns, -- receive buffer waiting for a packet before the latency starts
  c.reap_wait_ns AS reap_wait_ns, -- transmit buffer waiting to be reaped after the latency ended
  c.cross_error_ns AS cross_error_ns, -- +- of every phase that crosses the clocks
  c.flags & 1 AS suspect, -- 1: overlaps a loss, so an absence in it proves nothing
  c.flags >> 1 & 1 AS incomplete, -- 1: no end was seen, causes are NULL
  c.flags >> 2 & 1 AS guest_half_only, -- 1: the host half is missing
  c.flags >> 3 & 1 AS host_half_only, -- 1: the guest half is missing
  c.flags >> 4 & 1 AS start_assumed, -- 1: counted from the doorbell that opened the burst, so at most this long
  c.flags >> 5 & 1 AS order_contradicted, -- 1: a point lay on the wrong side by more than the clock allows; its sides are not put on one clock
  c.flags >> 6 & 1 AS clock_unknown -- 1: no clock model covers it
FROM chain c;

-- One row per chain as the guest knows it. queue_side_view has the names of the queue and the device.
CREATE VIEW guest_half_view AS
SELECT
  g.queue_id AS queue_id, -- guest queue
  q.device_id AS device_id, -- the guest's row of device
  g.epoch AS epoch, -- epoch of that queue
  g.position AS position, -- avail position, counted without wrap
  g.q_ns + c.origin_ns AS start_ns, -- Q: driver entered virtqueue_add, on the guest's clock
  g.m_ns AS m_ns, -- M: last DMA mapping inside the add ended; like all points in ns from start_ns
  g.a_ns AS a_ns, -- A: published in the avail ring
  g.k_ns AS k_ns, -- K: doorbell rung; NULL: suppressed or not seen
  g.k_return_ns AS k_return_ns, -- the doorbell call returned
  g.i_ns AS i_ns, -- I: vring interrupt
  g.d_ns AS d_ns, -- D: first unmap inside get_buf
  g.r_ns AS r_ns, -- R: get_buf returned the chain
  g.c_ns AS c_ns, -- C: driver done, after unmap and bounce back
  g.head AS head, -- head descriptor, for checks only
  g.out_count AS out_count, -- scatter lists the device reads
  g.in_count AS in_count, -- scatter lists the device writes
  g.length_bytes AS length_bytes, -- bytes the device says it wrote
  g.swiotlb_out_ns AS swiotlb_out_ns, -- time inside swiotlb within the add
  g.swiotlb_search_ns AS swiotlb_search_ns, -- of these: slot search and lock wait
  g.swiotlb_in_ns AS swiotlb_in_ns, -- time inside swiotlb within the get
  g.bounces AS bounces, -- bounces within the add
  g.bounce_bytes AS bounce_bytes, -- bytes bounced within the add
  g.copies_back AS copies_back, -- copies within the get
  g.copy_back_bytes AS copy_back_bytes, -- bytes copied within the get
  g.iommu_map_ns AS iommu_map_ns, -- time in DMA mappings that mapped into a guest IOMMU, within the add
  g.iommu_unmap_ns AS iommu_unmap_ns, -- time in DMA unmappings that unmapped from a guest IOMMU, within the get
  g.dma_maps AS dma_maps, -- DMA mappings within the add
  g.dma_identity AS dma_identity, -- of these, with the DMA address equal to the physical address
  g.hits AS hits, -- probe hits that made up this half
  g.flags & 1 AS in_flight_at_end, -- 1: the capture ended before the chain did
  g.flags >> 1 & 1 AS end_unseen, -- 1: its end must have happened unseen
  g.flags >> 2 & 1 AS doorbell_suppressed, -- 1: the driver decided that the device needs no doorbell
  g.flags >> 3 & 1 AS add_return_unseen -- 1: the return of the add was not seen
FROM queue q
JOIN device d ON d.device_id = q.device_id
JOIN capture c ON c.capture_id = d.capture_id
CROSS JOIN guest_half g ON g.queue_id = q.queue_id;

-- One row per chain as the host knows it. queue_side_view has the names of the queue and the device.
CREATE VIEW host_half_view AS
SELECT
  h.queue_id AS queue_id, -- host queue
  q.device_id AS device_id, -- the host's row of device
  h.epoch AS epoch, -- epoch of that queue
  h.position AS position, -- avail position, counted without wrap
  h.f_ns + c.origin_ns AS fetch_ns, -- f: the chain was fetched, on the host's clock
  h.n_ns AS n_ns, -- n: receive packet reached the backend; like all points in ns from fetch_ns, negative before it
  h.k_ns AS k_ns, -- k: host saw the doorbell
  h.w_ns AS w_ns, -- w: worker entered the queue
  h.t_ns AS t_ns, -- t: first fetch attempt or first translation for it
  h.p_ns AS p_ns, -- p: backend finished
  h.u_ns AS u_ns, -- u: about to publish the used entry
  h.s_ns AS s_ns, -- s: interrupt sent; NULL: suppressed or not seen
  h.head AS head, -- head descriptor, for checks only
  h.out_count AS out_count, -- segments the device reads
  h.in_count AS in_count, -- segments the device writes
  h.length_bytes AS length_bytes, -- bytes the device says it wrote
  h.misses AS misses, -- translation misses of this chain
  h.retries AS retries, -- fetch attempts that failed before
  h.flags & 1 AS in_flight_at_end, -- 1: the capture ended before the chain did
  h.flags >> 4 & 1 AS used_without_index, -- 1: used without an index write of its own
  h.flags >> 5 & 1 AS opens_burst -- 1: the first chain of the burst that its doorbell opened
FROM queue q
JOIN device d ON d.device_id = q.device_id
JOIN capture c ON c.capture_id = d.capture_id
CROSS JOIN host_half h ON h.queue_id = q.queue_id;

-- One row per queue and phase: of what the causes consist. A phase lies between two neighbouring points of a chain's life; a
-- point that was not seen joins the phases on both of its sides.
CREATE VIEW phase_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  p.phase AS phase, -- prepare, publish, doorbell, exit, wakeup, wait, stall, service, report, signal, inject, reap, finish; joined: exit+wakeup, or the first and the last: prepare to reap
  p.chains AS chains, -- complete chains in which it took time
  p.total_ns AS total_ns, -- sum over them; over all phases of a queue it is the latency of cause_view
  p.{cause}_ns AS {cause}_ns, -- part of the total: {meaning}
  p.p50_ns AS p50_ns, -- median over these chains
  p.p99_ns AS p99_ns, -- 99th percentile
  p.max_ns AS max_ns, -- largest
  p.exact AS exact, -- 1: percentiles are order statistics; 0: from a histogram, at most 1.1 % off
  p.rank AS rank, -- sorts the phases in the order of a chain's life
  s.device_id AS device_id, -- device
  p.queue_id AS queue_id -- queue
FROM phase_total p
JOIN queue_side_view s ON s.queue_id = p.queue_id;

-- One row per queue and part of its notification time; the parts of a queue add up to notification_ns of cause_view.
CREATE VIEW notification_view AS
WITH told AS (
  SELECT queue_id, phase, max(chains) AS chains, sum(total_ns) AS total_ns FROM kvm_part_total GROUP BY queue_id, phase
  UNION ALL
  SELECT queue_id, 'wakeup', chains, asleep_ns + runnable_ns + running_ns FROM wakeup_total
), opened AS (
  SELECT queue_id, phase, part, place, chains, total_ns FROM kvm_part_total
  UNION ALL
  SELECT queue_id, 'wakeup', 'wakeup: asleep', 1, chains, asleep_ns FROM wakeup_total
  UNION ALL
  SELECT queue_id, 'wakeup', 'wakeup: runnable', 2, chains, runnable_ns FROM wakeup_total
  UNION ALL
  SELECT queue_id, 'wakeup', 'wakeup: running', 3, chains, running_ns FROM wakeup_total
), part AS (
  SELECT p.queue_id, p.phase AS part, p.rank * 16 AS rank, p.chains - coalesce(t.chains, 0) AS chains,
    p.notification_ns - coalesce(t.total_ns, 0) AS total_ns
  FROM phase_total p LEFT JOIN told t ON t.queue_id = p.queue_id AND t.phase = p.phase
  UNION ALL
  SELECT o.queue_id, o.part, p.rank * 16 + o.place, o.chains, o.total_ns
  FROM opened o JOIN phase_total p ON p.queue_id = o.queue_id AND p.phase = o.phase
)
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  p.part AS part, -- a phase: exit, wakeup, signal, inject; joined where a point was not seen: exit+wakeup, signal+inject; of the wake-up where the scheduler was recorded: wakeup: asleep, wakeup: runnable (without a CPU), wakeup: running (busy with something else); of exit and inject where KVM was recorded: see kvm_part_total
  p.chains AS chains, -- complete chains that have this phase
  p.total_ns AS total_ns, -- sum over them; over all parts of a queue it is its notification
  round(100.0 * p.total_ns / nullif(t.total_ns, 0), 1) AS percent, -- of the latency of the queue
  p.rank AS rank, -- sorts the parts in the order of a chain's life
  s.device_id AS device_id, -- device
  p.queue_id AS queue_id -- queue
FROM part p
JOIN queue_side_view s ON s.queue_id = p.queue_id
JOIN cause_total t ON t.level = 'queue' AND t.queue_id = p.queue_id AND t.cause = 'latency'
WHERE p.total_ns > 0;

-- One row per queue: what its chains add up to beside causes, counted while the analysis passed over them. The quick way to
-- what chain_view and chain_state_view would have to be read for as a whole.
CREATE VIEW queue_total_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  t.chains AS chains, -- chains, complete or not
  t.paired AS paired, -- of these, with both halves
  t.incomplete AS incomplete, -- without an end
  t.in_flight AS in_flight, -- of the incomplete ones: still under way when the capture ended
  t.suspect AS suspect, -- overlap a loss
  t.suspect_complete AS suspect_complete, -- of these, complete
  t.guest_only AS guest_only, -- the host half is missing
  t.host_only AS host_only, -- the guest half is missing
  t.order_contradicted AS order_contradicted, -- a point lay on the wrong side by more than the clock allows
  t.clock_unknown AS clock_unknown, -- both halves, but not on one clock
  t.start_assumed AS start_assumed, -- complete, and counted from the doorbell that opened the burst
  t.stocked AS stocked, -- complete chains with a stock_ns above 0
  t.stock_ns AS stock_ns, -- sum of it
  t.stock_max_ns AS stock_max_ns, -- largest
  t.reap_waits AS reap_waits, -- complete chains with a reap_wait_ns above 0
  t.reap_wait_ns AS reap_wait_ns, -- sum of it
  t.reap_wait_max_ns AS reap_wait_max_ns, -- largest
  t.posted AS posted, -- paired receive buffers
  t.posted_late AS posted_late, -- of these, used the moment they were posted
  t.signalled AS signalled, -- complete chains with u and s
  t.signal_ns AS signal_ns, -- from u to s, sum
  t.signal_p50_ns AS signal_p50_ns, -- its median; NULL: none
  t.interrupted AS interrupted, -- complete chains with s and I
  t.inject_ns AS inject_ns, -- from s to I, sum; where the clocks say less than 0 it counts as 0
  t.inject_p50_ns AS inject_p50_ns, -- its median, below 0 where the clocks say so; NULL: none
  t.inject_error_ns AS inject_error_ns, -- largest cross_error_ns of these chains; NULL: none
  t.woken AS woken, -- complete chains with k and w
  t.wakeup_ns AS wakeup_ns, -- from k to w, sum
  t.shared_waits AS shared_waits, -- vhost: complete chains with their beginning and their fetch, of the first 65536
  t.shared_elsewhere AS shared_elsewhere, -- of these, fetched while the worker seemed to be inside a chain of another queue
  t.shared_queues AS shared_queues, -- vhost: other queues of the device in which chains were served
  t.shared_ns AS shared_ns, -- while these chains waited the worker was so long inside chains of other queues
  t.first_ns + s.origin_ns AS first_ns, -- smallest start_ns of a chain
  t.last_ns + s.origin_ns AS last_ns, -- largest start_ns of a chain
  s.device_id AS device_id, -- device of the queue
  t.queue_id AS queue_id -- queue, as in chain_view
FROM queue_total t
JOIN queue_side_view s ON s.queue_id = t.queue_id;

-- One row per queue and side: what its halves add up to. The quick way to what guest_half_view and host_half_view would have
-- to be read for as a whole.
CREATE VIEW half_total_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  s.side AS side, -- guest or host: whose halves
  t.halves AS halves, -- guest_half or host_half rows
  t.probed AS probed, -- guest: of these, with a number of probe hits
  t.hits AS hits, -- guest: probe hits; NULL: not known
  t.described AS described, -- halves whose segments were counted
  t.segments AS segments, -- segments or scatter lists of these
  t.in_ring_ns AS in_ring_ns, -- guest: from Q to R, sum over chains with a part that the device reads; NULL: none came back
  t.reach_ns AS reach_ns, -- guest: from the first Q to the last R of these
  t.dma_maps AS dma_maps, -- guest: DMA mappings within adds; NULL: not recorded
  t.dma_identity AS dma_identity, -- guest: of these, with the DMA address equal to the physical address
  t.bounced AS bounced, -- guest: chains with bounces; NULL: not recorded
  t.bounces AS bounces, -- guest: bounces within adds
  t.bounce_bytes AS bounce_bytes, -- guest: bytes bounced within adds
  t.copy_back_bytes AS copy_back_bytes, -- guest: bytes copied within gets
  t.swiotlb_out_ns AS swiotlb_out_ns, -- guest: time inside swiotlb within adds
  t.swiotlb_searched AS swiotlb_searched, -- guest: chains whose search for slots was recorded
  t.swiotlb_search_ns AS swiotlb_search_ns, -- guest: time of the search for slots and of the wait for the lock
  t.swiotlb_in_ns AS swiotlb_in_ns, -- guest: time inside swiotlb within gets
  t.bursts AS bursts, -- host: bursts with a doorbell and the visit of the worker that followed
  t.burst_wakeup_p50_ns AS burst_wakeup_p50_ns, -- host: from the doorbell to the visit, median as in queue_total; NULL: none
  t.held_chains AS held_chains, -- host: chains that are known to be done and given back
  t.held_times AS held_times, -- host: different moments at which these were given back
  t.held_told AS held_told, -- host: of these, the backend told when it had finished
  t.held_ns AS held_ns, -- host: from done to given back, sum
  s.device_id AS device_id, -- this side's row of device
  t.queue_id AS queue_id -- queue of this side
FROM half_total t
JOIN queue_side_view s ON s.queue_id = t.queue_id;

-- One row per device and side: medians and maxima over all its queues.
CREATE VIEW device_total_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.side AS side, -- guest or host
  t.doorbell_calls AS doorbell_calls, -- guest: doorbells whose call was seen to return
  t.doorbell_p50_ns AS doorbell_p50_ns, -- guest: time of the call, median as in queue_total; NULL: none
  t.bounced AS bounced, -- guest: bounced chains with their end, of the first 50000
  t.most_bounced AS most_bounced, -- guest: most of these that were in flight at once; NULL: none
  t.most_slots AS most_slots, -- guest: most slots of 2048 bytes that they held at once
  t.runs AS runs, -- host: times that a recorded thread got a CPU after it was woken; of all threads of the capture
  t.runnable_p50_ns AS runnable_p50_ns, -- host: how long it waited for the CPU, median as in queue_total; NULL: none
  t.device_id AS device_id -- this side's row of device
FROM device_total t
JOIN device_side_view s ON s.device_id = t.device_id;

-- One row per guest queue and number of chains in the ring: how many adds made it so many.
CREATE VIEW ring_use_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  u.in_flight AS in_flight, -- chains in the ring, the added one included; receive buffers, which are stock, do not count
  u.adds AS adds, -- how often, of the first 100,000 chains whose end was seen
  u.queue_id AS queue_id -- guest queue
FROM ring_use u
JOIN queue_side_view s ON s.queue_id = u.queue_id;

-- One row per doorbell and side: rung by the guest, or seen by the host.
CREATE VIEW doorbell_view AS
WITH bell AS (
  SELECT queue_id, q_ns + k_ns AS ns, count(*) AS chains, min(position) AS first_position
  FROM guest_half WHERE k_ns IS NOT NULL GROUP BY queue_id, q_ns + k_ns
  UNION ALL
  SELECT queue_id, f_ns + k_ns, count(*), min(position)
  FROM host_half WHERE k_ns IS NOT NULL GROUP BY queue_id, f_ns + k_ns
  UNION ALL
  SELECT queue_id, ns, 0, NULL FROM doorbell
)
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  s.side AS side, -- guest: rung; host: seen
  b.ns + s.origin_ns AS ns, -- when, on the clock of the side's capture
  b.chains AS chains, -- chains it stands for; 0: none that was seen
  b.first_position AS first_position, -- lowest position among them
  b.queue_id AS queue_id -- queue
FROM bell b
JOIN queue_side_view s ON s.queue_id = b.queue_id;

-- One row per interrupt and side: sent by the host, or taken by the guest.
CREATE VIEW interrupt_view AS
WITH call AS (
  SELECT queue_id, q_ns + i_ns AS ns, count(*) AS chains, min(position) AS first_position
  FROM guest_half WHERE i_ns IS NOT NULL GROUP BY queue_id, q_ns + i_ns
  UNION ALL
  SELECT queue_id, f_ns + s_ns, count(*), min(position)
  FROM host_half WHERE s_ns IS NOT NULL GROUP BY queue_id, f_ns + s_ns
  UNION ALL
  SELECT queue_id, ns, 0, NULL FROM interrupt
)
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  s.side AS side, -- guest: taken; host: sent
  b.ns + s.origin_ns AS ns, -- when, on the clock of the side's capture
  b.chains AS chains, -- chains it stands for; 0: none that was seen
  b.first_position AS first_position, -- lowest position among them
  b.queue_id AS queue_id -- queue
FROM call b
JOIN queue_side_view s ON s.queue_id = b.queue_id;

-- One row per translation miss.
CREATE VIEW miss_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  m.epoch AS epoch, -- epoch of the host queue
  m.position AS position, -- chain that suffered, by the host's count; NULL: ring metadata
  printf('0x%x', m.iova) AS iova, -- missed address
  m.raised_ns + s.origin_ns AS raised_ns, -- the miss was raised, host clock
  m.read_ns + s.origin_ns AS read_ns, -- the VMM read the request
  m.updated_ns + s.origin_ns AS updated_ns, -- an update covering it was applied
  m.retried_ns + s.origin_ns AS retried_ns, -- the queue came past this miss
  m.updated_ns - m.raised_ns AS translate_ns, -- how long the translation took
  m.retried_ns - m.updated_ns AS requeue_ns, -- how long the queue then took to come past it
  m.granted_bytes AS granted_bytes, -- size of the update
  m.queue_id AS queue_id, -- host queue
  m.iova AS iova_integer, -- iova to calculate with (two's complement above 2^63)
  s.device_id AS device_id, -- the host's row of device
  s.capture_id AS capture_id -- capture of the host
FROM iotlb_miss m
JOIN queue_side_view s ON s.queue_id = m.queue_id;

-- One row per translation miss and update that answered it.
CREATE VIEW miss_answer_view AS
SELECT
  m.raised_ns + d.origin_ns AS raised_ns, -- the miss was raised, host clock
  e.ns + d.origin_ns AS update_ns, -- the update was applied; NULL: it was not seen
  m.iova AS miss_iova, -- missed address, as an integer (two's complement above 2^63)
  e.iova AS update_iova, -- first address of the update
  e.bytes AS update_bytes, -- its length
  e.address - e.iova AS distance, -- from an address to what the update maps it to
  m.queue_id AS queue_id, -- host queue
  d.host_device_id AS device_id -- the host's row of device, as in queue_side_view
FROM device_side_view d
JOIN queue q ON q.device_id = d.device_id
CROSS JOIN iotlb_miss m ON m.queue_id = q.queue_id
LEFT JOIN iotlb_event e ON e.capture_id = d.capture_id AND e.ns = m.updated_ns AND e.kind = 'update'
  AND m.iova >= e.iova AND m.iova < e.iova + e.bytes;

-- One row per change of a device's translation table.
CREATE VIEW iotlb_event_view AS
SELECT
  e.ns + c.origin_ns AS ns, -- when, on the clock of the capture
  e.kind AS kind, -- update or invalidate
  printf('0x%x', e.iova) AS iova, -- first address
  e.bytes AS bytes, -- length; NULL: unknown
  CASE WHEN e.address IS NOT NULL THEN printf('0x%x', e.address) END AS address, -- update: what it maps to, as the host writes it
  e.iova AS iova_integer, -- iova to calculate with (two's complement above 2^63)
  e.address AS address_integer, -- address to calculate with
  e.capture_id AS capture_id -- capture that saw it; it does not say which device
FROM iotlb_event e
JOIN capture c ON c.capture_id = e.capture_id;

-- One row per stretch of time that a worker thread was on a CPU.
CREATE VIEW thread_view AS
SELECT
  c.side AS side, -- guest or host
  t.tid AS tid, -- thread
  t.woken_ns + c.origin_ns AS woken_ns, -- it was woken before it got the CPU
  t.on_ns + c.origin_ns AS on_ns, -- it got the CPU, on the clock of the capture
  t.off_ns + c.origin_ns AS off_ns, -- it lost the CPU; NULL: still running at the end
  t.capture_id AS capture_id -- capture
FROM thread_state t
JOIN capture c ON c.capture_id = t.capture_id;

-- One row per device and capture whose mappings were bounced, as the tracepoint swiotlb_bounced saw it.
CREATE VIEW bounce_view AS
SELECT
  c.side AS side, -- guest or host
  c.path AS path, -- trace
  b.device AS device, -- the device as the kernel names it: 0000:00:02.0
  b.bounces AS bounces, -- mappings that were bounced, inside requests or not
  b.bytes AS bytes, -- bytes of them
  b.forced AS forced, -- of the mappings, those that the guest forces through bounce buffers
  b.capture_id AS capture_id -- capture
FROM bounce b
JOIN capture c ON c.capture_id = b.capture_id;

-- One row per virtual machine whose pool of bounce buffers a facts file describes.
CREATE VIEW swiotlb_pool_view AS
SELECT
  p.vm AS vm, -- virtual machine
  p.pool_slots AS pool_slots, -- slots of 2 KiB in the pool
  p.used_slots AS used_slots, -- the most that were seen in use
  p.full AS full, -- how often the kernel log says that the pool is full
  p.refused_bytes AS refused_bytes, -- the largest buffer that it refused then
  p.option_slots AS option_slots, -- N of swiotlb=N in the boot parameters
  p.memory_bytes AS memory_bytes, -- memory of the guest
  p.protection AS protection, -- none; x86: SEV or TDX; s390: Secure Execution
  (SELECT max(c.kernel) FROM device d JOIN capture c ON c.capture_id = d.capture_id WHERE d.vm = p.vm AND c.side = 'guest') AS kernel, -- of the guest
  p.source AS source -- file that says so
FROM swiotlb_pool p;

-- One row per thing that a source of facts says of a machine, a side or a device.
CREATE VIEW fact_view AS
SELECT
  f.vm AS vm, -- virtual machine
  f.subject AS subject, -- machine, guest, host, or a device: virtio0 ..., or as its source calls it where the guest's name of it is not known
  f.name AS name, -- what is said of it: vmm, kind, bus_id, vhost, access_platform, queues ...
  f.value AS value, -- as text; on or off for what is a switch
  f.source AS source -- file that says so
FROM fact f;

-- One row per segment of the clock model.
CREATE VIEW clock_view AS
SELECT
  k.segment_id AS segment_id, -- clock segment
  g.path AS guest_path, -- guest trace
  h.path AS host_path, -- host trace
  k.begin_ns + h.origin_ns AS begin_ns, -- host time of its first constraint
  k.end_ns + h.origin_ns AS end_ns, -- host time of its last constraint
  k.offset_ns AS offset_ns, -- guest clock minus host clock in the middle of the segment, estimate
  k.error_ns AS error_ns, -- largest +- of it inside the segment
  k.drift_ppb AS drift_ppb, -- guest clock rate minus host clock rate, parts per 1e9, estimate
  k.drift_error_ppb AS drift_error_ppb, -- +- of it
  k.quality AS quality, -- absent, incomplete, approximate, accurate, fail
  k.constraints AS constraints, -- inequalities used
  k.source AS source, -- what bounds it: chains, kvm, tsc, contradicted
  k.guest_capture_id AS guest_capture_id, -- guest capture
  k.host_capture_id AS host_capture_id -- host capture
FROM clock_segment k
JOIN capture g ON g.capture_id = k.guest_capture_id
JOIN capture h ON h.capture_id = k.host_capture_id;
