-- SPDX-License-Identifier: GPL-2.0-or-later
-- Views: the stable way to read a case database. Tables may change between schema versions, these columns only grow.
--
-- Every absolute time of a view is the trace's own timestamp: capture.origin_ns has been added back.
-- NULL means "not seen" or "not known". A device is shown under its guest's name where that is known.

-- One row per device and side, with what both sides together know of its identity.
CREATE VIEW device_side_view AS
SELECT
  d.device_id AS device_id, -- device
  c.side AS side, -- guest or host: whose row this is
  d.capture_id AS capture_id, -- capture that saw it
  c.origin_ns AS origin_ns, -- add to a fact's absolute time to get the trace's timestamp
  CASE WHEN c.side = 'guest' THEN d.device_id ELSE g.device_id END AS guest_device_id, -- the guest's row; NULL: unpaired host device
  CASE WHEN c.side = 'host' THEN coalesce(gp.host_device_id, d.device_id) ELSE h.device_id END AS host_device_id, -- the host's row; of several that serve one guest device, the one that stands for them; NULL: unpaired guest device
  coalesce(g.vm, d.vm) AS vm, -- virtual machine, as the guest's row says if there is one
  coalesce(g.name, d.name) AS device, -- the guest's name, else the host's
  coalesce(nullif(g.transport, 'unknown'), nullif(d.transport, 'unknown'), h.transport, 'unknown') AS transport, -- pci, ccw, mmio, vhost-user, unknown; the guest's word first
  CASE WHEN g.transport <> 'unknown' THEN g.transport_source WHEN d.transport <> 'unknown' THEN d.transport_source ELSE coalesce(h.transport_source, 'unknown') END AS transport_source, -- facts, inferred, unknown
  coalesce(nullif(g.kind, 'unknown'), nullif(d.kind, 'unknown'), h.kind, 'unknown') AS device_kind, -- net, blk, scsi ...; the guest's word first
  CASE WHEN g.kind <> 'unknown' THEN g.kind_source WHEN d.kind <> 'unknown' THEN d.kind_source ELSE coalesce(h.kind_source, 'unknown') END AS kind_source, -- facts, inferred, unknown
  coalesce(hp.first_queue, 0) AS first_queue -- index in the guest of its queue 0: above 0 for the second and later vhost devices of one guest device
FROM device d
JOIN capture c ON c.capture_id = d.capture_id
LEFT JOIN (SELECT host_device_id, min(guest_device_id) AS guest_device_id, first_queue FROM device_pair GROUP BY host_device_id) hp ON hp.host_device_id = d.device_id
LEFT JOIN device_pair gp ON gp.guest_device_id = coalesce(hp.guest_device_id, d.device_id) AND gp.main = 1
LEFT JOIN device h ON h.device_id = gp.host_device_id AND c.side = 'guest'
LEFT JOIN device g ON g.device_id = hp.guest_device_id;

-- One row per queue and side, with the names it is shown under.
CREATE VIEW queue_side_view AS
SELECT
  q.queue_id AS queue_id, -- queue
  CASE WHEN d.side = 'host' THEN d.host_device_id ELSE d.device_id END AS device_id, -- device; of several host devices that serve one guest device, the one that stands for them
  d.side AS side, -- guest or host: whose queue this is
  d.capture_id AS capture_id, -- capture that saw it
  d.origin_ns AS origin_ns, -- add to a fact's absolute time to get the trace's timestamp
  d.vm AS vm, -- virtual machine
  d.device AS device, -- the guest's name of the device where known, else the host's
  d.transport AS transport, -- pci, ccw, mmio, vhost-user, unknown
  d.device_kind AS device_kind, -- net, blk, scsi ... or unknown
  q.queue_index + d.first_queue AS queue_index, -- index on its device, the guest's where that is known
  CASE WHEN d.side = 'guest' THEN q.name ELSE coalesce((SELECT min(gq.name) FROM queue gq WHERE gq.device_id = d.guest_device_id AND gq.queue_index = q.queue_index + d.first_queue), q.name) END AS queue_name, -- rx0, tx0, req0 ...; the guest's name of the same index where known
  q.size AS size, -- ring entries
  q.layout AS layout, -- split or packed
  q.event_idx AS event_idx, -- 1: VIRTIO_F_EVENT_IDX negotiated
  q.indirect AS indirect -- 1: VIRTIO_F_INDIRECT_DESC negotiated
