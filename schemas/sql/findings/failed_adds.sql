-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a guest queue: adds that failed, why, and what is known of the bounce buffers that they may have needed.
SELECT
  coalesce(sum(q.adds), 0) AS adds,
  coalesce(sum(q.failed_adds), 0) AS failed_adds,
  coalesce(sum(q.full_adds), 0) AS full_adds,
  coalesce(sum(q.unmapped_adds), 0) AS unmapped_adds,
  coalesce(sum(q.retried_adds), 0) AS retried_adds,
  round(100.0 * sum(q.failed_adds) / nullif(sum(q.adds) + sum(q.failed_adds), 0), 1) AS failed_percent,
  max(q.size) AS size,
  sum(q.bounces) AS bounces,
  (SELECT swiotlb_forced FROM device_view WHERE device_id = :device_id) AS swiotlb_forced,
  (SELECT max(refused_bytes) FROM swiotlb_pool_view p JOIN device_view d ON d.vm = p.vm WHERE d.device_id = :device_id)
    AS refused_bytes -- largest buffer that the pool refused, as the kernel log says; NULL: not known
FROM queue_view q WHERE q.queue_id = :guest_queue_id;
