-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a device: its translation misses, and what had become of their pages before. Changes of the table are
-- recorded per capture: those of another device with the same addresses count too.
WITH RECURSIVE number(i) AS (
  SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 255
), event AS (
  SELECT raised_ns AS ns, 2 AS rank, 'miss' AS kind, iova_integer & -4096 AS page, 0 AS bytes, position IS NULL AS metadata,
    updated_ns, granted_bytes
  FROM miss_view WHERE device_id = :host_device_id
  UNION ALL
  -- What covers more than 256 pages counts as covering all.
  SELECT ns, 1, iif(kind = 'invalidate' AND (bytes IS NULL OR bytes > 256 * 4096), 'flush', kind), iova_integer & -4096, bytes,
    0, NULL, NULL
  FROM iotlb_event_view
  WHERE capture_id = (SELECT capture_id FROM device_side_view WHERE device_id = :host_device_id)
), counted AS (
  SELECT *,
    sum(kind = 'update') OVER past AS updates, -- updates of the table until now
    max(CASE WHEN kind = 'flush' THEN ns END) OVER past AS flushed_ns
  FROM event WINDOW past AS (ORDER BY ns, rank ROWS UNBOUNDED PRECEDING)
), single AS (
  -- An event that covers several pages stands for each of them.
  SELECT * FROM counted
  UNION ALL
  SELECT ns, rank, kind, page + i * 4096, bytes, metadata, updated_ns, granted_bytes, updates, flushed_ns
  FROM counted CROSS JOIN number WHERE bytes > 4096 AND kind <> 'flush' AND i * 4096 < bytes
), history AS (
  -- What had happened to the same page before.
  SELECT ns, kind, page, metadata, updates, flushed_ns, granted_bytes,
    max(updated_ns) OVER before AS answered_ns,
    max(CASE WHEN kind = 'invalidate' THEN ns END) OVER before AS removed_ns,
    max(CASE WHEN kind <> 'invalidate' THEN ns END) OVER before AS known_ns,
    max(CASE WHEN kind = 'update' THEN updates END) OVER before AS installed_as
  FROM single
  WINDOW before AS (PARTITION BY page ORDER BY ns, rank ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), judged AS (
  SELECT *,
    CASE
      WHEN ns < answered_ns THEN 'echoed'
      WHEN known_ns IS NULL THEN 'cold'
      WHEN max(coalesce(removed_ns, -1), coalesce(flushed_ns, -1)) >= known_ns THEN 'invalidated'
      ELSE 'evicted'
    END AS fate
  FROM history WHERE kind = 'miss'
), miss AS (
  SELECT page, metadata, granted_bytes, iif(metadata, 'metadata', fate) AS why,
    -- How many updates a page lasted in the table that was not removed from it.
    CASE WHEN fate = 'evicted' THEN updates - installed_as END AS lasted
  FROM judged
), kinds AS (
  SELECT
    count(*) AS misses,
    coalesce(sum(why = 'metadata'), 0) AS metadata, -- on the rings themselves
    coalesce(sum(why = 'echoed'), 0) AS echoed, -- repeated before the answer came
    coalesce(sum(why = 'cold'), 0) AS cold, -- first use of the page
    coalesce(sum(why = 'invalidated'), 0) AS invalidated, -- the page was unmapped since its last use
    coalesce(sum(why = 'evicted'), 0) AS evicted, -- the page fell out of the table
    count(DISTINCT CASE WHEN NOT metadata THEN page END) AS pages,
    count(DISTINCT CASE WHEN NOT metadata THEN page / 2097152 END) AS huge_pages, -- of 2 MiB that hold them
    max(granted_bytes) AS granted_bytes, -- what one update covers, at most
    min(lasted) AS entries_at_most -- the table has no more entries than this
  FROM miss
)
SELECT
  d.translation,
  d.iommu_group_type,
  k.*,
  (SELECT count(*) FROM iotlb_event_view WHERE kind = 'invalidate'
    AND capture_id = (SELECT capture_id FROM device_side_view WHERE device_id = :host_device_id)) AS invalidations,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  c.total_ns AS iotlb_ns,
  c.percent AS iotlb_percent,
  (SELECT total_ns FROM cause_share_view WHERE device_id = :device_id AND queue_id IS NULL AND cause = 'iotlb_induced')
    AS induced_ns, -- waiting for the stalls of others; contained in iotlb_ns
  p.chains AS predicted_chains, -- what a replay says of the device without this cause; NULL: there was no replay
  p.replayed_mean_ns,
  p.replayed_p50_ns,
  p.predicted_mean_ns,
  p.predicted_p50_ns,
  p.gain_percent AS predicted_gain_percent, -- of the mean latency
  p.gain_low_percent AS predicted_gain_low_percent,
  p.gain_high_percent AS predicted_gain_high_percent
FROM device_view d
CROSS JOIN kinds k
LEFT JOIN cause_share_view c ON c.device_id = :device_id AND c.queue_id IS NULL AND c.cause = 'iotlb'
LEFT JOIN prediction_view p ON p.device_id = :device_id AND p.cause = 'iotlb'
WHERE d.device_id = :device_id;
