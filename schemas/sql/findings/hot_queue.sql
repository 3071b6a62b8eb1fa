-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: the busiest of several equal queues. Queues are equal when their names differ in the number only:
-- req0 req1, tx0 tx1.
WITH load AS (
  SELECT
    s.queue_name,
    rtrim(s.queue_name, '0123456789') AS kind,
    coalesce((SELECT chains FROM queue_total_view t WHERE t.queue_id = s.queue_id), 0) AS chains,
    (SELECT round(1.0 * in_ring_ns / nullif(reach_ns, 0), 1) FROM half_total_view h WHERE h.queue_id = s.queue_id)
      AS in_flight,
    c.total_ns AS ring_ns,
    c.latency_ns
  FROM queue_side_view s
  LEFT JOIN cause_share_view c ON c.queue_id = s.queue_id AND c.cause = 'ring'
  WHERE s.device_id = :guest_device_id
), compared AS (
  SELECT
    kind,
    queue_name AS hot,
    chains AS hot_chains,
    sum(chains) OVER (PARTITION BY kind) AS all_chains, -- of the equal queues
    count(*) OVER (PARTITION BY kind) AS queues,
    in_flight, -- on average over the time that the queue was used
    ring_ns,
    latency_ns
  FROM load
)
SELECT *, round(100.0 * hot_chains / nullif(all_chains, 0), 1) AS hot_percent
FROM compared WHERE queues > 1 ORDER BY in_flight DESC, hot_chains DESC, hot LIMIT 1;