FROM queue q
JOIN device_side_view d ON d.device_id = q.device_id;

-- One row per descriptor chain: when it started, how long it took, which cause took how much of it, and its points.
-- CROSS JOIN keeps the order of the loops: few queues outside, their chains by primary key inside.
CREATE VIEW chain_view AS
-- An epoch of a host queue that no guest driver took part in (firmware) keeps the host's name of the device.
WITH named AS MATERIALIZED (
  SELECT q.*, e.epoch AS epoch,
    CASE WHEN q.side = 'host' AND NOT EXISTS (SELECT 1 FROM pair_segment p WHERE p.host_queue_id = q.queue_id AND p.host_epoch = e.epoch)
      THEN own.name ELSE q.device END AS shown
  FROM queue_side_view q JOIN queue mine ON mine.queue_id = q.queue_id JOIN device own ON own.device_id = mine.device_id JOIN queue_epoch e ON e.queue_id = q.queue_id)
SELECT
  s.vm AS vm, -- virtual machine
  s.shown AS device, -- the guest's name of the device where known, else the host's
  s.transport AS transport, -- pci, ccw, mmio, vhost-user, unknown
  s.device_kind AS device_kind, -- net, blk, scsi ... or unknown
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  c.position AS position, -- avail position on the queue of queue_id, counted without wrap
  c.start_ns + s.origin_ns AS start_ns, -- Q, or the first host point when only the host saw the chain; clock of the capture of queue_id
  CASE WHEN c.flags & 2 = 0 THEN {sum of c} END AS total_ns, -- latency = sum of the causes; without stock_ns and reap_wait_ns; NULL: incomplete
  c.{cause}_ns AS {cause}_ns, -- {meaning}
  c.iotlb_induced_ns AS iotlb_induced_ns, -- waiting for misses of other chains or of ring metadata; contained in iotlb_ns
  c.flags & 1 AS suspect, -- 1: overlaps a loss, so an absence in it proves nothing
  CASE WHEN c.points & 2 THEN g.m_ns END AS m_ns, -- M: last DMA mapping inside the add ended; like all points in ns from start_ns
  CASE WHEN c.points & 4 THEN g.a_ns END AS a_ns, -- A: published in the avail ring
  CASE WHEN c.points & 8 THEN g.k_ns END AS k_ns, -- K: guest rang the doorbell
  CASE WHEN c.points & 16 THEN h.f_ns + h.n_ns - c.start_ns + CASE WHEN c.pair_id IS NULL THEN 0 ELSE c.host_shift_ns END END AS n_ns, -- n: receive packet reached the backend
  CASE WHEN c.points & 32 THEN h.f_ns + h.k_ns - c.start_ns + CASE WHEN c.pair_id IS NULL THEN 0 ELSE c.host_shift_ns END END AS host_k_ns, -- k: host saw the doorbell
  CASE WHEN c.points & 64 THEN h.f_ns + h.w_ns - c.start_ns + CASE WHEN c.pair_id IS NULL THEN 0 ELSE c.host_shift_ns END END AS w_ns, -- w: worker entered the queue
  CASE WHEN c.points & 128 THEN h.f_ns + h.t_ns - c.start_ns + CASE WHEN c.pair_id IS NULL THEN 0 ELSE c.host_shift_ns END END AS t_ns, -- t: first fetch attempt
  CASE WHEN c.points & 256 THEN h.f_ns - c.start_ns + CASE WHEN c.pair_id IS NULL THEN 0 ELSE c.host_shift_ns END END AS f_ns, -- f: fetched
  CASE WHEN c.points & 512 THEN h.f_ns + h.p_ns - c.start_ns + CASE WHEN c.pair_id IS NULL THEN 0 ELSE c.host_shift_ns END END AS p_ns, -- p: backend finished
  CASE WHEN c.points & 1024 THEN h.f_ns + h.u_ns - c.start_ns + CASE WHEN c.pair_id IS NULL THEN 0 ELSE c.host_shift_ns END END AS u_ns, -- u: used entry published
  CASE WHEN c.points & 2048 THEN h.f_ns + h.s_ns - c.start_ns + CASE WHEN c.pair_id IS NULL THEN 0 ELSE c.host_shift_ns END END AS s_ns, -- s: interrupt sent
  CASE WHEN c.points & 4096 THEN g.i_ns END AS i_ns, -- I: guest took the vring interrupt
  CASE WHEN c.points & 8192 THEN g.d_ns END AS d_ns, -- D: first unmap inside get_buf
  CASE WHEN c.points & 16384 THEN g.r_ns END AS r_ns, -- R: get_buf returned the chain
  CASE WHEN c.points & 32768 THEN g.c_ns END AS c_ns, -- C: driver done, after unmap and bounce back
  c.cross_error_ns AS cross_error_ns, -- +- of every phase that crosses the clocks (exit, pickup, inject, notice)
  c.stock_ns AS stock_ns, -- receive buffer waiting for a packet before the latency starts
  c.reap_wait_ns AS reap_wait_ns, -- transmit buffer waiting to be reaped after the latency ended
  CASE WHEN c.flags & 4 THEN 'guest' WHEN c.flags & 8 THEN 'host' ELSE 'full' END AS scope, -- full, guest or host: which halves there are
  c.flags & 2 = 0 AS complete, -- 0: no end was seen, causes are NULL
  c.queue_id AS queue_id, -- guest queue, or the host queue when only the host saw the chain
  c.epoch AS epoch, -- epoch of that queue
  s.device_id AS device_id, -- device of that queue
  c.pair_id AS pair_id, -- pair_segment; NULL: only one half
  h.queue_id AS host_queue_id, -- host queue; NULL: no host half
  h.epoch AS host_epoch, -- its epoch
  h.position AS host_position, -- avail position as the host counts it
  c.points AS points, -- bits of the points that belong to the chain's own life (order Q M A K n k w t f p u s I D R C)
  c.flags AS flags, -- bits as in chain.flags
  (c.flags & 16) / 16 AS start_assumed, -- 1: counted from the doorbell that opened the burst, so at most this long
  (c.flags & 64) / 64 AS clock_unknown -- 1: no clock model covers it
