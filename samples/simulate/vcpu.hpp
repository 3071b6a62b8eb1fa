// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>

#include "samples/simulate/engine.hpp"
#include "samples/simulate/record.hpp"

namespace descry::simulate {

/// What a guest processor runs on top of its task when the device asks for attention.
class InterruptHandler {
 public:
  virtual ~InterruptHandler() = default;
  virtual Task interrupt() = 0;
  /// Deferred part, run when no task holds it off (NAPI poll).
  virtual Task softInterrupt() = 0;
};

/// A guest processor: one task at a time, interrupts nest between the steps of the running task.
class Vcpu {
 public:
  Vcpu(Engine& engine, std::uint16_t index) : m_engine(engine), m_freed(engine), m_index(index) {}

  Task acquire(std::int32_t tid);
  void release();
  /// Lets time pass in what runs now; pending interrupts run at the end of the step unless they are held off.
  Task spend(Ns duration);
  void holdInterrupts() { ++m_held; }
  void allowInterrupts() { --m_held; }
  void holdSoftInterrupts() { ++m_softHeld; }
  void allowSoftInterrupts() { --m_softHeld; }
  void raise(InterruptHandler& handler);
  void raiseSoft(InterruptHandler& handler);

  /// Task that an event on this processor is printed with: the interrupted one, 0 when idle.
  Context context() const { return {m_tid, m_index}; }

 private:
  Task drain();
  Task serveIdle();
  void wakeWhenIdle();

  Engine& m_engine;
  Condition m_freed;
  std::uint16_t m_index;
  std::int32_t m_tid = 0;
  int m_held = 0, m_softHeld = 0;
  bool m_busy = false;
  std::deque<InterruptHandler*> m_pending, m_softPending;
};

}  // namespace descry::simulate
