// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/vcpu.hpp"

namespace descry::simulate {

Task Vcpu::acquire(std::int32_t tid) {
  while (m_busy) co_await m_freed.wait();
  m_busy = true;
  m_tid = tid;
}

void Vcpu::release() {
  m_busy = false;
  m_tid = 0;
  wakeWhenIdle();
  if (!m_busy) m_freed.notifyAll();
}

Task Vcpu::spend(Ns duration) {
  co_await m_engine.sleep(duration);
  co_await drain();
}

Task Vcpu::drain() {
  while (m_held == 0 && !m_pending.empty()) {
    InterruptHandler* const handler = m_pending.front();
    m_pending.pop_front();
    holdInterrupts();
    holdSoftInterrupts();
    co_await handler->interrupt();
    allowSoftInterrupts();
    allowInterrupts();
  }
  while (m_held == 0 && m_softHeld == 0 && !m_softPending.empty()) {
    InterruptHandler* const handler = m_softPending.front();
    m_softPending.pop_front();
    holdSoftInterrupts();
    co_await handler->softInterrupt();
    allowSoftInterrupts();
  }
}

Task Vcpu::serveIdle() {
  while (!m_pending.empty() || !m_softPending.empty()) co_await drain();
  release();
}

void Vcpu::wakeWhenIdle() {
  if (m_busy || (m_pending.empty() && m_softPending.empty())) return;
  m_busy = true;
  m_tid = 0;
  m_engine.spawn(serveIdle());
}

void Vcpu::raise(InterruptHandler& handler) {
  m_pending.push_back(&handler);
  wakeWhenIdle();
}

void Vcpu::raiseSoft(InterruptHandler& handler) {
  m_softPending.push_back(&handler);
  wakeWhenIdle();
}

}  // namespace descry::simulate
