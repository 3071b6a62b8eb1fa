// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "collector/event/event.hpp"
#include "collector/fold/host_queue.hpp"
#include "collector/fold/kvm_of_vmm.hpp"
#include "collector/fold/position_counter.hpp"

namespace descry {

/// Host halves from QEMU's trace events, or from our probes on a QEMU. A pop of a trace event carries neither index nor
/// head, so a chain's position is the number of pops since the device was last reset; a probe reads the ring index of a
/// split ring. All times are relative to the capture's origin.
class QemuFold {
 public:
  /// `process` 0: not known.
  QemuFold(FactStore& store, std::int64_t captureId, std::string vm, std::int64_t process, KvmOfVmm& kvm)
      : m_store(store), m_captureId(captureId), m_vm(std::move(vm)), m_process(process), m_kvm(kvm) {}

  void handle(const Event& event, Ns now);
  void finish(Ns now);

 private:
  struct Doorbell {
    Ns ns = 0;
    std::int32_t tid = 0;
  };
  /// Counts that can only be judged when all threads that serve queues are known.
  struct EpochDoorbells {
    std::size_t epochIndex = 0;  ///< in FactStore::epochs
    std::unordered_map<std::int32_t, std::int64_t> byThread;
  };
  struct Queue {
    Queue(FactStore& store, QueueId queueId) : host(store, queueId) {}
    HostQueue host;
    std::uint64_t address = 0;
    DeviceId deviceId = kNoDevice;  ///< kNoDevice: no event has named the device yet
    std::uint64_t signalledBy = 0;  ///< device whose interrupt told of it; 0: none did
    std::int64_t pops = 0;          ///< in this epoch
    PositionCounter index;          ///< of a split ring, where probes read it
    std::int64_t unfetched = 0;     ///< position behind all that were fetched in this epoch
    std::set<std::int64_t> again;   ///< positions before that which were handed back, to be fetched again
    bool startSeen = false;
    std::int32_t worker = 0;  ///< thread that fetched last; 0: not told
    Ns firstSeen = 0;
    std::vector<Doorbell> doorbells;                            ///< since the last pop
    Ns doorbell = kUnseen, entered = kUnseen;                   ///< of the current burst
    std::vector<std::pair<std::uint64_t, HostHalfRow>> filled;  ///< given back, index not written yet
    std::unordered_map<std::int32_t, std::int64_t> doorbellsByThread;
  };
  /// vIOMMU work of one thread since its last queue event: it belongs to the queue event that comes next.
  struct Translation {
    Ns first = kUnseen;
    std::vector<std::pair<Ns, std::uint64_t>> misses;  ///< time, IOVA
    bool any() const { return seen(first); }
    void clear() {
      first = kUnseen;
      misses.clear();
    }
  };
  struct Open {
    Queue* queue = nullptr;
    HostHalfRow half;
  };

  Queue& queueAt(std::uint64_t address);
  DeviceRow& device(DeviceId deviceId) { return m_store.devices[placeOf(deviceId)]; }
  DeviceId deviceAt(std::uint64_t address);
  void nameQueue(Queue& queue, std::uint64_t deviceAddress, std::uint64_t index);
  std::optional<std::uint64_t> indexByAddress(const Queue& queue, DeviceId deviceId) const;
  void nameByNeighbours(Queue& queue);
  void doorbell(const Event& event);
  void announced(const Event& event);
  void pop(const Event& event);
  std::int64_t positionOf(Queue& queue, const Event& event);
  std::int64_t countedPosition(Queue& queue, const Event& event);
  void handedBack(const Event& event);
  void chooseDoorbell(Queue& queue, std::int32_t tid, HostHalfRow& half);
  void fill(const Event& event);
  void publish(Queue& queue, bool flushed);
  void interrupt(const Event& event);
  void status(const Event& event);
  void translated(const Event& event);
  void settleTranslation(Queue& queue, std::int32_t tid);
  void writeMisses(Queue& queue, Translation& translation, std::int64_t position, Ns retried);
  void inferTransport(const Event& event);
  void closeEpoch(Queue& queue, std::int64_t openFlag);
  void startEpoch(Queue& queue, bool certain);

  FactStore& m_store;
  std::int64_t m_captureId;
  std::string m_vm;
  std::int64_t m_process;
  KvmOfVmm& m_kvm;
  Ns m_now = 0;
  std::deque<Queue> m_queues;
  std::unordered_map<std::uint64_t, Queue*> m_queueByAddress;
  std::map<std::uint64_t, DeviceId> m_devices;
  std::map<std::uint64_t, std::uint64_t> m_status;
  std::map<std::uint64_t, Ns> m_deviceReset;       ///< last reset that was seen
  std::unordered_map<std::uint64_t, Open> m_open;  ///< popped, not given back; by element
  std::unordered_map<std::int32_t, Translation> m_translations;
  std::unordered_map<std::int32_t, bool> m_servingThreads;
  std::vector<EpochDoorbells> m_epochKicks;
  std::string m_transport;
};

}  // namespace descry
