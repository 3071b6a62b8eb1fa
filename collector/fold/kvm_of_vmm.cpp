// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/kvm_of_vmm.hpp"

#include <algorithm>
#include <utility>

namespace descry {

namespace {

/// Of a thread: what KVM has not said by then it did not see, as where the interrupt is masked.
constexpr std::size_t kMostMoments = 256;
/// A thread that decided to interrupt and has not called KVM by then did not: the next call is another device's.
constexpr Ns kCallLasts = 100'000'000;

bool isOf(const KvmDoorbellRow& row, std::int32_t tid, Ns rung) {
  return row.vcpuTid == tid && rung >= row.exit && rung <= row.entered;
}

}  // namespace

void KvmOfVmm::remember(Moments& moments, std::int32_t tid, const Moment& moment) {
  std::deque<Moment>& list = moments[tid];
  list.push_back(moment);
  if (list.size() > kMostMoments) list.pop_front();
}

/// Of a queue that the VMM had not turned to before, its doorbells come late.
void KvmOfVmm::rang(QueueId queueId, std::int32_t tid, Ns now) {
  const auto row =
      std::ranges::find_if(m_unknown, [&](const KvmDoorbellRow& unknown) { return isOf(unknown, tid, now); });
  if (now > m_settled || row == m_unknown.end()) return remember(m_rings, tid, {queueId, now});
  write(*row, {queueId, now});
  m_unknown.erase(row);
}

void KvmOfVmm::signalled(QueueId queueId, std::int32_t tid, Ns now) {
  remember(m_signals, tid, {queueId, now});
}

void KvmOfVmm::take(const KvmDoorbellRow& row) {
  m_doorbells.push_back(row);
}

void KvmOfVmm::take(const KvmInterruptRow& row, std::int32_t signaller) {
  m_interrupts.push_back({row, signaller});
}

void KvmOfVmm::write(KvmDoorbellRow row, const Moment& ring) {
  row.queueId = ring.queueId;
  row.ns = ring.ns;
  row.taken = std::min(row.taken, row.ns);
  row.seq = m_store.nextSequence();
  m_store.kvmDoorbells.add(row);
}

void KvmOfVmm::settle(const KvmDoorbellRow& row) {
  if (!seen(row.exit)) return;
  std::deque<Moment>& list = m_rings[static_cast<std::int32_t>(row.vcpuTid)];
  const auto ring = std::ranges::find_if(
      list, [&row](const Moment& moment) { return isOf(row, static_cast<std::int32_t>(row.vcpuTid), moment.ns); });
  if (ring != list.end()) {
    write(row, *ring);
    list.erase(list.begin(), std::next(ring));
    return;
  }
  m_unknown.push_back(row);
  if (m_unknown.size() > kMostMoments) m_unknown.pop_front();
}

void KvmOfVmm::settle(WaitingInterrupt waiting) {
  const auto signals = m_signals.find(waiting.signaller);
  if (signals == m_signals.end()) return;
  KvmInterruptRow& row = waiting.row;
  std::deque<Moment>& list = signals->second;
  const auto after = std::ranges::find_if(list, [&row](const Moment& moment) { return moment.ns > row.ns; });
  if (after == list.begin() || row.ns - std::prev(after)->ns > kCallLasts) return;
  row.queueId = std::prev(after)->queueId;
  row.ns = std::prev(after)->ns;
  row.seq = m_store.nextSequence();
  m_store.kvmInterrupts.add(row);
  list.erase(std::prev(after));  // an earlier one of another vector may be injected later
}

void KvmOfVmm::settle(Ns now) {
  m_settled = std::max(m_settled, now);
  std::erase_if(m_doorbells, [&](const KvmDoorbellRow& row) { return row.entered < now && (settle(row), true); });
  std::erase_if(m_interrupts,
                [&](const WaitingInterrupt& waiting) { return waiting.row.ns < now && (settle(waiting), true); });
}

void KvmOfVmm::finish() {
  settle(std::numeric_limits<Ns>::max());
}

}  // namespace descry
