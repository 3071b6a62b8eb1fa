// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collector/event/batch.hpp"
#include "collector/event/event.hpp"
#include "collector/facts/fact_store.hpp"

namespace descry {

/// Guest halves that the probes finished in the kernel (probes/guest.bpf.c): what GuestFold makes of single hits comes
/// here ready, but for the doorbells, which are put to the chains they cover.
class FoldedGuest {
 public:
  FoldedGuest(FactStore& store, std::int64_t captureId, std::string vm)
      : m_store(store), m_captureId(captureId), m_vm(std::move(vm)) {}

  /// `origin` is subtracted from all times.
  void handle(const std::vector<Record>& records, const Event& event, Ns origin);
  void finish(Ns now);

 private:
  using ChainId = std::pair<std::int64_t, std::int64_t>;  ///< epoch, count of adds in it
  struct Doorbell {
    std::int64_t last = 0, left = 0;  ///< end of its range; chains of it that have not come yet
    Ns rung = kUnseen, returned = kUnseen;
    bool needed = false;
  };
  struct Epoch {
    QueueEpochRow row;
    bool closed = false;  ///< its counters have come
  };
  struct Queue {
    QueueId queueId = kNoQueue;
    std::map<ChainId, Doorbell> doorbells;    ///< by first chain
    std::map<ChainId, GuestHalfRow> waiting;  ///< finished, but no doorbell covers them yet
    std::map<std::int64_t, Epoch> epochs;
  };
  /// The kernel counts epochs of a queue's memory, which may be another queue after it was deleted.
  struct Place {
    Queue* queue = nullptr;
    std::int64_t epochBase = 0;
  };

  template <typename Structure>
  void take(const Structure& record);
  void takeRecord(const Record& record);
  const Place* placeOf(std::uint64_t vq) const;
  DeviceId deviceOf(std::uint32_t number);
  Queue& queueOf(std::uint32_t device, std::uint32_t index);
  Epoch& epochOf(Queue& queue, std::int64_t epoch);
  bool applyDoorbell(Queue& queue, ChainId chain, GuestHalfRow& half);
  void write(Queue& queue, const GuestHalfRow& half);
  Ns relative(std::uint64_t ns) const { return ns == 0 ? kUnseen : static_cast<Ns>(ns) - m_origin; }

  FactStore& m_store;
  std::int64_t m_captureId;
  std::string m_vm;
  Ns m_origin = 0, m_now = 0;
  std::deque<Queue> m_queues;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Queue*> m_queueByKey;
  std::unordered_map<std::uint64_t, Place> m_places;
  std::map<std::uint32_t, DeviceId> m_devices;
};

}  // namespace descry