FROM named s
CROSS JOIN chain c ON c.queue_id = s.queue_id AND c.epoch = s.epoch
LEFT JOIN guest_half g ON g.queue_id = c.queue_id AND g.epoch = c.epoch AND g.position = c.position
LEFT JOIN pair_segment ps ON ps.pair_id = c.pair_id
LEFT JOIN host_half h ON h.queue_id = coalesce(ps.host_queue_id, c.queue_id) AND h.epoch = coalesce(ps.host_epoch, c.epoch)
  AND h.position = c.position - coalesce(ps.shift, 0);

-- One row per chain and point that was seen, with the point's name: the order of a chain's life.
CREATE VIEW point_view AS
WITH point AS (
  SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 0 AS rank, 'Q' AS letter, 'add entered' AS point, 'guest' AS side, 0 AS ns FROM chain_view WHERE scope <> 'host'
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 1, 'M', 'mapped', 'guest', m_ns FROM chain_view WHERE m_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 2, 'A', 'published', 'guest', a_ns FROM chain_view WHERE a_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 3, 'K', 'doorbell rung', 'guest', k_ns FROM chain_view WHERE k_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 4, 'n', 'packet arrived', 'host', n_ns FROM chain_view WHERE n_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 5, 'k', 'doorbell seen', 'host', host_k_ns FROM chain_view WHERE host_k_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 6, 'w', 'worker entered', 'host', w_ns FROM chain_view WHERE w_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 7, 't', 'fetch tried', 'host', t_ns FROM chain_view WHERE t_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 8, 'f', 'fetched', 'host', f_ns FROM chain_view WHERE f_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 9, 'p', 'backend done', 'host', p_ns FROM chain_view WHERE p_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 10, 'u', 'used published', 'host', u_ns FROM chain_view WHERE u_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 11, 's', 'interrupt sent', 'host', s_ns FROM chain_view WHERE s_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 12, 'I', 'interrupt taken', 'guest', i_ns FROM chain_view WHERE i_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 13, 'D', 'unmapping begun', 'guest', d_ns FROM chain_view WHERE d_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 14, 'R', 'returned', 'guest', r_ns FROM chain_view WHERE r_ns IS NOT NULL
  UNION ALL SELECT vm, device, queue_name, queue_id, epoch, position, start_ns, 15, 'C', 'driver done', 'guest', c_ns FROM chain_view WHERE c_ns IS NOT NULL
)
SELECT
  p.vm AS vm, -- virtual machine
  p.device AS device, -- the guest's name of the device where known, else the host's
  p.queue_name AS queue_name, -- rx0, tx0, req0 ...
  p.position AS position, -- avail position of the chain
  p.point AS point, -- what happened: add entered, mapped, published, doorbell rung, packet arrived, doorbell seen, worker entered, fetch tried, fetched, backend done, used published, interrupt sent, interrupt taken, unmapping begun, returned, driver done
  p.letter AS letter, -- its short form, as in the columns of chain_view: Q M A K n k w t f p u s I D R C
  p.side AS side, -- guest or host: where it was seen
  p.ns AS ns, -- after the chain's start
  p.start_ns AS start_ns, -- the chain's start, as in chain_view
  p.rank AS rank, -- order of the points in a chain's life, from 0
  p.queue_id AS queue_id, -- queue, as in chain_view
  p.epoch AS epoch -- its epoch
