-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long the driver takes to read used entries that are there. A rank is 32 times the first phase and
-- one more than the last: 9 is signal, 11 is reap.
WITH reap AS (
  SELECT
    coalesce(sum(chains), 0) AS late_chains,
    coalesce(sum(ring_ns), 0) AS late_ns,
    coalesce(sum(ring_ns) FILTER (WHERE phase IN ('reap', 'reap+finish')), 0) AS interrupted_ns, -- after an interrupt for it
    coalesce(sum(chains) FILTER (WHERE phase IN ('reap', 'reap+finish')), 0) AS interrupted_chains
  FROM phase_view WHERE queue_id = :queue_id AND rank / 32 BETWEEN 9 AND 11 AND rank % 32 >= 12
)
SELECT
  r.late_chains,
  r.late_ns,
  r.interrupted_chains,
  r.interrupted_ns,
  r.late_ns / nullif(r.late_chains, 0) AS mean_ns,
  EXISTS (SELECT 1 FROM fact_view f JOIN device_view d ON d.vm = f.vm
    WHERE d.device_id = :device_id AND f.subject = 'machine' AND f.name = 'kvm' AND f.value = 'off') AS emulated,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  round(100.0 * r.late_ns / nullif(c.latency_ns, 0), 1) AS late_percent
FROM reap r
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'ring';
