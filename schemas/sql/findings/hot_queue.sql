-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: the busiest of several equal queues. Queues are equal when their names differ in the number only:
-- req0 req1, tx0 tx1.
WITH load AS (
  SELECT
    s.queue_name,
    rtrim(s.queue_name, '0123456789') AS kind,
    (SELECT count(*) FROM chain_state_view c WHERE c.queue_id = s.queue_id) AS chains,
    (SELECT round(1.0 * sum(r_ns) / nullif(max(start_ns + r_ns) - min(start_ns), 0), 1)
      FROM guest_half_view g WHERE g.queue_id = s.queue_id AND out_count > 0) AS in_flight,
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
