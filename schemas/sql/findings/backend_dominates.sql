-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: what its own work takes of the latency.
SELECT
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS backend_ns,
  c.percent AS backend_percent
FROM (SELECT 1)
LEFT JOIN cause_share_view c ON c.device_id = :device_id AND c.queue_id IS NULL AND c.cause = 'backend';
