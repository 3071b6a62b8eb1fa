// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/kvm_fold.hpp"

#include <algorithm>

namespace descry {

namespace {

/// A signal that is not accepted by then did not go through KVM: the next acceptance in that thread is another's.
constexpr Ns kSignalLasts = 10'000'000;
/// More changes than any interrupt waits through: then it is lost, and what it waits for is given up.
constexpr std::size_t kMostPieces = 65536;

}  // namespace

template <typename Row>
void KvmFold::putTimes(const Times& times, Row& row) {
  const auto time = [&times](State state) { return times[static_cast<std::size_t>(state)]; };
  row.guest = time(State::Guest);
  row.kernel = time(State::Kernel);
  row.vmm = time(State::Vmm);
  row.runnable = time(State::Runnable);
  row.halted = time(State::Halted);
  row.polling = time(State::Polling);
}

KvmFold::Vcpu* KvmFold::vcpuOf(std::int32_t tid) {
  const auto found = m_vcpus.find(tid);
  return found == m_vcpus.end() ? nullptr : &found->second;
}

void KvmFold::push(Vcpu& vcpu, State state, Ns now) {
  if (vcpu.pieces.empty() || vcpu.pieces.back().state != state) vcpu.pieces.push_back({now, state});
}

/// How long the virtual CPU was in each state.
KvmFold::Times KvmFold::within(const Vcpu& vcpu, Ns begin, Ns end) {
  Times times{};
  for (std::size_t i = 0; i < vcpu.pieces.size(); ++i) {
    const Ns from = std::max(begin, vcpu.pieces[i].begin);
    const Ns to = i + 1 < vcpu.pieces.size() ? std::min(end, vcpu.pieces[i + 1].begin) : end;
    if (to > from) times[static_cast<std::size_t>(vcpu.pieces[i].state)] += to - from;
  }
  return times;
}

/// Forgets what no interrupt waits for, but for the state that lasts.
void KvmFold::prune(Vcpu& vcpu, Ns now) {
  if (vcpu.pieces.size() > kMostPieces) vcpu.pending.clear();
  if (!vcpu.pending.empty() || vcpu.pieces.empty()) return;
  const Times times = within(vcpu, vcpu.pieces.front().begin, now);
  for (std::size_t state = 0; state < kStates; ++state) vcpu.times[state] += times[state];
  vcpu.pieces = {{now, vcpu.pieces.back().state}};
}

void KvmFold::handle(const Event& event, Ns now) {
  if (event.kind == EventKind::KvmEntry) return enter(event, now);
  if (event.kind == EventKind::KvmAccept) return accept(event, now);
  Vcpu* vcpu = vcpuOf(event.tid);
  if (vcpu == nullptr) return;
  if (event.kind == EventKind::KvmExit) return leave(*vcpu, now);
  if (event.kind == EventKind::KvmWakeup)
    return wakeUp(*vcpu, static_cast<Ns>(event.get(Field::Length, 0)), event.get(Field::Result, 1) != 0, now);
  if (event.kind == EventKind::KvmInject)
    return inject(*vcpu, static_cast<std::int64_t>(event.get(Field::Value, 0)), now);
  if (event.kind != EventKind::KvmVmmExit) return;
  vcpu->inVmm = true;
  ++vcpu->row.vmmExits;
  push(*vcpu, State::Vmm, now);
}

void KvmFold::enter(const Event& event, Ns now) {
  auto [found, isNew] = m_vcpus.try_emplace(event.tid);
  Vcpu& vcpu = found->second;
  if (isNew) {
    vcpu.row.captureId = m_captureId;
    vcpu.row.tid = event.tid;
    vcpu.row.begin = now;
  }
  vcpu.row.number = static_cast<std::int64_t>(event.get(Field::Value, 0));
  vcpu.inVmm = false;
  if (vcpu.doorbell) {
    vcpu.doorbell->entered = now;
    ++vcpu.row.doorbells;
    if (seen(vcpu.exited)) vcpu.row.doorbellsAway += now - vcpu.exited;
    m_store.kvmDoorbells.add(*vcpu.doorbell);
    vcpu.doorbell.reset();
  }
  for (const Interrupt& interrupt : vcpu.inFlight) {
    KvmInterruptRow row;
    row.queueId = interrupt.queueId;
    row.ns = interrupt.signal;
    row.seq = m_store.nextSequence();
    row.vcpuTid = vcpu.row.tid;
    row.vector = interrupt.vector;
    row.accepted = interrupt.accepted;
    row.injected = interrupt.injected;
    row.entered = now;
    putTimes(interrupt.times, row);
    row.merged = interrupt.merged;
    m_store.kvmInterrupts.add(row);
  }
  vcpu.inFlight.clear();
  push(vcpu, State::Guest, now);
  prune(vcpu, now);
}

void KvmFold::leave(Vcpu& vcpu, Ns now) {
  push(vcpu, State::Kernel, now);
  vcpu.exited = now;
  ++vcpu.row.exits;
}

/// The tracepoint comes at the end and says how long the halt was: what lies in that time was no work of KVM.
void KvmFold::wakeUp(Vcpu& vcpu, Ns halted, bool waited, Ns now) {
  ++vcpu.row.halts;
  if (!waited) ++vcpu.row.polled;
  const Ns begin = std::max({now - halted, seen(vcpu.exited) ? vcpu.exited : 0, vcpu.row.begin});
  if (halted <= 0 || begin >= now || vcpu.pieces.empty()) return;
  const auto after = std::ranges::find_if(vcpu.pieces, [begin](const Piece& piece) { return piece.begin > begin; });
  if (after != vcpu.pieces.begin()) {
    const Piece during{begin, std::prev(after)->state};
    vcpu.pieces.insert(after, during);
  }
  for (Piece& piece : vcpu.pieces) {
    if (piece.begin < begin) continue;
    if (piece.state == State::Kernel) piece.state = State::Polling;
  }
  push(vcpu, State::Kernel, now);
}

void KvmFold::doorbell(QueueId queueId, std::int32_t tid, Ns now) {
  Vcpu* vcpu = vcpuOf(tid);
  // What the VMM does in this thread, as when it stops the device, is no doorbell of the guest.
  if (vcpu == nullptr || !seen(vcpu->exited) || vcpu->inVmm || vcpu->doorbell) return;
  KvmDoorbellRow row;
  row.queueId = queueId;
  row.ns = now;
  row.seq = m_store.nextSequence();
  row.vcpuTid = tid;
  row.exit = vcpu->exited;
  row.runnable = within(*vcpu, vcpu->exited, now)[static_cast<std::size_t>(State::Runnable)];
  vcpu->doorbell = row;
}

void KvmFold::signal(QueueId queueId, std::int32_t tid, Ns now) {
  m_signals[tid] = {queueId, now};
}

void KvmFold::accept(const Event& event, Ns now) {
  const auto found = m_signals.find(event.tid);
  if (found == m_signals.end()) return;
  const Signal signal = found->second;
  m_signals.erase(found);
  if (now - signal.at > kSignalLasts) return;
  Vcpu* target = nullptr;
  const auto number = static_cast<std::int64_t>(event.get(Field::Count, 0));
  for (auto& [tid, vcpu] : m_vcpus) {
    if (vcpu.row.number != number) continue;
    if (target != nullptr) return;
    target = &vcpu;
  }
  if (target == nullptr || target->pieces.empty()) return;
  const auto vector = static_cast<std::int64_t>(event.get(Field::Value, 0));
  ++target->row.interrupts;
  const auto [pending, isNew] = target->pending.try_emplace(vector);
  if (!isNew) {
    ++pending->second.merged;
    ++target->row.merged;
    return;
  }
  pending->second = {.queueId = signal.queueId, .signal = signal.at, .accepted = now, .vector = vector};
}

void KvmFold::inject(Vcpu& vcpu, std::int64_t vector, Ns now) {
  const auto found = vcpu.pending.find(vector);
  if (found == vcpu.pending.end()) return;
  Interrupt& interrupt = vcpu.inFlight.emplace_back(found->second);
  interrupt.injected = now;
  interrupt.times = within(vcpu, interrupt.accepted, now);
  vcpu.pending.erase(found);
  ++vcpu.row.injected;
}

void KvmFold::woken(std::int32_t tid, Ns now) {
  if (Vcpu* vcpu = vcpuOf(tid); vcpu != nullptr && !vcpu->onCpu && !seen(vcpu->wokenAt)) vcpu->wokenAt = now;
}

void KvmFold::switched(std::int32_t previous, std::int32_t next, Ns now) {
  if (Vcpu* vcpu = vcpuOf(previous)) {
    vcpu->onCpu = false;
    vcpu->offSince = now;
    vcpu->wokenAt = kUnseen;
    // Until it is known what it waits for.
    push(*vcpu, State::Runnable, now);
  }
  Vcpu* vcpu = vcpuOf(next);
  if (vcpu == nullptr) return;
  vcpu->onCpu = true;
  // Put off its CPU it can run at once; else it slept until it was woken.
  if (seen(vcpu->wokenAt) && !vcpu->pieces.empty() && vcpu->pieces.back().state == State::Runnable) {
    vcpu->pieces.back().state = vcpu->inVmm ? State::Vmm : State::Halted;
    push(*vcpu, State::Runnable, vcpu->wokenAt);
  }
  push(*vcpu, vcpu->inVmm ? State::Vmm : State::Kernel, now);
}

void KvmFold::finish(Ns now) {
  for (auto& [tid, vcpu] : m_vcpus) {
    vcpu.pending.clear();
    prune(vcpu, now);
    KvmVcpuRow row = vcpu.row;
    putTimes(vcpu.times, row);
    m_store.vcpus.push_back(row);
  }
  m_vcpus.clear();
}

}  // namespace descry
