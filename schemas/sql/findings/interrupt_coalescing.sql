-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for a queue: how long the device waits with its signal after the used entry is there.
WITH total AS (
  SELECT coalesce(max(signalled), 0) AS signalled_chains, coalesce(max(signal_ns), 0) AS signalled_ns,
    max(signal_p50_ns) AS signal_ns
  FROM queue_total_view WHERE queue_id = :queue_id
)
SELECT
  (d.features_negotiated >> 53 & 1) | (d.features_negotiated >> 52 & 1)
    AS negotiated, -- VIRTIO_NET_F_NOTF_COAL or VIRTIO_NET_F_VQ_NOTF_COAL; only for network devices
  d.vhost, -- 1: the kernel's vhost, which signals when it gives chains back
  t.signalled_chains,
  t.signal_ns, -- median
  t.signalled_ns,
  coalesce(c.chains, 0) AS chains,
  c.latency_ns,
  round(100.0 * t.signalled_ns / nullif(c.latency_ns, 0), 1) AS signal_percent
FROM device_view d
CROSS JOIN total t
LEFT JOIN cause_share_view c ON c.queue_id = :queue_id AND c.cause = 'notification'
WHERE d.device_id = :device_id;
