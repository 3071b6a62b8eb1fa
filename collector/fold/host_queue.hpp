// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "collector/facts/fact_store.hpp"

namespace descry {

/// What all host queues have in common: its epoch's counts, and the chains that were given back and still
/// wait for the interrupt that announces them. All times are relative to the capture's origin.
class HostQueue {
 public:
  HostQueue(FactStore& store, QueueId queueId) : m_store(store), m_queueId(queueId) { epoch.queueId = queueId; }

  QueueId queueId() const { return m_queueId; }
  QueueRow& row() { return m_store.queues[placeOf(m_queueId)]; }

  QueueEpochRow epoch;

  /// Counts a position into the epoch.
  void fetched(std::int64_t position) {
    ++epoch.fetches;
    if (!seen(epoch.firstPosition) || position < epoch.firstPosition) epoch.firstPosition = position;
    if (!seen(epoch.lastPosition) || position > epoch.lastPosition) epoch.lastPosition = position;
  }

  /// The used entry of this half is out; its interrupt, if one comes, is still to be seen.
  void used(HostHalfRow half) {
    ++epoch.used;
    m_unannounced.push_back(half);
    if (m_unannounced.size() > kMostUnannounced) {
      m_store.hostHalves.add(m_unannounced.front());
      m_unannounced.pop_front();
    }
  }

  /// One interrupt announces everything that was given back since the last one.
  void interrupted(Ns ns) {
    ++epoch.interrupts;
    if (m_unannounced.empty()) m_store.interrupts.add({.queueId = m_queueId, .ns = ns, .seq = m_store.nextSequence()});
    for (HostHalfRow& half : m_unannounced) {
      half.s = ns - half.f;
      m_store.hostHalves.add(half);
    }
    m_unannounced.clear();
  }

  void writeUnannounced() {
    for (HostHalfRow& half : m_unannounced) m_store.hostHalves.add(half);
    m_unannounced.clear();
  }

  void writeUnserved(Ns doorbell) {
    m_store.doorbells.add({.queueId = m_queueId, .ns = doorbell, .seq = m_store.nextSequence()});
  }

  void writeOpen(HostHalfRow half, std::int64_t flag) {
    half.flags |= flag;
    m_store.hostHalves.add(half);
  }

  /// True when nothing has happened since the epoch began, so that it need not be told apart from the next one.
  bool idle() const {
    return epoch.fetches == 0 && epoch.doorbellsSeen == 0 && epoch.misses == 0 && epoch.eagainFetches == 0;
  }

 private:
  /// A queue whose interrupts are suppressed for good must not pile up memory.
  static constexpr std::size_t kMostUnannounced = 1024;

  FactStore& m_store;
  QueueId m_queueId;
  std::deque<HostHalfRow> m_unannounced;
};

}  // namespace descry
