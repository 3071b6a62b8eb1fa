-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long its thread takes to come after a doorbell (medians).
WITH wakeup AS (
  -- A burst has one doorbell, which its first chain stands for.
  SELECT coalesce(max(bursts), 0) AS wakeups, max(burst_wakeup_p50_ns) AS wakeup_ns
  FROM half_total_view WHERE queue_id = :host_queue_id
), run AS (
  SELECT coalesce(max(runs), 0) AS runs, max(runnable_p50_ns) AS runnable_ns
  FROM device_total_view WHERE device_id = :host_device_id
), own AS (
  SELECT coalesce(max(woken), 0) AS own_wakeups, coalesce(max(wakeup_ns), 0) AS waited_ns
  FROM queue_total_view WHERE queue_id = :queue_id
)
SELECT
  d.vhost,
  k.wakeups,
  k.wakeup_ns,
  r.runs, -- of all threads of the host that were recorded
  r.runnable_ns,
  o.own_wakeups,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  o.waited_ns,
  round(100.0 * o.waited_ns / nullif(c.latency_ns, 0), 1) AS waited_percent
FROM device_view d
CROSS JOIN wakeup k
CROSS JOIN run r
CROSS JOIN own o
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification'
WHERE d.device_id = :device_id;
