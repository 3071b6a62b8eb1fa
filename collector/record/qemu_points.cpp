// SPDX-License-Identifier: GPL-2.0-or-later
// The points of a QEMU. Their functions are exported, for its modules, in what distributions build. Where a probe
// stands in what a function ends in, the handler is that of the second, if there is one.
#include "collector/record/probe_points.hpp"

namespace descry {

std::span<const ProbePoint> qemuPoints() {
  using enum Detail;
  constexpr const char* kHandedBack = "that a chain was fetched twice: it counts as two";
  constexpr const char* kInterrupted = "when the guest was interrupted: backend and notification are one";
  static const std::vector<ProbePoint> points = {
      {"QEMU: fetch begins", false, Normal, {{"virtqueue_pop", "onPop"}}, "chains: nothing of this QEMU can be told"},
      {"QEMU: fetch ends", true, Normal, {{"virtqueue_pop", "onPopped"}}, "chains: nothing of this QEMU can be told"},
      {"QEMU: chain handed back", false, Normal, {{"virtqueue_unpop", "onUnpop"}}, kHandedBack},
      {"QEMU: chains handed back", false, Normal, {{"virtqueue_rewind", "onRewind"}}, kHandedBack},
      {"QEMU: chain done",
       false,
       Normal,
       {{"virtqueue_fill", "onFill"}},
       "when chains were finished: nothing of this QEMU can be told"},
      {"QEMU: used published",
       false,
       Normal,
       {{"virtqueue_flush", "onFlush"}},
       "when the guest could see that a chain was done"},
      {"QEMU: doorbell taken",
       false,
       Normal,
       {{"virtio_queue_host_notifier_read", "onHostNotifier"}, {"virtio_queue_host_notifier_read", "onTaken"}},
       "when QEMU turned to a queue"},
      {"QEMU: doorbell rung", false, Normal, {{"virtio_queue_notify", "onQueueNotify"}}, "doorbells without ioeventfd"},
      {"QEMU: eventfd written", false, Normal, {{"event_notifier_set", "onSetEvent"}}, kInterrupted},
      {"QEMU: queue notifies", false, Normal, {{"virtio_notify", "onNotify"}}, kInterrupted},
      {"QEMU: MSI-X sent", false, Normal, {{"msix_notify", "onMsix"}}, kInterrupted},
      {"QEMU: status set",
       false,
       Normal,
       {{"virtio_set_status", "onStatus"}},
       "where a device was reset, other than by positions going back"},
  };
  return points;
}

const ProbePoint& qemuDoorbellPoint() {
  static const ProbePoint point = {"QEMU: doorbell by KVM",
                                   false,
                                   Detail::Normal,
                                   {{"eventfd_signal_mask", "onSignalEvent"}, {"eventfd_signal", "onSignalEventOld"}},
                                   "when a doorbell was rung: it counts from when QEMU turned to the queue"};
  return point;
}

}  // namespace descry
