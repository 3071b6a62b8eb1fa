-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: what its bounce buffers take.
WITH bounce AS (
  SELECT
    sum(bounced) AS bounced_chains,
    sum(bounces) AS bounces,
    CAST(total(bounce_bytes) AS INTEGER) AS bounce_bytes,
    CAST(total(copy_back_bytes) AS INTEGER) AS copy_back_bytes,
    sum(swiotlb_out_ns) AS out_ns,
    sum(swiotlb_search_ns) AS search_ns,
    sum(swiotlb_in_ns) AS in_ns
  FROM half_total_view WHERE device_id = :guest_device_id
), total AS (
  SELECT max(last_ns) - min(first_ns) AS span_ns FROM queue_total_view WHERE device_id = :device_id
)
SELECT
  d.swiotlb_forced,
  d.access_platform,
  b.bounced_chains,
  b.bounces,
  round(1.0 * b.bounces / nullif(b.bounced_chains, 0), 1) AS bounces_per_chain,
  b.bounce_bytes,
  b.copy_back_bytes,
  b.out_ns,
  b.search_ns, -- of out_ns: search for slots and wait for the lock
  b.in_ns,
  t.span_ns, -- from the first chain to the last
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS swiotlb_ns,
  c.percent AS swiotlb_percent,
  p.chains AS predicted_chains, -- what a replay says of the device without this cause; NULL: there was no replay
  p.replayed_mean_ns,
  p.replayed_p50_ns,
  p.predicted_mean_ns,
  p.predicted_p50_ns,
  p.gain_percent AS predicted_gain_percent, -- of the mean latency
  p.gain_low_percent AS predicted_gain_low_percent,
  p.gain_high_percent AS predicted_gain_high_percent
FROM device_view d
CROSS JOIN bounce b
CROSS JOIN total t
LEFT JOIN cause_share_view c ON c.device_id = :device_id AND c.queue_id IS NULL AND c.cause = 'swiotlb'
LEFT JOIN prediction_view p ON p.device_id = :device_id AND p.cause = 'swiotlb'
WHERE d.device_id = :device_id;