FROM point p;

-- One row per transport, device, queue and cause; cause 'latency' is the whole.
CREATE VIEW cause_view AS
SELECT
  s.vm AS vm, -- virtual machine
  t.transport AS transport, -- pci, ccw, mmio, vhost-user, unknown
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  t.cause AS cause, -- latency, {causes}, iotlb_induced (contained in iotlb)
  t.scope AS scope, -- what the latency spans: full, guest or host
  t.chains AS chains, -- complete chains
  t.total_ns AS total_ns, -- sum over them
  CAST(t.total_ns AS REAL) / nullif(whole.total_ns, 0) AS share, -- part of the queue's latency, 0 to 1; NULL: no latency
  t.p50_ns AS p50_ns, -- median over the chains
  t.p99_ns AS p99_ns, -- 99th percentile
  t.p999_ns AS p999_ns, -- 99.9th percentile
  t.max_ns AS max_ns, -- largest
  t.exact AS exact, -- 1: percentiles are order statistics; 0: from a histogram, at most 1.1 % off
  t.stuck AS stuck, -- cause latency: stuck chains that p50_ns ... max_ns count with their age: lower bounds
  s.device_kind AS device_kind, -- net, blk, scsi ... or unknown
  t.device_id AS device_id, -- device
  t.queue_id AS queue_id -- queue
FROM cause_total t
JOIN queue_side_view s ON s.queue_id = t.queue_id
LEFT JOIN cause_total whole ON whole.level = t.level AND whole.transport = t.transport AND whole.device_id = t.device_id
  AND whole.queue_id = t.queue_id AND whole.cause = 'latency'
WHERE t.level = 'queue';

-- One row per cause and device, and per cause and queue: how much of the latency the cause takes.
CREATE VIEW cause_share_view AS
WITH part AS (
  SELECT t.device_id, t.queue_id, t.cause, whole.chains, whole.total_ns AS latency_ns, t.total_ns
  FROM cause_total t
  JOIN cause_total whole ON whole.level = t.level AND whole.transport = t.transport AND whole.device_id = t.device_id
    AND whole.queue_id = t.queue_id AND whole.cause = 'latency'
  WHERE t.level = 'queue'
), summed AS (
  SELECT device_id, NULL AS queue_id, cause, sum(chains) AS chains, sum(latency_ns) AS latency_ns, sum(total_ns) AS total_ns
  FROM part GROUP BY device_id, cause
  UNION ALL
  SELECT device_id, queue_id, cause, sum(chains), sum(latency_ns), sum(total_ns) FROM part GROUP BY device_id, queue_id, cause
)
SELECT
  p.device_id AS device_id, -- device (the guest's row, else the host's)
  p.queue_id AS queue_id, -- queue; NULL: all queues of the device together
  p.cause AS cause, -- as in cause_view
  p.chains AS chains, -- complete chains
  p.latency_ns AS latency_ns, -- their latency, summed
  p.total_ns AS total_ns, -- part of it that the cause takes
  round(100.0 * p.total_ns / nullif(p.latency_ns, 0), 1) AS percent -- the same in percent; NULL: no latency
