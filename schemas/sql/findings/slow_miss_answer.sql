-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: how long its translation misses wait for whom (medians).
WITH answered AS (
  -- An echo is read after the update that answered it, so it says nothing about the time that an answer takes.
  SELECT
    read_ns - raised_ns AS wake_ns,
    updated_ns - read_ns AS inside_ns,
    retried_ns - updated_ns AS requeue_ns,
    updated_ns - raised_ns AS answer_ns
  FROM miss_view WHERE device_id = :host_device_id AND raised_ns <= read_ns AND read_ns <= updated_ns
), total AS (
  SELECT count(*) AS answered FROM answered
)
SELECT
  t.answered,
  (SELECT wake_ns FROM answered ORDER BY wake_ns LIMIT 1 OFFSET (SELECT (answered - 1) / 2 FROM total))
    AS wake_ns, -- until the VMM has read the request
  (SELECT inside_ns FROM answered ORDER BY inside_ns LIMIT 1 OFFSET (SELECT (answered - 1) / 2 FROM total))
    AS inside_ns, -- until it has installed the answer
  (SELECT requeue_ns FROM answered WHERE requeue_ns IS NOT NULL ORDER BY requeue_ns
    LIMIT 1 OFFSET (SELECT (count(requeue_ns) - 1) / 2 FROM answered)) AS requeue_ns, -- until the queue has come past it
  (SELECT answer_ns FROM answered ORDER BY answer_ns LIMIT 1 OFFSET (SELECT (answered - 1) / 2 FROM total)) AS answer_ns,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS iotlb_ns,
  c.percent AS iotlb_percent
FROM total t
LEFT JOIN cause_share_view c ON c.device_id = :device_id AND c.queue_id IS NULL AND c.cause = 'iotlb';
