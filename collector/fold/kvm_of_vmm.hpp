// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <unordered_map>

#include "collector/facts/fact_store.hpp"

namespace descry {

/// Doorbells and interrupts of queues that a VMM serves itself, as KVM saw them, each put to the one that the VMM's
/// probes saw. KVM does not know the queue, but the thread and the time tell: a virtual CPU rings one doorbell between
/// leaving the guest and entering it, and a thread of the VMM calls KVM right after it decided to interrupt. Which of
/// the two is read first is not certain, so what does not fit yet waits.
class KvmOfVmm {
 public:
  explicit KvmOfVmm(FactStore& store) : m_store(store) {}

  /// The VMM's probes saw that `tid` rang the queue by its eventfd, or signals its interrupt; in the order of time.
  void rang(QueueId queueId, std::int32_t tid, Ns now);
  void signalled(QueueId queueId, std::int32_t tid, Ns now);
  /// KVM's own: `row.ns` is when KVM called the eventfd, and has no queue yet.
  void take(const KvmDoorbellRow& row);
  /// KVM had it at `row.ns` from the thread `signaller`.
  void take(const KvmInterruptRow& row, std::int32_t signaller);
  /// All that the VMM's probes saw before `now` is here.
  void settle(Ns now);
  void finish();

 private:
  struct Moment {
    QueueId queueId = kNoQueue;
    Ns ns = 0;
  };
  struct WaitingInterrupt {
    KvmInterruptRow row;
    std::int32_t signaller = 0;
  };
  using Moments = std::unordered_map<std::int32_t, std::deque<Moment>>;  ///< by thread

  static void remember(Moments& moments, std::int32_t tid, const Moment& moment);
  void write(KvmDoorbellRow row, const Moment& ring);
  void settle(const KvmDoorbellRow& row);
  void settle(WaitingInterrupt waiting);

  FactStore& m_store;
  Ns m_settled = std::numeric_limits<Ns>::min();
  Moments m_rings, m_signals;
  std::deque<KvmDoorbellRow> m_doorbells;
  std::deque<KvmDoorbellRow> m_unknown;  ///< settled, of a queue that the VMM's probes have not said yet
  std::deque<WaitingInterrupt> m_interrupts;
};

}  // namespace descry
