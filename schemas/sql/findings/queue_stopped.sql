-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: chains that wait although their doorbell arrived.
SELECT v.* FROM (SELECT 1) LEFT JOIN standstill_view v ON v.queue_id = :queue_id;
