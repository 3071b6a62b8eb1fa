-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long its chains waited while the worker was in other queues of the device.
WITH wait AS (
  SELECT
    coalesce(max(shared_waits), 0) AS waited, -- chains of this queue
    coalesce(max(shared_elsewhere), 0) AS elsewhere, -- of these, fetched while the worker seemed to be in another queue
    coalesce(max(shared_queues), 0) AS others, -- other queues that the worker serves
    coalesce(max(shared_ns), 0) AS delayed_ns
  FROM queue_total_view WHERE queue_id = :queue_id
)
SELECT
  d.vhost,
  w.waited,
  w.elsewhere,
  w.others,
  w.delayed_ns,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS ring_ns,
  round(100.0 * w.delayed_ns / nullif(c.latency_ns, 0), 1) AS delayed_percent
FROM device_view d
CROSS JOIN wait w
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'ring'
WHERE d.device_id = :device_id;