FROM summed p;

-- One row per device and cause that a setting can take away: what a replay of the chains says of the device without it.
CREATE VIEW prediction_view AS
SELECT
  p.device_id AS device_id, -- device (the guest's row, else the host's), all its queues together
  p.cause AS cause, -- what is taken away: iotlb, swiotlb
  p.chains AS chains, -- chains replayed
  p.mean_ns AS replayed_mean_ns, -- their mean latency as recorded
  p.p50_ns AS replayed_p50_ns, -- their median as recorded
  (p.mean_low_ns + p.mean_high_ns) / 2 AS predicted_mean_ns, -- predicted mean: middle between load that comes when it came and load that follows its answers
  (p.p50_low_ns + p.p50_high_ns) / 2 AS predicted_p50_ns, -- predicted median
  round(100 - 50.0 * (p.mean_low_ns + p.mean_high_ns) / p.mean_ns, 1) AS gain_percent, -- by how much the mean gets shorter
  round(100 - 100.0 * p.mean_high_ns / p.mean_ns, 1) AS gain_low_percent, -- at least
  round(100 - 100.0 * p.mean_low_ns / p.mean_ns, 1) AS gain_high_percent -- at most
FROM prediction p;

-- One row per device: both sides of a pair merged, unpaired devices as they are.
CREATE VIEW device_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name where known, else the host's
  CASE WHEN s.side = 'guest' THEN d.name END AS guest_name, -- name in the guest; NULL: the guest side was not seen
  CASE WHEN s.side = 'guest' THEN h.name ELSE d.name END AS host_name, -- name on the host; NULL: the host side was not seen
  p.method AS paired_by, -- how the two sides were put together; NULL: one side only
  s.transport AS transport, -- pci, ccw, mmio, vhost-user, unknown
  s.transport_source AS transport_source, -- facts, inferred, unknown
  s.device_kind AS device_kind, -- net, blk, scsi ... or unknown
  s.kind_source AS kind_source, -- facts, inferred, unknown
  coalesce(d.bus_id, h.bus_id) AS bus_id, -- PCI address, ccw bus id or platform device name
  coalesce(d.features_negotiated, h.features_negotiated) AS features_negotiated, -- virtio feature bits in force
  coalesce(d.access_platform, h.access_platform) AS access_platform, -- 1: VIRTIO_F_ACCESS_PLATFORM negotiated
  coalesce(d.dma_api, h.dma_api) AS dma_api, -- 1: the guest's ring uses the DMA API
  CASE WHEN d.dma_api IS NOT NULL THEN d.dma_api_reason ELSE coalesce(h.dma_api_reason, d.dma_api_reason) END AS dma_api_reason, -- why it does or does not
  coalesce(d.iommu_group_type, h.iommu_group_type) AS iommu_group_type, -- none, identity, DMA, DMA-FQ
  coalesce(h.translation, d.translation) AS translation, -- who translates ring addresses: not in path, device iotlb, viommu; the host's evidence first
  CASE WHEN h.translation IS NOT NULL THEN h.translation_reason ELSE coalesce(d.translation_reason, h.translation_reason) END AS translation_reason, -- evidence for it
  coalesce(d.swiotlb_forced, h.swiotlb_forced) AS swiotlb_forced, -- 1: swiotlb=force or protected guest
  coalesce(h.vhost, d.vhost) AS vhost, -- 1: the kernel's vhost serves it
  coalesce(h.vmm_pid, d.vmm_pid) AS vmm_pid, -- process of the VMM on the host
  coalesce(h.vmm_id, d.vmm_id) AS vmm_id, -- id of the device in the VMM
  d.active AS active, -- 0: facts name it but no driver was bound
  s.guest_device_id AS guest_device_id, -- the guest's row of device
  s.host_device_id AS host_device_id, -- the host's row of device
  d.device_id AS device_id -- the guest's row, else the host's: the device_id of its chains and causes
