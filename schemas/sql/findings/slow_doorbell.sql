-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long its doorbells take from the guest to the host.
WITH exit AS (
  SELECT coalesce(max(chains), 0) AS doorbells, max(p50_ns) AS exit_ns, coalesce(max(notification_ns), 0) AS exits_ns
  FROM phase_view WHERE queue_id = :queue_id AND phase = 'exit'
), clock AS (
  SELECT max(k.error_ns) AS cross_error_ns -- exit_ns is known to +- this
  FROM clock_view k
  JOIN device_side_view g ON g.device_id = :guest_device_id AND g.capture_id = k.guest_capture_id
  JOIN device_side_view h ON h.device_id = :host_device_id AND h.capture_id = k.host_capture_id
)
SELECT
  e.doorbells,
  e.exit_ns, -- median
  k.cross_error_ns,
  e.exits_ns,
  EXISTS (SELECT 1 FROM fact_view f JOIN device_view d ON d.vm = f.vm
    WHERE d.device_id = :device_id AND f.subject = 'machine' AND f.name = 'kvm' AND f.value = 'off') AS emulated,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  round(100.0 * e.exits_ns / nullif(c.latency_ns, 0), 1) AS exit_percent
FROM exit e
CROSS JOIN clock k
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification';
