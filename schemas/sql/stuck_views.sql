-- SPDX-License-Identifier: GPL-2.0-or-later
-- Views of chains that do not come back, or came back only long after something should have called for them.

-- One row per chain that is stuck, or was for a while.
CREATE VIEW stuck_chain_view AS
SELECT
  q.vm AS vm, -- virtual machine
  q.device AS device, -- the guest's name of the device where known, else the host's
  q.queue_name AS queue_name, -- rx0, tx0, req0 ...
  s.position AS position, -- avail position of the chain
  s.stage AS stage, -- last step before the wait: published (without a doorbell), rung, seen (the doorbell, by the host), fetched, used, signalled, interrupted
  s.host_seen AS host_seen, -- 1: the host recorded this queue meanwhile, so the next step did not happen; 0: it may have happened unseen
  s.bells_shown AS bells_shown, -- 1: a doorbell that reaches the host would show there, even if no worker comes for it
  s.back AS back, -- 0: still in flight when the capture ended; 1: it came back after the wait
  s.suppressed AS suppressed, -- 1: the driver decided that the device needs no doorbell for it
  s.notice AS notice, -- 1: it waited for a doorbell or an interrupt, so neither side worked on it
  s.wait_ns AS wait_ns, -- from that step to the next one, or to the end of the capture
  s.age_ns AS age_ns, -- from its publication (host only: its fetch) to its end, or to the end of the capture
  s.usual_ns AS usual_ns, -- 99.9th percentile of the latency of its queue; NULL: too few came back
  c.start_ns + q.origin_ns AS start_ns, -- as in chain_view
  s.queue_id AS queue_id, -- queue, as in chain_view
  s.epoch AS epoch -- epoch of that queue
FROM stuck_chain s
JOIN queue_side_view q ON q.queue_id = s.queue_id
JOIN chain c ON c.queue_id = s.queue_id AND c.epoch = s.epoch AND c.position = s.position;

-- One row per queue whose oldest request was far older than usual when the capture ended, without being stuck.
CREATE VIEW late_at_end_view AS
SELECT
  q.vm AS vm, -- virtual machine
  q.device AS device, -- the guest's name of the device where known, else the host's
  q.queue_name AS queue_name, -- rx0, tx0, req0 ...
  l.chains AS chains, -- requests that had waited ten times as long as usual
  l.position AS position, -- the one that had waited longest
  l.wait_ns AS wait_ns, -- how long, from its last step to the end of the capture
  l.usual_ns AS usual_ns, -- 99.9th percentile of the latency of the queue
  l.queue_id AS queue_id, -- queue, as in chain_view
  l.epoch AS epoch -- epoch of that queue
FROM late_at_end l
JOIN queue_side_view q ON q.queue_id = l.queue_id;

