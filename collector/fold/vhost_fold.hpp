// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "collector/event/event.hpp"
#include "collector/fold/host_queue.hpp"
#include "collector/fold/iotlb_misses.hpp"
#include "collector/fold/kvm_fold.hpp"
#include "collector/fold/position_counter.hpp"

namespace descry {

/// Host halves from the probes in the kernel's vhost. All times are relative to the capture's origin.
class VhostFold {
 public:
  VhostFold(FactStore& store, std::int64_t captureId, std::string vm, KvmFold& kvm)
      : m_store(store), m_captureId(captureId), m_vm(std::move(vm)), m_kvm(kvm), m_misses(store, captureId) {}

  void handle(const Event& event, Ns now);
  void finish(Ns now);
  /// True for threads that were seen serving a queue.
  bool isWorker(std::int32_t tid) const { return m_tasks.contains(tid) && m_tasks.at(tid).worker; }

 private:
  /// What is known of a chain before it is fetched: the first attempt counts.
  struct Attempt {
    std::int64_t position = -1;
    Ns entered = kUnseen, tried = kUnseen, doorbell = kUnseen;
    std::int64_t retries = 0, misses = 0;
    bool opensBurst = false;
  };
  /// A packet that woke the worker: those that come while it is awake are not seen.
  struct Arrival {
    Ns ns = 0, visit = kUnseen;
  };
  struct Queue {
    Queue(FactStore& store, QueueId queueId) : host(store, queueId) {}
    HostQueue host;
    std::uint64_t address = 0, hostDevice = 0, call = 0;
    std::uint64_t size = 0;
    PositionCounter avail;   ///< last position fetched
    std::int64_t next = -1;  ///< position the next successful fetch should have
    bool overtakes = false;  ///< its backend gave a chain back before an older one
    bool baseSeen = false;   ///< VHOST_SET_VRING_BASE was seen for this epoch
    Ns doorbell = kUnseen;   ///< doorbell that opened the current burst
    bool doorbellServed = true;
    Ns entered = kUnseen;  ///< first handler entry of the current burst
    Attempt attempt;
    std::map<std::int64_t, HostHalfRow> open;    ///< fetched, not given back
    std::map<std::int64_t, Attempt> handedBack;  ///< discarded: will be fetched again
    IotlbMisses::Queue* misses = nullptr;
    bool gone = false;  ///< another device lies at its address now
  };
  struct Task {
    bool worker = false, inPrefetch = false, inWrite = false;
    Ns handlerEntered = kUnseen;
    bool receiving = false;  ///< its current handler serves a receive queue
    Queue* fetching = nullptr;
    std::int64_t fetchPosition = 0;
    Ns fetchEntered = 0;
    std::uint64_t writeDevice = 0;
    Queue* prefetching = nullptr;
  };

  Queue* queueAt(std::uint64_t address);
  Queue& addQueue(std::uint64_t hostDevice, std::uint64_t address, std::int64_t index);
  Queue* holding(std::uint64_t pointer);
  /// The vhost device of a doorbell or work.
  std::uint64_t deviceOf(const Event& event) const;
  void learn(const Event& event);
  DeviceRow& device(std::uint64_t hostDevice);
  std::int64_t positionOf(Queue& queue, std::uint64_t index);
  Attempt& attemptAt(Queue& queue, std::int64_t position, Task& task);

  void opened(const Event& event);
  void doorbellSeen(const Event& event);
  void ringIoctl(const Event& event);
  void prefetched(const Event& event, Task& task);
  void fetch(const Event& event, Task& task);
  void fetchReturned(const Event& event, Task& task);
  void fetchSucceeded(Queue& queue, std::int64_t position, Ns entered, const Event& event, bool receiving);
  void discarded(const Event& event);
  void used(const Event& event);
  void missed(const Event& event, Task& task);
  void tableChanged(const Event& event, const Task& task);
  void startEpoch(Queue& queue);
  void closeEpoch(Queue& queue, std::int64_t openFlag);

  FactStore& m_store;
  std::int64_t m_captureId;
  std::string m_vm;
  KvmFold& m_kvm;
  IotlbMisses m_misses;
  Ns m_now = 0;
  std::deque<Queue> m_queues;
  std::map<std::uint64_t, Queue*> m_queueByAddress;
  std::map<std::uint64_t, DeviceId> m_devices;
  std::size_t m_opened = 0;  ///< devices so far
  std::map<std::uint64_t, std::int32_t> m_owners;
  std::unordered_map<std::int32_t, Task> m_tasks;
  std::unordered_map<std::uint64_t, Queue*> m_queueByCall;
  std::deque<std::pair<std::uint64_t, Ns>> m_unknownKicks;  ///< before their queue was known
  std::map<std::uint64_t, std::deque<Arrival>> m_arrivals;  ///< packets that wait for a buffer, by vhost device
};

}  // namespace descry
