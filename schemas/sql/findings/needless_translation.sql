-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: who translates its addresses, and whether a translation ever gives another address.
WITH mapping AS (
  SELECT sum(dma_maps) AS dma_maps, sum(dma_identity) AS dma_identity, sum(bounces) AS bounces
  FROM guest_half_view WHERE device_id = :guest_device_id
), answer AS (
  SELECT
    count(*) AS misses,
    count(update_ns) AS answered, -- misses whose update is known
    count(DISTINCT update_iova) AS pages,
    count(DISTINCT distance) AS distances -- between an address and what it maps to
  FROM miss_answer_view WHERE device_id = :host_device_id
)
SELECT
  d.access_platform,
  d.dma_api,
  d.iommu_group_type,
  d.translation,
  m.dma_maps,
  m.dma_identity, -- mappings that returned the address they were given
  m.bounces,
  a.misses,
  a.answered,
  a.pages,
  a.distances,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS iotlb_ns,
  c.percent AS iotlb_percent,
  p.chains AS predicted_chains, -- what a replay says of the device without this cause; NULL: there was no replay
  p.replayed_mean_ns,
  p.replayed_p50_ns,
  p.predicted_mean_ns,
  p.predicted_p50_ns,
  p.gain_percent AS predicted_gain_percent, -- of the mean latency
  p.gain_low_percent AS predicted_gain_low_percent,
  p.gain_high_percent AS predicted_gain_high_percent
FROM device_view d
CROSS JOIN mapping m
CROSS JOIN answer a
LEFT JOIN cause_share_view c ON c.device_id = :device_id AND c.queue_id IS NULL AND c.cause = 'iotlb'
LEFT JOIN prediction_view p ON p.device_id = :device_id AND p.cause = 'iotlb'
WHERE d.device_id = :device_id;
