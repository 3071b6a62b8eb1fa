// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collector/event/batch.hpp"
#include "collector/event/event.hpp"
#include "collector/fold/host_queue.hpp"
#include "collector/fold/iotlb_misses.hpp"
#include "collector/fold/kvm_of_vmm.hpp"
#include "collector/probes/records.h"

namespace descry {

/// Host halves that the probes finished in the kernel (probes/host.bpf.c): what VhostFold makes of single hits comes
/// here ready, but for the interrupts, which are put to the chains they announce, and the way of the IOTLB misses.
class FoldedVhost {
 public:
  FoldedVhost(FactStore& store, std::int64_t captureId, std::string vm, KvmOfVmm& kvmOfVmm)
      : m_store(store), m_captureId(captureId), m_vm(std::move(vm)), m_kvmOfVmm(kvmOfVmm), m_misses(store, captureId) {}

  /// `origin` is subtracted from all times.
  void handle(const std::vector<Record>& records, const Event& event, Ns origin);
  void finish(Ns now);

 private:
  struct Queue {
    Queue(FactStore& store, QueueId queueId) : host(store, queueId) {}
    HostQueue host;
    IotlbMisses::Queue* misses = nullptr;
    std::uint64_t hostDevice = 0;
    bool closed = false;          ///< its last epoch's counters have come
    std::int64_t worker = 0;      ///< thread that fetched its first chain; 0: not told
    Queue* before = nullptr;      ///< of an earlier device at the same address,
    std::int64_t firstEpoch = 0;  ///< whose epochs come before this one
  };

  template <typename Structure>
  void take(const Structure& record);
  void takeRecord(const Record& record);
  Queue* queueAt(std::uint64_t address);
  /// Of several that lay at this address one after the other, the one that had this epoch.
  Queue* queueAt(std::uint64_t address, std::int64_t epoch);
  Queue& addQueue(const descry_host_queue& record, DeviceId deviceId, Queue* before);
  DeviceRow& device(std::uint64_t hostDevice);
  /// 0 stands for a time that was not seen.
  Ns unlessUnseen(std::uint64_t ns) const { return ns == 0 ? kUnseen : relative(ns); }
  Ns relative(std::uint64_t ns) const { return static_cast<Ns>(ns) - m_origin; }

  FactStore& m_store;
  std::int64_t m_captureId;
  std::string m_vm;
  KvmOfVmm& m_kvmOfVmm;
  IotlbMisses m_misses;
  Ns m_origin = 0, m_now = 0;
  std::deque<Queue> m_queues;
  std::map<std::uint64_t, Queue*> m_queueByAddress;
  std::map<std::uint64_t, DeviceId> m_devices;
  std::size_t m_opened = 0;                         ///< devices so far
  std::map<std::uint64_t, std::int64_t> m_workers;  ///< thread of a vhost device, where its scheduling was recorded
};

}  // namespace descry
