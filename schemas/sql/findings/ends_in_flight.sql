-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: requests that had waited far longer than usual when the capture ended.
SELECT
  l.chains AS chains,
  l.position AS oldest_position,
  l.wait_ns AS wait_ns,
  l.usual_ns AS usual_ns
FROM (SELECT 1) LEFT JOIN late_at_end_view l ON l.queue_id = :queue_id;
