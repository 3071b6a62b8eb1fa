-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a guest queue: doorbells per add, and how many chains are in flight.
WITH
#include "parts/in_flight.sql"
, epochs AS (
  SELECT
    coalesce(sum(adds), 0) AS adds,
    coalesce(sum(doorbells_rung), 0) AS doorbells_rung,
    coalesce(sum(doorbell_decisions), 0) AS doorbell_decisions,
    coalesce(sum(doorbells_needed), 0) AS doorbells_needed
  FROM queue_view WHERE queue_id = :guest_queue_id
), fill AS (
  SELECT count(*) AS looked_at, round(avg(in_flight), 1) AS in_flight FROM ring_use
)
SELECT
  q.event_idx,
  e.adds,
  e.doorbells_rung,
  e.doorbell_decisions, -- how often the driver asked whether the device wants a doorbell
  e.doorbells_needed,
  round(1.0 * e.doorbells_rung / nullif(e.adds, 0), 2) AS doorbells_per_add,
  f.looked_at,
  f.in_flight,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS notification_ns,
  c.percent AS notification_percent
FROM queue_side_view q
CROSS JOIN epochs e
CROSS JOIN fill f
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification'
WHERE q.queue_id = :guest_queue_id;
