-- SPDX-License-Identifier: GPL-2.0-or-later
-- Part of a WITH clause. One row: descriptors per chain as the host counts them, else scatter lists as the guest does (at
-- most as many); NULL when neither side counted.
chain_size AS (
  SELECT round(coalesce(
    (SELECT avg(out_count + in_count) FROM host_half_view WHERE queue_id = :host_queue_id),
    (SELECT avg(out_count + in_count) FROM guest_half_view WHERE queue_id = :guest_queue_id)), 1) AS segments
)
