// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/vhost_queues.hpp"

namespace descry {

std::map<QueueId, DeviceId> vhostQueues(const Database& database) {
  std::map<QueueId, DeviceId> queues;
  Statement rows = database.prepare(
      "SELECT q.queue_id, q.device_id FROM device d JOIN capture c USING (capture_id) JOIN queue q USING (device_id)"
      " LEFT JOIN device_pair p ON p.host_device_id = d.device_id LEFT JOIN device g ON g.device_id = p.guest_device_id"
      " WHERE c.side = 'host' AND coalesce(d.vhost, g.vhost) = 1");
  while (rows.step()) queues[rows.queueId(0)] = rows.deviceId(1);
  return queues;
}

}  // namespace descry
