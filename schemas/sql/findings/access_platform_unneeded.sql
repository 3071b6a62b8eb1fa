-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: whether anything needs ACCESS_PLATFORM, and what its DMA mappings return.
WITH mapping AS (
  SELECT count(*) AS halves, sum(dma_maps) AS dma_maps, sum(dma_identity) AS dma_identity, sum(bounces) AS bounces
  FROM guest_half_view WHERE device_id = :guest_device_id
)
SELECT
  d.access_platform,
  d.dma_api,
  d.iommu_group_type,
  d.translation,
  d.swiotlb_forced,
  m.halves,
  m.dma_maps,
  m.dma_identity, -- mappings that returned the address they were given
  round(1.0 * m.dma_maps / nullif(m.halves, 0), 1) AS maps_per_chain,
  m.bounces,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS ring_ns,
  c.percent AS ring_percent
FROM device_view d
CROSS JOIN mapping m
LEFT JOIN cause_share_view c ON c.device_id = :device_id AND c.queue_id IS NULL AND c.cause = 'ring'
WHERE d.device_id = :device_id;
