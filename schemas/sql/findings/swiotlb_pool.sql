-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: whether the pool of bounce buffers is short.
WITH epochs AS (
  SELECT coalesce(sum(failed_adds), 0) AS failed_adds, min(size) AS smallest_ring
  FROM queue_view WHERE device_id = :guest_device_id AND bounces > 0
), bounce AS (
  SELECT
    coalesce(sum(bounces > 0), 0) AS bounced_chains,
    sum(bounces) AS bounces,
    sum(swiotlb_out_ns) AS out_ns,
    count(swiotlb_search_ns) AS searched,
    sum(swiotlb_search_ns) AS search_ns
  FROM guest_half_view WHERE device_id = :guest_device_id
), bounced AS (
  -- A slot has 2048 bytes; each bounce may take one more than its bytes fill.
  SELECT start_ns, c_ns, max(0, min(bounces + coalesce(bounce_bytes, 0) / 2048, 1 << 30)) AS slots
  FROM guest_half_view WHERE device_id = :guest_device_id AND bounces > 0 AND c_ns IS NOT NULL LIMIT 100000
), pool AS (
  SELECT max(in_flight) AS most_in_flight, max(held) AS most_slots FROM (
    SELECT sum(step) OVER past AS in_flight, sum(step * slots) OVER past AS held FROM (
      SELECT start_ns AS ns, 1 AS step, slots FROM bounced UNION ALL SELECT start_ns + c_ns, -1, slots FROM bounced)
    WINDOW past AS (ORDER BY ns, step ROWS UNBOUNDED PRECEDING))
)
SELECT
  d.swiotlb_forced,
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
  (SELECT count(*) FROM bounced) AS looked_at,
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
LEFT JOIN cause_share_view c ON c.device_id = :device_id AND c.queue_id IS NULL AND c.cause = 'swiotlb'
WHERE d.device_id = :device_id;