FROM device d
JOIN device_side_view s ON s.device_id = d.device_id
LEFT JOIN device_pair p ON p.guest_device_id = d.device_id AND p.main = 1
LEFT JOIN device h ON h.device_id = p.host_device_id
WHERE d.device_id NOT IN (SELECT host_device_id FROM device_pair);

-- One row per queue, side and epoch with everything that is counted once per hit.
CREATE VIEW queue_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.transport AS transport, -- pci, ccw, mmio, vhost-user, unknown
  s.device_kind AS device_kind, -- net, blk, scsi ... or unknown
  s.queue_index AS queue_index, -- index on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  s.side AS side, -- guest or host: who counted
  e.epoch AS epoch, -- 0, 1 ...: ring (re)starts that were seen
  e.start_ns + s.origin_ns AS start_ns, -- when the ring was reset; NULL: before the capture
  e.end_ns + s.origin_ns AS end_ns, -- when it ended; NULL: after the capture
  q.size AS size, -- ring entries
  q.layout AS layout, -- split or packed
  q.event_idx AS event_idx, -- 1: VIRTIO_F_EVENT_IDX negotiated
  q.indirect AS indirect, -- 1: VIRTIO_F_INDIRECT_DESC negotiated
  e.anchor AS anchor, -- start, ring or order: how positions are known
  e.first_position AS first_position, -- first avail position seen
  e.last_position AS last_position, -- last avail position seen
  e.position_gaps AS position_gaps, -- jumps in the positions: chains that no probe saw
  e.adds AS adds, -- guest: chains published
  e.failed_adds AS failed_adds, -- guest: adds that returned an error
  e.full_adds AS full_adds, -- guest: of the failed adds, those that found no room in the ring
  e.unmapped_adds AS unmapped_adds, -- guest: of the failed adds, those whose buffers could not be mapped
  e.retried_adds AS retried_adds, -- guest: adds, failed or not, of a request whose last add had failed
  e.gets AS gets, -- guest: chains reaped
  e.empty_gets AS empty_gets, -- guest: get_buf calls that found nothing
  e.gets_without_add AS gets_without_add, -- guest: reaped chains whose add was not seen
  e.unseen_gets AS unseen_gets, -- guest: chains that must have been reaped unseen
  e.doorbell_decisions AS doorbell_decisions, -- guest: decisions whether the device needs a doorbell
  e.doorbells_needed AS doorbells_needed, -- guest: of these, the doorbells that were needed
  e.doorbells_rung AS doorbells_rung, -- guest: doorbells rung
  e.interrupts AS interrupts, -- guest: vring interrupts taken; host: interrupts sent
  e.bounces AS bounces, -- guest: swiotlb bounces inside adds
  e.bounce_bytes AS bounce_bytes, -- guest: bytes bounced inside adds
  e.copies_in_get AS copies_in_get, -- guest: swiotlb copies back inside gets
  e.copy_bytes_in_get AS copy_bytes_in_get, -- guest: bytes copied back inside gets
  e.fetches AS fetches, -- host: chains fetched
  e.used AS used, -- host: chains given back
  e.flushes AS flushes, -- host: used-index writes
  e.doorbells_seen AS doorbells_seen, -- host: doorbells that arrived
  e.doorbells_other_thread AS doorbells_other_thread, -- host: of these, outside the thread that serves the queue
  e.eagain_fetches AS eagain_fetches, -- host: fetches stopped by an IOTLB miss
  e.empty_fetches AS empty_fetches, -- host: fetches that found the ring empty
  e.error_fetches AS error_fetches, -- host: fetches that failed otherwise
  e.failed_prefetches AS failed_prefetches, -- host: rounds stopped by a miss on ring metadata
  e.discarded AS discarded, -- host: fetched chains handed back to be fetched again
  e.misses AS misses, -- host: IOTLB misses, own and metadata
  e.metadata_misses AS metadata_misses, -- host: of these, on ring metadata
  e.head_mismatches AS head_mismatches, -- host: used entries whose head was not that of the oldest fetched chain
  e.worker_tid AS worker_tid, -- host: thread of vhost, or of a probed QEMU, that fetched last; NULL: not recorded
  s.device_id AS device_id, -- device
  e.queue_id AS queue_id -- queue
