// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "collector/event/event.hpp"
#include "collector/facts/fact_store.hpp"

namespace descry {

/// What KVM did with the doorbells and interrupts of vhost's queues, from the kernel's own tracepoints (kvm:*) in a
/// trace that also has vhost's. What the collector's probes fold in the kernel (probes/host_kvm.h) is here put together
/// from single events:
///
///   doorbell:  kvm_exit, vhost saw the doorbell, kvm_entry, all in one thread
///   interrupt: vhost signals, kvm_apic_accept_irq in the same thread; kvm_inj_virq and kvm_entry in the virtual CPU's
///
/// The tracepoint has the number of the virtual CPU. Where several have it (two guests), an interrupt is left out.
class KvmFold {
 public:
  KvmFold(FactStore& store, std::int64_t captureId) : m_store(store), m_captureId(captureId) {}

  /// Events of KVM. Times are relative to the capture's origin.
  void handle(const Event& event, Ns now);
  void switched(std::int32_t previous, std::int32_t next, Ns now);
  void woken(std::int32_t tid, Ns now);
  /// vhost saw a doorbell for the queue, or signals its interrupt, in this thread.
  void doorbell(QueueId queueId, std::int32_t tid, Ns now);
  void signal(QueueId queueId, std::int32_t tid, Ns now);
  void finish(Ns now);

 private:
  enum class State : std::uint8_t { Guest, Kernel, Vmm, Runnable, Halted, Polling };
  static constexpr std::size_t kStates = 6;
  using Times = std::array<Ns, kStates>;

  struct Piece {
    Ns begin = 0;
    State state = State::Kernel;
  };
  struct Interrupt {
    QueueId queueId = kNoQueue;
    Ns signal = 0, accepted = 0, injected = kUnseen;
    std::int64_t vector = 0, merged = 0;
    Times times{};
  };
  struct Vcpu {
    KvmVcpuRow row;
    std::deque<Piece> pieces;  ///< since the last entry, or since the oldest interrupt that waits
    Times times{};             ///< before that
    Ns exited = kUnseen, offSince = kUnseen, wokenAt = kUnseen;
    bool inVmm = false, onCpu = true;
    std::optional<KvmDoorbellRow> doorbell;
    std::map<std::int64_t, Interrupt> pending;  ///< by vector
    std::vector<Interrupt> inFlight;            ///< injected; the guest is not entered yet
  };
  struct Signal {
    QueueId queueId = kNoQueue;
    Ns at = 0;
  };

  Vcpu* vcpuOf(std::int32_t tid);
  void enter(const Event& event, Ns now);
  void leave(Vcpu& vcpu, Ns now);
  void wakeUp(Vcpu& vcpu, Ns halted, bool waited, Ns now);
  void accept(const Event& event, Ns now);
  void inject(Vcpu& vcpu, std::int64_t vector, Ns now);
  static void push(Vcpu& vcpu, State state, Ns now);
  static Times within(const Vcpu& vcpu, Ns begin, Ns end);
  template <typename Row>
  static void putTimes(const Times& times, Row& row);
  static void prune(Vcpu& vcpu, Ns now);

  FactStore& m_store;
  std::int64_t m_captureId;
  std::map<std::int32_t, Vcpu> m_vcpus;      ///< by thread
  std::map<std::int32_t, Signal> m_signals;  ///< by thread
};

}  // namespace descry
