-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how often vhost found it empty.
WITH epochs AS (
  SELECT coalesce(sum(fetches), 0) AS fetches, coalesce(sum(empty_fetches), 0) AS empty_fetches
  FROM queue_view WHERE queue_id = :host_queue_id
), posted AS (
  SELECT count(*) AS buffers, sum(stock_ns <= 0) AS late
  FROM chain_state_view WHERE queue_id = :queue_id AND pair_id IS NOT NULL AND stock_ns IS NOT NULL
)
SELECT
  d.vhost,
  (SELECT max(size) FROM queue_side_view WHERE queue_id IN (:host_queue_id, :guest_queue_id)) AS size,
  e.fetches,
  e.empty_fetches,
  round(100.0 * e.empty_fetches / nullif(e.fetches, 0), 1) AS empty_percent,
  p.buffers,
  p.late -- buffers that were used the moment they were posted
FROM device_view d
CROSS JOIN epochs e
CROSS JOIN posted p
WHERE d.device_id = :device_id;
