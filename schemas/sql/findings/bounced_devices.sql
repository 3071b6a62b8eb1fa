-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for the case: what the tracepoint swiotlb_bounced says where no ring was recorded.
SELECT
  coalesce(sum(bounces), 0) AS bounces,
  coalesce(sum(bytes), 0) AS bytes,
  coalesce(sum(forced), 0) AS forced, -- of these, because the guest forces it
  coalesce(group_concat(device, ', '), '') AS devices,
  (SELECT count(*) FROM device_view) AS virtio_devices
FROM bounce_view;
