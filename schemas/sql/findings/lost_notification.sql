-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: chains that waited for a doorbell or an interrupt that did not come.
SELECT v.* FROM (SELECT 1) LEFT JOIN standstill_view v ON v.queue_id = :queue_id;
