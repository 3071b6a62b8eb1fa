-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: chains that did not come back, and on which side they are.
SELECT v.* FROM (SELECT 1) LEFT JOIN standstill_view v ON v.queue_id = :queue_id;