FROM queue_epoch e
JOIN queue q ON q.queue_id = e.queue_id
JOIN queue_side_view s ON s.queue_id = e.queue_id;

-- One row per capture: may it be trusted? Anomalies found between captures are only in anomaly_view.
CREATE VIEW health_view AS
SELECT
  c.capture_id AS capture_id, -- capture
  c.side AS side, -- guest or host
  c.path AS path, -- trace
  c.events AS events, -- events read
  c.decoded AS decoded, -- of these, understood
  c.unknown AS unknown, -- of these, of no known name
  c.discarded AS discarded, -- events the tracer says it lost; -1: lost, number unknown
  c.probes_missed AS probes_missed, -- kprobe hits skipped because they nested; NULL: not known
  (SELECT count(*) FROM loss l WHERE l.capture_id = c.capture_id) AS loss_ranges, -- time ranges in which events were lost
  (SELECT coalesce(sum(l.count), 0) FROM loss l WHERE l.capture_id = c.capture_id) AS lost_events, -- events lost in the ranges that know their number
  (SELECT count(*) FROM loss l WHERE l.capture_id = c.capture_id AND l.count IS NULL) AS uncounted_ranges, -- ranges that do not know it
  (SELECT coalesce(sum(a.count), 0) FROM anomaly a WHERE a.capture_id = c.capture_id AND a.severity = 'info') AS infos, -- anomalies that are expected now and then
  (SELECT coalesce(sum(a.count), 0) FROM anomaly a WHERE a.capture_id = c.capture_id AND a.severity = 'warning') AS warnings, -- anomalies that affect some chains
  (SELECT coalesce(sum(a.count), 0) FROM anomaly a WHERE a.capture_id = c.capture_id AND a.severity = 'error') AS errors -- anomalies that make the results doubtful
FROM capture c;

-- One row per capture whose collector measured what its probes cost. The time of a probe is part of what was measured.
CREATE VIEW probe_cost_view AS
WITH part AS (
  SELECT d.capture_id, t.chains, t.total_ns
  FROM cause_total t JOIN device d ON d.device_id = t.device_id
  WHERE t.level = 'queue' AND t.cause = 'latency'
  UNION ALL
  SELECT d.capture_id, t.chains, t.total_ns
  FROM cause_total t JOIN (SELECT DISTINCT p.guest_device_id, h.capture_id FROM device_pair p JOIN device h ON h.device_id = p.host_device_id) d ON d.guest_device_id = t.device_id
  WHERE t.level = 'queue' AND t.cause = 'latency' AND t.scope = 'full'
), latency AS (
  SELECT capture_id, sum(chains) AS chains, sum(total_ns) AS total_ns FROM part GROUP BY capture_id
)
SELECT
  c.capture_id AS capture_id, -- capture
  c.side AS side, -- guest or host
  CAST(h.value AS INTEGER) AS hits, -- how often a probe ran
  CAST(n.value AS INTEGER) AS probe_ns, -- how long all of them took together: one of 61 is timed, and getting in and out is measured once at the start
  l.chains AS chains, -- complete chains that this capture is part of; NULL: none
  l.total_ns AS latency_ns, -- their latency, summed
  round(100.0 * n.value / nullif(l.total_ns, 0), 2) AS percent -- probable part of the probes in it; NULL: no latency
FROM capture c
JOIN meta h ON h.key = 'probe_hits.' || c.capture_id
JOIN meta n ON n.key = 'probe_ns.' || c.capture_id
LEFT JOIN latency l ON l.capture_id = c.capture_id;

