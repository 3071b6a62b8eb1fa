-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long finished chains wait until the device gives them back.
-- The backend told when it was done with a chain, or vhost, which serves one at a time, fetched the next.
WITH held AS (
  SELECT
    coalesce(max(held_chains), 0) AS looked_at,
    round(1.0 * max(held_chains) / nullif(max(held_times), 0), 1) AS chains_together,
    max(iif(held_chains > 0, held_told, NULL)) AS told, -- chains whose end the backend told
    max(iif(held_chains > 0, held_ns, NULL)) AS held_ns
  FROM half_total_view WHERE queue_id = :host_queue_id
)
SELECT
  h.*,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS ring_ns,
  c.percent AS ring_percent,
  round(100.0 * h.held_ns / nullif(c.latency_ns, 0) * c.chains / nullif(h.looked_at, 0), 1) AS held_percent
FROM held h
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'ring';
