-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long its thread takes to come after a doorbell (medians).
WITH wakeup AS (
  -- A burst has one doorbell, which its first chain stands for.
  SELECT w_ns - k_ns AS wakeup_ns FROM host_half_view
  WHERE queue_id = :host_queue_id AND w_ns >= k_ns AND opens_burst
), run AS (
  SELECT on_ns - woken_ns AS runnable_ns FROM thread_view
  WHERE capture_id = (SELECT capture_id FROM device_side_view WHERE device_id = :host_device_id) AND on_ns >= woken_ns
), own AS (
  SELECT count(*) AS own_wakeups, coalesce(sum(w_ns - host_k_ns), 0) AS waited_ns
  FROM chain_view WHERE queue_id = :queue_id AND complete AND w_ns >= host_k_ns
)
SELECT
  d.vhost,
  (SELECT count(*) FROM wakeup) AS wakeups,
  (SELECT wakeup_ns FROM wakeup ORDER BY wakeup_ns LIMIT 1 OFFSET (SELECT (count(*) - 1) / 2 FROM wakeup)) AS wakeup_ns,
  (SELECT count(*) FROM run) AS runs, -- of all threads of the host that were recorded
  (SELECT runnable_ns FROM run ORDER BY runnable_ns LIMIT 1 OFFSET (SELECT (count(*) - 1) / 2 FROM run)) AS runnable_ns,
  o.own_wakeups,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  o.waited_ns,
  round(100.0 * o.waited_ns / nullif(c.latency_ns, 0), 1) AS waited_percent
FROM device_view d
CROSS JOIN own o
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification'
WHERE d.device_id = :device_id;
