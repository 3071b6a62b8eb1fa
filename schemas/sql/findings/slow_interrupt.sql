-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long an interrupt takes from the host's signal to the guest.
WITH total AS (
  SELECT
    coalesce(max(interrupted), 0) AS interrupted_chains,
    max(inject_p50_ns) AS inject_ns,
    max(inject_error_ns) AS cross_error_ns, -- inject_ns is known to +- this
    coalesce(max(inject_ns), 0) AS injected_ns
  FROM queue_total_view WHERE queue_id = :queue_id
), part AS (
  -- What the virtual CPU did meanwhile, where KVM was recorded.
  SELECT
    coalesce(max(chains), 0) AS split_chains,
    coalesce(sum(total_ns) FILTER (WHERE part = 'inject: delivery'), 0) AS delivery_ns,
    coalesce(sum(total_ns) FILTER (WHERE part IN ('inject: halted', 'inject: polling')), 0) AS halted_ns,
    coalesce(sum(total_ns) FILTER (WHERE part = 'inject: no CPU'), 0) AS no_cpu_ns,
    coalesce(sum(total_ns) FILTER (WHERE part IN ('inject: in KVM', 'inject: in VMM')), 0) AS in_host_ns,
    coalesce(sum(total_ns) FILTER (WHERE part = 'inject: not interruptible'), 0) AS guest_ns,
    coalesce(sum(total_ns) FILTER (WHERE part = 'inject: to handler'), 0) AS handler_ns
  FROM notification_view WHERE queue_id = :queue_id AND part LIKE 'inject: %'
)
SELECT
  t.interrupted_chains,
  t.inject_ns, -- median
  t.cross_error_ns,
  t.injected_ns,
  p.*,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  round(100.0 * t.injected_ns / nullif(c.latency_ns, 0), 1) AS inject_percent
FROM total t
CROSS JOIN part p
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification';
