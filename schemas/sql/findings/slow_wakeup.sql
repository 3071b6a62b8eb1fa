-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long its thread takes to come after a doorbell (medians).
WITH wakeup AS (
  -- A burst has one doorbell, which its first chain stands for.
  SELECT coalesce(max(bursts), 0) AS wakeups, max(burst_wakeup_p50_ns) AS wakeup_ns
  FROM half_total_view WHERE queue_id = :host_queue_id
), split AS (
  SELECT coalesce(max(chains), 0) AS split_chains,
    coalesce(sum(total_ns) FILTER (WHERE part = 'wakeup: asleep'), 0) AS asleep_ns,
    coalesce(sum(total_ns) FILTER (WHERE part = 'wakeup: runnable'), 0) AS runnable_ns,
    coalesce(sum(total_ns) FILTER (WHERE part = 'wakeup: running'), 0) AS running_ns
  FROM notification_view WHERE queue_id = :queue_id AND part LIKE 'wakeup: %'
), own AS (
  SELECT coalesce(max(woken), 0) AS own_wakeups, coalesce(max(wakeup_ns), 0) AS waited_ns
  FROM queue_total_view WHERE queue_id = :queue_id
)
SELECT
  d.vhost,
  k.wakeups,
  k.wakeup_ns,
  s.split_chains, -- in whose wait the states of the thread were recorded
  s.asleep_ns,
  s.runnable_ns, -- without a CPU
  s.running_ns, -- something else
  o.own_wakeups,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  o.waited_ns,
  round(100.0 * o.waited_ns / nullif(c.latency_ns, 0), 1) AS waited_percent
FROM device_view d
CROSS JOIN wakeup k
CROSS JOIN split s
CROSS JOIN own o
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification'
WHERE d.device_id = :device_id;
