-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for the case: what was lost, what is doubtful, and how well the clocks are known.
WITH health AS (
  SELECT
    coalesce(sum(side = 'guest'), 0) AS guest_captures,
    coalesce(sum(side = 'host'), 0) AS host_captures,
    coalesce(sum(discarded <> 0), 0) AS losing_captures,
    (SELECT count(*) FROM loss_view WHERE reason <> 'wrapped') AS loss_ranges,
    coalesce(sum(max(discarded, 0)), 0) AS lost_events,
    coalesce(sum(probes_missed), 0) AS probes_missed
  FROM health_view
), doubt AS (
  SELECT
    coalesce(sum(CASE WHEN severity = 'warning' THEN count END), 0) AS warnings,
    coalesce(sum(CASE WHEN severity = 'error' THEN count END), 0) AS errors,
    (SELECT kind FROM anomaly_view WHERE severity <> 'info' ORDER BY severity = 'error' DESC, count DESC, kind LIMIT 1)
      AS worst
  FROM anomaly_view
), causes AS (
  SELECT
    (SELECT count(*) FROM anomaly_view WHERE kind = 'clock-not-ns') AS tick_clocks,
    (SELECT count(*) FROM anomaly_view WHERE kind = 'clock-stepped') AS stepped_clocks,
    (SELECT coalesce(sum(count), 0) FROM anomaly_view WHERE kind = 'unreadable-line') AS unreadable_lines,
    (SELECT coalesce(sum(count), 0) FROM anomaly_view WHERE kind LIKE 'facts-contradict%') AS contradictions, -- of facts, with each other or the trace
    (SELECT detail FROM anomaly_view WHERE kind = 'truncated' ORDER BY capture_id LIMIT 1) AS cut, -- what is missing; NULL: nothing
    (SELECT count(*) FROM loss_view l JOIN capture c ON c.capture_id = l.capture_id
     WHERE l.reason IN ('overwritten', 'discarded') AND c.source = 'ctf') AS lttng_losses,
    (SELECT count(*) FROM loss_view l JOIN capture c ON c.capture_id = l.capture_id
     WHERE l.reason IN ('overwritten', 'discarded') AND c.source <> 'ctf') AS ftrace_losses
), clocks AS (
  SELECT coalesce(sum(quality = 'fail'), 0) AS clock_failures, max(error_ns) AS clock_error_ns FROM clock_view
), latency AS (
  SELECT coalesce(sum(chains), 0) AS chains, sum(total_ns) / nullif(sum(chains), 0) AS mean_latency_ns
  FROM cause_view WHERE cause = 'latency' AND scope = 'full'
)
SELECT * FROM health CROSS JOIN doubt CROSS JOIN causes CROSS JOIN clocks CROSS JOIN latency;
