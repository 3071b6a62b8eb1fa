// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/probe_points.hpp"

namespace descry {

std::span<const ProbePoint> hostPoints() {
  using enum Detail;
  static const std::vector<ProbePoint> points = {
      {"doorbell seen",
       false,
       Light,
       {{"vhost_poll_wakeup", "onKick"}},
       "when the host saw a doorbell: no wakeup time, latency counts from the worker"},
      {"TX worker enters (doorbell)",
       false,
       Light,
       {{"handle_tx_kick", "tx_kickEnter"}},
       "when the worker turned to the queue: wakeup and waiting are one"},
      {"TX worker leaves (doorbell)",
       true,
       Normal,
       {{"handle_tx_kick", "tx_kickLeave"}},
       "nothing, unless the worker serves other queues in between"},
      {"RX worker enters (doorbell)",
       false,
       Light,
       {{"handle_rx_kick", "rx_kickEnter"}},
       "when the worker turned to the receive queue"},
      {"RX worker leaves (doorbell)",
       true,
       Normal,
       {{"handle_rx_kick", "rx_kickLeave"}},
       "nothing, unless the worker serves other queues in between"},
      {"TX worker enters (socket)",
       false,
       Light,
       {{"handle_tx_net", "tx_netEnter"}},
       "when the worker turned to the queue after the socket had room again"},
      {"TX worker leaves (socket)",
       true,
       Normal,
       {{"handle_tx_net", "tx_netLeave"}},
       "nothing, unless the worker serves other queues in between"},
      {"RX worker enters (socket)",
       false,
       Light,
       {{"handle_rx_net", "rx_netEnter"}},
       "when the worker turned to a packet that came in"},
      {"RX worker leaves (socket)",
       true,
       Normal,
       {{"handle_rx_net", "rx_netLeave"}},
       "nothing, unless the worker serves other queues in between"},
      {"ring metadata checked",
       false,
       Light,
       {{"vq_meta_prefetch", "onPrefetch"}},
       "which IOTLB misses were for the ring's own pages"},
      {"ring metadata ready",
       true,
       Light,
       {{"vq_meta_prefetch", "onPrefetchReturn"}},
       "when the ring's own pages were translated again"},
      {"fetch begins",
       false,
       Light,
       {{"vhost_get_vq_desc_n", "onFetchN"}, {"vhost_get_vq_desc", "onFetch"}},
       "chains: nothing of this device can be told"},
      {"fetch ends",
       true,
       Light,
       {{"vhost_get_vq_desc_n", "onFetchNReturn"}, {"vhost_get_vq_desc", "onFetchReturn"}},
       "chains: nothing of this device can be told"},
      {"chains handed back",
       false,
       Light,
       {{"vhost_discard_vq_desc", "onDiscard"}},
       "that a chain was fetched twice: it looks as if the ring had been restarted"},
      {"used published",
       false,
       Light,
       {{"vhost_add_used_n", "onUsed"}},
       "when chains were finished: nothing of this device can be told"},
      {"interrupt sent",
       false,
       Light,
       {{"eventfd_signal_mask", "onEventfd"}, {"eventfd_signal", "onEventfdOld"}},
       "when the guest was interrupted: backend and notification are one"},
      {"IOTLB miss raised",
       false,
       Light,
       {{"vhost_iotlb_miss", "onMiss", true}, {"vhost_enqueue_msg", "onMessage"}},
       "IOTLB misses: their number, their addresses; stalls still show as failed fetches"},
      {"VMM reads a miss",
       true,
       Normal,
       {{"vhost_chr_read_iter", "onReadReturn"}},
       "whether a miss waited for the VMM to wake up or for its answer"},
      {"VMM answers",
       false,
       Light,
       {{"vhost_chr_write_iter", "onWrite"}},
       "which changes of the translation table came from the VMM: updates and invalidations are left out"},
      {"VMM has answered",
       true,
       Light,
       {{"vhost_chr_write_iter", "onWriteReturn"}},
       "nothing but the end of an answer"},
      {"IOTLB entry added",
       false,
       Light,
       {{"vhost_iotlb_add_range", "onTableAdd"}},
       "when misses were answered, how much each answer covered, and whether it was an identity mapping"},
      {"IOTLB entries dropped",
       false,
       Light,
       {{"vhost_iotlb_del_range", "onTableDelete"}},
       "invalidations: why misses came back"},
      {"ring restarted",
       false,
       Light,
       {{"vhost_vring_ioctl", "onRingIoctl"}},
       "where a ring was restarted, other than by positions going back"},
  };
  return points;
}

std::span<const ProbePoint> guestPoints() {
  return {};
}

std::string_view attachmentName(const Coverage& coverage) {
  const bool onReturn = coverage.point->onReturn;
  switch (coverage.attachment) {
    case Attachment::Fentry:
      return onReturn ? "fexit" : "fentry";
    case Attachment::Kprobe:
      return onReturn ? "kretprobe" : "kprobe";
    case Attachment::Missing:
      break;
  }
  return "missing";
}

}  // namespace descry
