-- SPDX-License-Identifier: GPL-2.0-or-later
-- Part of a WITH clause. One row per chain that the guest added to a queue: how many it then had in the ring, this one
-- included. Chains whose end was not seen are left out, so it is never too many; so are receive buffers, which are stock.
looked_at AS (
  SELECT start_ns, r_ns FROM guest_half_view
  WHERE queue_id = :guest_queue_id AND r_ns IS NOT NULL AND coalesce(out_count, 1) > 0
  ORDER BY epoch, position LIMIT 100000 -- enough to judge by, however large the capture
), ring_use AS (
  SELECT in_flight FROM (
    SELECT step, sum(step) OVER (ORDER BY ns, step ROWS UNBOUNDED PRECEDING) AS in_flight FROM (
      SELECT start_ns AS ns, 1 AS step FROM looked_at UNION ALL SELECT start_ns + r_ns, -1 FROM looked_at))
  WHERE step = 1
)
