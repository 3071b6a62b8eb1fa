-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: whether the pool of bounce buffers is short.
WITH epochs AS (
  SELECT coalesce(sum(failed_adds), 0) AS failed_adds, min(size) AS smallest_ring
  FROM queue_view WHERE device_id = :guest_device_id AND bounces > 0
), bounce AS (
  SELECT
    coalesce(sum(bounced), 0) AS bounced_chains,
    sum(bounces) AS bounces,
    sum(swiotlb_out_ns) AS out_ns,
    coalesce(sum(swiotlb_searched), 0) AS searched,
    sum(swiotlb_search_ns) AS search_ns
  FROM half_total_view WHERE device_id = :guest_device_id
), pool AS (
  SELECT coalesce(max(bounced), 0) AS looked_at, max(most_bounced) AS most_in_flight, max(most_slots) AS most_slots
  FROM device_total_view WHERE device_id = :guest_device_id
)
SELECT
  d.swiotlb_forced,
  f.pool_slots, -- what decides the size of the pool; NULL: not known
  f.option_slots,
  f.memory_bytes,
  f.protection,
  f.kernel,
  e.failed_adds,
  e.smallest_ring, -- entries of the smallest ring that bounces
  b.bounced_chains,
  b.bounces,
  b.out_ns,
  b.searched,
  b.search_ns,
  round(100.0 * b.search_ns / nullif(b.out_ns, 0), 1) AS search_percent, -- of out_ns
  round(100.0 * b.search_ns / nullif(c.latency_ns, 0), 1) AS search_of_latency_percent,
  b.search_ns / nullif(b.bounces, 0) AS search_each_ns,
  p.looked_at,
  p.most_in_flight,
  p.most_slots, -- slots that the device held at once
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS swiotlb_ns,
  c.percent AS swiotlb_percent
FROM device_view d
CROSS JOIN epochs e
CROSS JOIN bounce b
CROSS JOIN pool p
LEFT JOIN swiotlb_pool_view f ON f.vm = d.vm
LEFT JOIN cause_share_view c ON c.device_id = :device_id AND c.queue_id IS NULL AND c.cause = 'swiotlb'
WHERE d.device_id = :device_id;
