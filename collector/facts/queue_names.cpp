// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "collector/facts/apply_facts.hpp"
#include "collector/facts/virtio_names.hpp"

namespace descry {

void nameQueues(FactStore& store, const std::vector<DeviceRow*>& devices, const MachineFacts& facts) {
  for (const DeviceRow* device : devices) {
    if (device->kind == "unknown") continue;
    const auto said = std::ranges::find(facts.devices, device->name, &DeviceFacts::name);
    std::int64_t queues = 0;
    // What vhost acknowledged has only the features that it serves itself.
    std::optional<bool> hasControl = device->vhost == 1 ? std::nullopt : negotiatedFeature(*device, kNetControlQueue);
    if (said != facts.devices.end()) {
      if (!hasControl && said->active != false) hasControl = said->feature(kNetControlQueue);
      for (const QueueFacts& queue : said->queues) queues = std::max(queues, queue.index + 1);
    }
    for (const QueueRow& queue : store.queues)
      if (queue.deviceId == device->deviceId && seen(queue.queueIndex)) queues = std::max(queues, queue.queueIndex + 1);
    for (QueueRow& queue : store.queues)
      if (queue.deviceId == device->deviceId && seen(queue.queueIndex))
        queue.name = queueName(device->kind, queue.queueIndex, queues, hasControl);
  }
}

}  // namespace descry
