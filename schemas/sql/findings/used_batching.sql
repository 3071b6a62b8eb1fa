-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long finished chains wait until the device gives them back.
WITH vhost AS (
  SELECT vhost FROM device_view WHERE device_id = :device_id
), given AS (
  SELECT * FROM host_half_view WHERE queue_id = :host_queue_id AND u_ns IS NOT NULL ORDER BY epoch, position LIMIT 100000
), finished AS (
  SELECT
    fetch_ns + u_ns AS given_ns,
    p_ns IS NOT NULL AS told,
    -- vhost serves one chain at a time: it is done with one when it fetches the next.
    CASE
      WHEN p_ns IS NOT NULL THEN fetch_ns + p_ns
      WHEN (SELECT vhost FROM vhost) = 1 THEN lead(fetch_ns, 1, fetch_ns + u_ns) OVER (PARTITION BY epoch ORDER BY position)
    END AS done_ns
  FROM given
), held AS (
  SELECT
    count(*) AS looked_at,
    round(1.0 * count(*) / nullif(count(DISTINCT given_ns), 0), 1) AS chains_together,
    sum(told) AS told, -- chains whose end the backend told
    sum(max(given_ns - done_ns, 0)) AS held_ns
  FROM finished WHERE done_ns IS NOT NULL
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
