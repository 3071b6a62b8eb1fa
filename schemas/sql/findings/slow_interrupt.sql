-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long an interrupt takes from the host's signal to the guest.
WITH injected AS (
  SELECT i_ns - s_ns AS inject_ns, cross_error_ns FROM chain_view
  WHERE queue_id = :queue_id AND complete AND i_ns IS NOT NULL AND s_ns IS NOT NULL
), total AS (
  SELECT
    count(*) AS interrupted_chains,
    max(cross_error_ns) AS cross_error_ns, -- inject_ns is known to +- this
    coalesce(sum(max(inject_ns, 0)), 0) AS injected_ns
  FROM injected
)
SELECT
  t.interrupted_chains,
  (SELECT inject_ns FROM injected ORDER BY inject_ns LIMIT 1 OFFSET (SELECT (interrupted_chains - 1) / 2 FROM total))
    AS inject_ns, -- median
  t.cross_error_ns,
  t.injected_ns,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  round(100.0 * t.injected_ns / nullif(c.latency_ns, 0), 1) AS inject_percent
FROM total t
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification';
