-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a guest queue: how much of the ring its chains take without indirect tables.
WITH
#include "parts/in_flight.sql"
,
#include "parts/segments.sql"
, fill AS (
  SELECT count(*) AS looked_at, max(in_flight) AS most_in_flight FROM ring_use
)
SELECT
  q.size,
  q.indirect,
  s.segments,
  f.looked_at,
  f.most_in_flight,
  round(100.0 * f.most_in_flight * s.segments / nullif(q.size, 0), 1) AS ring_percent
FROM queue_side_view q
CROSS JOIN chain_size s
CROSS JOIN fill f
WHERE q.queue_id = :guest_queue_id;
