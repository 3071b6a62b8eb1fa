// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "collector/probes/records.h"
#include "collector/record/probe_set.hpp"

namespace descry {

namespace kernel {
#include "collector/probes/vhost_user_layout.h"
}

/// Makes of the bursts that probes on a vhost-user backend saw what the kernel's probes say of vhost: a half for each
/// chain, interrupts, and the counts of each epoch.
///
/// What is known of a chain: it was there when the call for the burst began, or came while it ran; it was given back
/// before the guest was called, or else before the call returned. So a half begins with the call, or, when the chain
/// came later, with the end; and ends `trapNs` before the moment that a probe saw, which is what a trap into the kernel
/// takes.
class VhostUserBursts {
 public:
  VhostUserBursts(std::uint64_t trapNs, ProbeSet::Take take) : m_trapNs(trapNs), m_take(std::move(take)) {}

  void take(const kernel::BackendQueueRecord& record);
  void take(const kernel::BackendBurstRecord& record);
  /// Hands over the counts; nothing was seen after `end`.
  void finish(std::uint64_t end);

 private:
  using Name = std::pair<std::uint32_t, std::uint64_t>;  ///< process and address

  struct Queue {
    kernel::BackendQueueRecord ring{};
    bool announced = false;
    std::uint64_t key = 0, device = 0;  ///< as records name them
    std::int64_t next = 0;              ///< position of the next chain
    bool started = false;               ///< a chain has been seen in this epoch
    bool counted = false;               ///< positions are counted from where the recording began
    descry_host_epoch epoch{};
  };

  Queue& queueOf(std::uint32_t process, std::uint64_t vq);
  std::uint64_t keyOf(const Name& name);
  void announce(Queue& queue, std::uint32_t thread, std::uint64_t ns);
  void endEpoch(Queue& queue, std::uint64_t ns, bool last);
  std::uint32_t chainsOf(const Queue& queue, const kernel::BackendBurstRecord& record) const;
  std::uint32_t follow(Queue& queue, const kernel::BackendBurstRecord& record);
  void handOverHalf(Queue& queue, const kernel::BackendBurstRecord& record, std::uint32_t at);

  std::uint64_t m_trapNs;
  ProbeSet::Take m_take;
  std::map<Name, Queue> m_queues;
  std::map<Name, std::uint64_t> m_keys;
  std::set<std::uint64_t> m_taken;
};

}  // namespace descry
