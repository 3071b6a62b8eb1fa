// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "collector/fold/fold.hpp"
#include "collector/fold/folded_vhost.hpp"
#include "collector/fold/qemu_fold.hpp"
#include "collector/fold/vhost_fold.hpp"

namespace descry {

namespace {

/// Host events to host halves: kernel vhost and QEMU devices of one machine may share a trace.
class HostFold final : public Fold {
 public:
  HostFold(FactStore& store, std::int64_t captureId, const std::string& vm)
      : m_store(store),
        m_captureId(captureId),
        m_kvm(store, captureId),
        m_vhost(store, captureId, vm, m_kvm),
        m_kvmOfVmm(store),
        m_folded(store, captureId, vm, m_kvmOfVmm),
        m_vm(vm) {}

  void consume(const Batch& batch) override {
    for (const Event& event : batch.events) {
      if (!m_started) {
        m_started = true;
        m_origin = event.ns;
      }
      m_now = event.ns - m_origin;
      if (event.kind >= EventKind::VhostOwner && event.kind <= EventKind::VhostIotlbDelete)
        m_vhost.handle(event, m_now);
      else if (event.kind == EventKind::HostRecord)
        m_folded.handle(batch.records, event, m_origin);
      else if (event.kind == EventKind::CaptureRecord)
        continue;
      else if (event.kind == EventKind::SchedSwitch || event.kind == EventKind::SchedWakeup)
        scheduled(event);
      else if (event.kind >= EventKind::KvmEntry && event.kind <= EventKind::KvmInject)
        m_kvm.handle(event, m_now);
      else
        handleQemu(event);
    }
  }

  void finish() override {
    m_vhost.finish(m_now);
    m_folded.finish(m_now);
    m_kvm.finish(m_now);
    m_kvmOfVmm.finish();
    for (auto& [process, qemu] : m_qemus) qemu.finish(m_now);
    for (const auto& [tid, state] : m_running)
      if (seen(state.on)) m_store.threadStates.add(state);
    CaptureRow& capture = m_store.captures[static_cast<std::size_t>(m_captureId - 1)];
    capture.origin = m_origin;
    capture.last = m_now;
  }

 private:
  void handleQemu(const Event& event) {
    m_kvmOfVmm.settle(m_now);
    qemuOf(event).handle(event, m_now);
  }
  /// Addresses of one QEMU mean nothing in another one. Its own trace events do not name it: they are of one.
  QemuFold& qemuOf(const Event& event) {
    const auto process = static_cast<std::int64_t>(event.get(Field::Process, 0));
    return m_qemus.try_emplace(process, m_store, m_captureId, m_vm, process, m_kvmOfVmm).first->second;
  }
  void scheduled(const Event& event) {
    if (event.kind == EventKind::SchedWakeup) {
      const auto tid = static_cast<std::int32_t>(event.get(Field::Next, 0));
      m_kvm.woken(tid, m_now);
      if (m_vhost.isWorker(tid)) m_woken[tid] = m_now;
      return;
    }
    const auto next = static_cast<std::int32_t>(event.get(Field::Next, 0));
    const auto previous = static_cast<std::int32_t>(event.get(Field::Previous, 0));
    m_kvm.switched(previous, next, m_now);
    if (const auto found = m_running.find(previous); found != m_running.end() && seen(found->second.on)) {
      found->second.off = m_now;
      if (found->second.off > found->second.on) m_store.threadStates.add(found->second);
      m_running.erase(found);
    }
    if (!m_vhost.isWorker(next)) return;
    ThreadStateRow& state = m_running[next];
    state = {.captureId = m_captureId, .tid = next, .on = m_now};
    if (const auto woken = m_woken.find(next); woken != m_woken.end()) {
      state.woken = woken->second;
      m_woken.erase(woken);
    }
  }

  FactStore& m_store;
  std::int64_t m_captureId;
  KvmFold m_kvm;
  VhostFold m_vhost;
  KvmOfVmm m_kvmOfVmm;
  FoldedVhost m_folded;
  std::string m_vm;
  std::map<std::int64_t, QemuFold> m_qemus;  ///< by process; 0: not known
  bool m_started = false;
  Ns m_origin = 0, m_now = 0;
  std::unordered_map<std::int32_t, ThreadStateRow> m_running;
  std::unordered_map<std::int32_t, Ns> m_woken;
};

}  // namespace

std::unique_ptr<Fold> makeHostFold(FactStore& store, std::int64_t captureId, const std::string& vm) {
  return std::make_unique<HostFold>(store, captureId, vm);
}

}  // namespace descry
