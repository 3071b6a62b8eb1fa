-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: how many of its doorbells the VMM took in the thread of the virtual CPU, and what a call takes.
WITH rung AS (
  SELECT k_return_ns - k_ns AS doorbell_ns FROM guest_half_view
  WHERE device_id = :guest_device_id AND k_ns IS NOT NULL AND k_return_ns IS NOT NULL
), guest AS (
  SELECT coalesce(sum(doorbells_rung), 0) AS rung FROM queue_view WHERE device_id = :guest_device_id AND side = 'guest'
), host AS (
  SELECT coalesce(sum(doorbells_seen), 0) AS doorbells_seen, coalesce(sum(doorbells_other_thread), 0) AS in_other_thread
  FROM queue_view WHERE device_id = :host_device_id AND side = 'host'
)
SELECT
  g.rung,
  h.doorbells_seen,
  h.in_other_thread, -- outside the thread that serves the queue
  (SELECT doorbell_ns FROM rung ORDER BY doorbell_ns LIMIT 1 OFFSET (SELECT (count(*) - 1) / 2 FROM rung))
    AS doorbell_ns, -- median
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS notification_ns,
  c.percent AS notification_percent
FROM guest g
CROSS JOIN host h
LEFT JOIN cause_share_view c ON c.device_id = :device_id AND c.queue_id IS NULL AND c.cause = 'notification';
