-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long its chains waited while the worker was in other queues of the device. Time in other queues
-- until a moment is what their chains took until then, less what the last of them took after it. Each chain of this queue
-- counts that at its fetch, less the same at its beginning.
WITH vhost AS (
  SELECT 1 FROM device_view WHERE device_id = :device_id AND vhost = 1
), own AS (
  SELECT
    h.fetch_ns AS fetched_ns,
    h.fetch_ns - w.f_ns + coalesce(w.n_ns, iif(w.stock_ns > 0, NULL, coalesce(w.a_ns, w.host_k_ns))) AS begun_ns
  FROM chain_view w
  JOIN host_half_view h ON h.queue_id = w.host_queue_id AND h.epoch = w.host_epoch AND h.position = w.host_position
  WHERE w.queue_id = :queue_id AND w.complete AND EXISTS (SELECT * FROM vhost) LIMIT 100000
), other AS (
  -- Chains that are given back together overlap: each takes only what the ones before it did not.
  SELECT queue_id, ns, until_ns,
    max(until_ns - max(ns, coalesce(max(until_ns) OVER (
      ORDER BY ns, until_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), ns)), 0) AS took_ns
  FROM (
    SELECT queue_id, fetch_ns AS ns, fetch_ns + u_ns AS until_ns FROM host_half_view
    WHERE device_id = :host_device_id AND queue_id <> :host_queue_id AND u_ns IS NOT NULL AND EXISTS (SELECT * FROM vhost))
), moment AS (
  SELECT sign, ns,
    sum(took_ns) OVER past - max(coalesce(max(until_ns) OVER past, ns) - ns, 0) AS busy_ns,
    coalesce(max(until_ns) OVER past, ns) > ns AS inside
  FROM (
    SELECT 0 AS sign, ns, took_ns, until_ns FROM other
    UNION ALL SELECT 1, fetched_ns, 0, NULL FROM own WHERE begun_ns IS NOT NULL
    UNION ALL SELECT -1, begun_ns, 0, NULL FROM own WHERE begun_ns IS NOT NULL)
  WINDOW past AS (ORDER BY ns, sign DESC ROWS UNBOUNDED PRECEDING)
), wait AS (
  SELECT
    coalesce(sum(sign = 1), 0) AS waited, -- chains of this queue
    coalesce(sum(sign = 1 AND inside), 0) AS elsewhere, -- of these, fetched while the worker seemed to be in another queue
    CAST(total(sign * busy_ns) AS INTEGER) AS delayed_ns
  FROM moment
)
SELECT
  d.vhost,
  w.waited,
  w.elsewhere,
  (SELECT count(DISTINCT queue_id) FROM other) AS others, -- other queues that the worker serves
  w.delayed_ns,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS ring_ns,
  round(100.0 * w.delayed_ns / nullif(c.latency_ns, 0), 1) AS delayed_percent
FROM device_view d
CROSS JOIN wait w
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'ring'
WHERE d.device_id = :device_id;