-- One row per queue with stuck chains: how many of those that did not come back are at which step, what the others waited for,
-- and how long before the end of its capture each side did something last.
CREATE VIEW standstill_view AS
WITH side AS (
  SELECT q.queue_id,
    CASE WHEN q.side = 'guest' THEN q.queue_id END AS guest_queue_id,
    CASE WHEN q.side = 'host' THEN q.queue_id ELSE coalesce(
      (SELECT min(p.host_queue_id) FROM pair_segment p WHERE p.guest_queue_id = q.queue_id),
      (SELECT min(h.queue_id) FROM device_pair d JOIN queue h ON h.device_id = d.host_device_id
       WHERE d.guest_device_id = q.device_id AND h.queue_index + d.first_queue = q.queue_index)) END AS host_queue_id
  FROM queue_side_view q WHERE q.queue_id IN (SELECT queue_id FROM stuck_chain)
), counted AS (
  SELECT queue_id,
    sum(back = 0) AS stuck,
    max(iif(back = 0, age_ns, NULL)) AS age_ns,
    min(iif(back = 0, start_ns, NULL)) AS since_ns,
    sum(back = 0 AND stage = 'published') AS published,
    sum(back = 0 AND stage = 'rung') AS rung,
    sum(back = 0 AND stage = 'seen') AS doorbell_seen,
    sum(back = 0 AND stage = 'fetched') AS fetched,
    sum(back = 0 AND stage = 'used') AS used,
    sum(back = 0 AND stage = 'signalled') AS signalled,
    sum(back = 0 AND stage = 'interrupted') AS interrupted,
    sum(back = 0 AND suppressed) AS suppressed,
    sum(back = 1 AND (stage = 'fetched' OR NOT host_seen AND NOT notice)) AS late,
    sum(back = 1 AND stage <> 'fetched' AND NOT host_seen AND notice) AS late_unnoticed,
    sum(back = 1 AND host_seen AND stage IN ('published', 'rung') AND bells_shown) AS late_doorbells,
    sum(back = 1 AND host_seen AND (stage = 'seen' OR stage IN ('published', 'rung') AND NOT bells_shown)) AS late_visits,
    sum(back = 1 AND stage IN ('used', 'signalled')) AS late_interrupts,
    sum(back = 1 AND stage = 'signalled') AS late_signalled,
    max(iif(back = 1, wait_ns, NULL)) AS late_wait_ns,
    max(usual_ns) AS usual_ns
  FROM stuck_chain_view GROUP BY queue_id
), ended AS (
  SELECT q.queue_id, max(c.last_ns, coalesce((SELECT max(t.ns) FROM capture_time t WHERE t.capture_id = c.capture_id), 0)) AS last_ns
  FROM queue q JOIN device d ON d.device_id = q.device_id JOIN capture c ON c.capture_id = d.capture_id
)
SELECT
  q.vm AS vm, -- virtual machine
  q.device AS device, -- the guest's name of the device where known, else the host's
  q.queue_name AS queue_name, -- rx0, tx0, req0 ...
  n.stuck AS stuck, -- chains that did not come back
  n.age_ns AS age_ns, -- age of the oldest of them when the capture ended
  n.since_ns AS since_ns, -- it was published, on the clock of the capture of queue_id
  o.stage AS oldest_stage, -- its last step, as in stuck_chain_view
  o.host_seen AS host_seen, -- as in stuck_chain_view, of the oldest
  o.bells_shown AS bells_shown, -- as in stuck_chain_view, of the oldest
  n.published AS published, -- of those stuck: published, no doorbell rung
  n.rung AS rung, -- of those stuck: doorbell rung
  n.doorbell_seen AS doorbell_seen, -- of those stuck: the host saw a doorbell after they were published
  n.fetched AS fetched, -- of those stuck: fetched by the device
  n.used AS used, -- of those stuck: used entry written
  n.signalled AS signalled, -- of those stuck: interrupt sent
  n.interrupted AS interrupted, -- of those stuck: interrupt taken by the guest
  n.suppressed AS suppressed, -- of those stuck: the driver decided that no doorbell is needed
  n.late AS late, -- came back, after the device had them for very long
  n.late_doorbells AS late_doorbells, -- came back, after a doorbell was lost
  n.late_visits AS late_visits, -- came back, after the host did not come to the queue for long
  n.late_interrupts AS late_interrupts, -- came back, after an interrupt was lost
  n.late_signalled AS late_signalled, -- of these, the device had sent it
  n.late_unnoticed AS late_unnoticed, -- of those that came back, seen by the guest alone: nothing came back until the next doorbell of the queue, and then they came too
  n.late_wait_ns AS late_wait_ns, -- longest wait of those that came back
  n.usual_ns AS usual_ns, -- 99.9th percentile of the latency of the queue; NULL: too few came back
  g.last_ns - (SELECT max(q_ns) FROM (SELECT q_ns FROM guest_half WHERE queue_id = s.guest_queue_id ORDER BY epoch DESC, position DESC LIMIT 2048)) AS guest_add_ago_ns, -- the guest's last add, before the end of its capture; like all that follow from the queue's last 2048 chains
  g.last_ns - (SELECT max(q_ns + k_ns) FROM (SELECT q_ns, k_ns FROM guest_half WHERE queue_id = s.guest_queue_id ORDER BY epoch DESC, position DESC LIMIT 2048)) AS guest_doorbell_ago_ns, -- its last doorbell
  g.last_ns - (SELECT max(ns) FROM (SELECT q_ns + i_ns AS ns FROM (SELECT q_ns, i_ns FROM guest_half WHERE queue_id = s.guest_queue_id ORDER BY epoch DESC, position DESC LIMIT 2048) UNION ALL SELECT max(ns) FROM interrupt WHERE queue_id = s.guest_queue_id)) AS guest_interrupt_ago_ns, -- its last interrupt
  g.last_ns - (SELECT max(q_ns + r_ns) FROM (SELECT q_ns, r_ns FROM guest_half WHERE queue_id = s.guest_queue_id ORDER BY epoch DESC, position DESC LIMIT 2048)) AS guest_return_ago_ns, -- the last chain that came back
  h.last_ns - (SELECT max(ns) FROM (SELECT f_ns + k_ns AS ns FROM (SELECT f_ns, k_ns FROM host_half WHERE queue_id = s.host_queue_id ORDER BY epoch DESC, position DESC LIMIT 2048) UNION ALL SELECT max(ns) FROM doorbell WHERE queue_id = s.host_queue_id)) AS host_doorbell_ago_ns, -- the last doorbell that the host saw, before the end of its capture
  h.last_ns - (SELECT max(f_ns) FROM (SELECT f_ns FROM host_half WHERE queue_id = s.host_queue_id ORDER BY epoch DESC, position DESC LIMIT 2048)) AS host_fetch_ago_ns, -- the last fetch
  h.last_ns - (SELECT max(f_ns + u_ns) FROM (SELECT f_ns, u_ns FROM host_half WHERE queue_id = s.host_queue_id ORDER BY epoch DESC, position DESC LIMIT 2048)) AS host_used_ago_ns, -- the last used entry
  h.last_ns - (SELECT max(f_ns + s_ns) FROM (SELECT f_ns, s_ns FROM host_half WHERE queue_id = s.host_queue_id ORDER BY epoch DESC, position DESC LIMIT 2048)) AS host_signal_ago_ns, -- the last interrupt that the device sent
  (SELECT max(event_idx) FROM queue WHERE queue_id IN (s.guest_queue_id, s.host_queue_id)) AS event_idx, -- 1: VIRTIO_F_EVENT_IDX negotiated
  n.queue_id AS queue_id -- queue, as in chain_view
FROM counted n
JOIN side s ON s.queue_id = n.queue_id
JOIN queue_side_view q ON q.queue_id = n.queue_id
LEFT JOIN stuck_chain_view o ON o.queue_id = n.queue_id AND o.back = 0 AND (o.epoch, o.position) = (SELECT x.epoch, x.position FROM stuck_chain_view x WHERE x.queue_id = n.queue_id AND x.back = 0 ORDER BY x.start_ns LIMIT 1)
LEFT JOIN ended g ON g.queue_id = s.guest_queue_id
LEFT JOIN ended h ON h.queue_id = s.host_queue_id;
