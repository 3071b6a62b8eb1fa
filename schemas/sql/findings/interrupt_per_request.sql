-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a guest queue: interrupts per completion, and how many chains are in flight.
WITH
#include "parts/in_flight.sql"
, guest AS (
  SELECT coalesce(sum(gets), 0) AS gets, coalesce(sum(interrupts), 0) AS interrupts
  FROM queue_view WHERE queue_id = :guest_queue_id
), host AS (
  SELECT sum(used) AS used, sum(flushes) AS flushes, sum(interrupts) AS sent
  FROM queue_view WHERE queue_id = :host_queue_id
), fill AS (
  SELECT count(*) AS looked_at, round(avg(in_flight), 1) AS in_flight FROM ring_use
)
SELECT
  q.event_idx,
  g.gets,
  g.interrupts,
  h.used, -- chains that the host gave back
  h.flushes, -- its writes of the used index
  h.sent, -- interrupts that it sent
  round(1.0 * g.interrupts / nullif(g.gets, 0), 2) AS interrupts_per_get,
  f.looked_at,
  f.in_flight,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS notification_ns,
  c.percent AS notification_percent
FROM queue_side_view q
CROSS JOIN guest g
CROSS JOIN host h
CROSS JOIN fill f
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification'
WHERE q.queue_id = :guest_queue_id;
