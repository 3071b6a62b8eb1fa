-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a guest queue: how often an add leaves no room for another request.
WITH
#include "parts/in_flight.sql"
,
#include "parts/segments.sql"
, ring AS (
  SELECT
    q.size,
    q.indirect,
    iif(q.indirect = 0, max(s.segments, 1), 1) AS segments, -- ring entries per chain
    -- The network driver stops its queue while the largest packet may not fit: 17 fragments, header, linear part.
    iif(q.device_kind = 'net', 19, 1) AS reserve
  FROM queue_side_view q CROSS JOIN chain_size s WHERE q.queue_id = :guest_queue_id
), epochs AS (
  SELECT coalesce(sum(adds), 0) AS adds, coalesce(sum(failed_adds), 0) AS failed_adds
  FROM queue_view WHERE queue_id = :guest_queue_id
), fill AS (
  SELECT
    max(r.segments) AS segments,
    count(*) AS looked_at,
    round(avg(u.in_flight), 1) AS in_flight,
    max(u.in_flight) AS most_in_flight,
    coalesce(sum(u.in_flight * r.segments > max(r.size - max(r.reserve, r.segments), r.size / 2)), 0) AS full_adds
  FROM ring_use u CROSS JOIN ring r
)
SELECT
  r.size,
  r.indirect,
  e.adds,
  e.failed_adds,
  f.segments,
  f.looked_at,
  f.in_flight,
  f.most_in_flight,
  f.full_adds,
  round(100.0 * f.full_adds / nullif(f.looked_at, 0), 1) AS full_percent,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS backend_ns,
  c.percent AS backend_percent
FROM ring r
CROSS JOIN epochs e
CROSS JOIN fill f
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'backend';
