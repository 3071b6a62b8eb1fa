// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// How long chains waited while the worker that serves their queue was in another queue of the device. One worker of
/// kernel vhost serves all queues of a device, and is inside a chain from its fetch until its used entry:
///
///   rx0:      |f--u|      |f-----u|
///   tx0:   A..............................f      waited for 4 + 7 of rx0
///
/// So for each queue: union of the intervals of all others, within [beginning, fetch] of its own chains. Chains come
/// queue by queue, so intervals and waits are kept until all are there, as many as kMost of each per queue: enough to
/// judge by, and memory has a bound. Not thread-safe.
class WorkerShare {
 public:
  /// Reads which queues belong to devices of kernel vhost. Nothing else is looked at.
  explicit WorkerShare(const Database& database);

  /// In the order of positions within an epoch.
  void serve(const HostHalfRow& host);
  /// A complete chain.
  void wait(const ChainRow& chain, const GuestHalfRow* guest, const HostHalfRow& host);
  /// The columns shared_* of the queue, when all chains have been added.
  void fill(QueueTotalRow& row);

 private:
  struct Span {
    Ns begin = 0, end = 0;  ///< on the host's clock
  };
  struct Served {
    DeviceId deviceId = kNoDevice;
    bool any = false;
    std::vector<Span> busy;  ///< merged where they overlap their predecessor
    Ns known = kUnseen;      ///< intervals that begin later were not kept
  };
  struct Waits {
    QueueId hostQueueId = kNoQueue;
    std::int64_t lookedAt = 0;
    std::vector<Span> spans;
  };

  std::map<QueueId, Served> m_served;  ///< by host queue of kernel vhost
  std::map<QueueId, Waits> m_waits;    ///< by queue as in chain
  Served* m_lastServed = nullptr;
  Waits* m_lastWaits = nullptr;
  QueueId m_lastServedId = kNoQueue, m_lastWaitsId = kNoQueue;
};

}  // namespace descry
