// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "collector/facts/fact_store.hpp"

namespace descry {

/// The device IOTLB part of a vhost fold: a miss is raised, read by the VMM, answered by an update, and retried.
/// All times are relative to the capture's origin.
class IotlbMisses {
 public:
  /// Misses of one queue that it has not come past yet.
  struct Queue {
    QueueId queueId = kNoQueue;
    std::uint64_t hostDevice = 0;
    std::vector<IotlbMissRow> open;
  };
  /// A change of the translation table.
  struct Change {
    bool update = false;
    std::uint64_t hostDevice = 0;  ///< 0: not known
    std::uint64_t first = 0, last = 0;
    std::optional<std::uint64_t> address;
  };

  IotlbMisses(FactStore& store, std::int64_t captureId) : m_store(store), m_captureId(captureId) {}

  Queue& add(QueueId queueId, std::uint64_t hostDevice) {
    return m_queues.emplace_back(Queue{.queueId = queueId, .hostDevice = hostDevice, .open = {}});
  }
  /// `position` is kUnseen for the ring's own pages.
  void raised(Queue& queue, Ns now, std::int64_t epoch, std::int64_t position, std::int64_t iova);
  /// The VMM read a message of this device (nothing: not known which).
  void messageRead(std::optional<std::uint64_t> hostDevice, Ns now);
  void changed(const Change& change, Ns now);
  /// The queue came past the misses of its own pages, or of the chains up to `position`.
  void past(Queue& queue, bool metadata, std::int64_t position, Ns now);
  /// Writes what is still open.
  void flush(Queue& queue);

 private:
  FactStore& m_store;
  std::int64_t m_captureId;
  std::deque<Queue> m_queues;
};

}  // namespace descry
