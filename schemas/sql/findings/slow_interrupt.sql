-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long an interrupt takes from the host's signal to the guest.
WITH total AS (
  SELECT
    coalesce(max(interrupted), 0) AS interrupted_chains,
    max(inject_p50_ns) AS inject_ns,
    max(inject_error_ns) AS cross_error_ns, -- inject_ns is known to +- this
    coalesce(max(inject_ns), 0) AS injected_ns
  FROM queue_total_view WHERE queue_id = :queue_id
)
SELECT
  t.interrupted_chains,
  t.inject_ns, -- median
  t.cross_error_ns,
  t.injected_ns,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  round(100.0 * t.injected_ns / nullif(c.latency_ns, 0), 1) AS inject_percent
FROM total t
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification';