-- One row per time range in which events were lost.
CREATE VIEW loss_view AS
SELECT
  c.side AS side, -- guest or host
  c.path AS path, -- trace
  s.vm AS vm, -- virtual machine; NULL: the whole capture is affected
  s.device AS device, -- device, if only one queue is affected
  s.queue_index AS queue_index, -- index of that queue on its device
  s.queue_name AS queue_name, -- its name
  l.begin_ns + c.origin_ns AS begin_ns, -- start of the range, on the capture's clock
  l.end_ns + c.origin_ns AS end_ns, -- end of the range
  l.count AS count, -- events lost; NULL: unknown
  l.reason AS reason, -- discarded, overwritten, missed, gap, truncated, wrapped
  l.capture_id AS capture_id, -- capture
  l.queue_id AS queue_id -- queue; NULL: the whole capture
FROM loss l
JOIN capture c ON c.capture_id = l.capture_id
LEFT JOIN queue_side_view s ON s.queue_id = l.queue_id;

-- One row per kind of bad event and place.
CREATE VIEW anomaly_view AS
SELECT
  a.severity AS severity, -- info: expected now and then; warning: some chains are affected; error: results are doubtful
  a.kind AS kind, -- kebab-case name of what is wrong
  a.count AS count, -- how often
  c.side AS side, -- guest or host; NULL: found when both sides were put together
  c.path AS path, -- trace
  s.vm AS vm, -- virtual machine; NULL: no queue is concerned
  s.device AS device, -- device
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- its name
  a.first_ns + coalesce(c.origin_ns, 0) AS first_ns, -- first time, on the capture's clock
  a.last_ns + coalesce(c.origin_ns, 0) AS last_ns, -- last time
  a.detail AS detail, -- the first occurrence in words
  a.capture_id AS capture_id, -- capture
  a.queue_id AS queue_id -- queue
FROM anomaly a
LEFT JOIN capture c ON c.capture_id = a.capture_id
LEFT JOIN queue_side_view s ON s.queue_id = a.queue_id
UNION ALL
SELECT 'warning', 'tsc-contradicts', count(*), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  'the time stamp counters of guest and host say something else of their clocks than the chains, and are not used',
  NULL, NULL
FROM clock_segment WHERE source = 'contradicted' HAVING count(*) > 0;

-- One row per queue and epoch with halves that found no partner.
CREATE VIEW unpaired_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  s.side AS side, -- guest or host: whose halves
  u.epoch AS epoch, -- epoch of that queue
  u.chains AS chains, -- halves without a partner
  u.reason AS reason, -- in words
  u.queue_id AS queue_id -- queue
FROM unpaired u
JOIN queue_side_view s ON s.queue_id = u.queue_id;

-- One row per finding, worst first by finding_id.
CREATE VIEW finding_view AS
SELECT
  f.finding_id AS finding_id, -- order: worst first
  f.rule AS rule, -- kebab-case id of the rule
  f.severity AS severity, -- info, warning, critical
  f.confidence AS confidence, -- high, medium, low
  d.vm AS vm, -- virtual machine; NULL: the whole case
  d.device AS device, -- device; NULL: the whole case
  q.queue_name AS queue_name, -- queue; NULL: the whole device
  f.sample AS sample, -- how many chains, mappings, misses or events it stands on
  f.title AS title, -- the finding in one sentence
  f.action AS action, -- what to do, in one line with the command last; change says more
  f.cause AS cause, -- cause of latency that it is about; NULL: none, or several
  f.explained_ns AS explained_ns, -- latency of the chains of its device or queue that it explains; 0: not known
  f.evidence AS evidence, -- the row that sql returned, as a JSON object
  f.sql AS sql, -- returns that row again
  f.why AS why, -- why it happens
  f.change AS change, -- what to change
  f.cost AS cost, -- what that costs or risks
  f.how_to_check AS how_to_check, -- what to look at to confirm or refute it
  f.device_id AS device_id, -- device
  f.queue_id AS queue_id -- queue
FROM finding f
LEFT JOIN device_side_view d ON d.device_id = f.device_id
LEFT JOIN queue_side_view q ON q.queue_id = f.queue_id;
