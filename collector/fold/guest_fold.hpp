// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "collector/fold/fold.hpp"
#include "collector/fold/folded_guest.hpp"
#include "collector/fold/guest_queue.hpp"

namespace descry {

/// Guest events to guest halves: calls are paired per task, and what happens inside an add or get belongs to it.
class GuestFold final : public Fold {
 public:
  GuestFold(FactStore& store, std::int64_t captureId, std::string vm)
      : m_store(store), m_captureId(captureId), m_vm(vm), m_folded(store, captureId, std::move(vm)) {}

  void consume(const Batch& batch) override {
    for (const Event& event : batch.events) {
      if (!m_started) start(event.ns);
      m_now = event.ns - m_origin;
      if (event.kind == EventKind::GuestRecord)
        m_folded.handle(batch.records, event, m_origin);
      else
        handle(event);
    }
  }

  void finish() override {
    for (GuestQueue& queue : m_queues) queue.finish(m_now);
    m_folded.finish(m_now);
    CaptureRow& capture = m_store.captures[static_cast<std::size_t>(m_captureId - 1)];
    capture.origin = m_origin;
    capture.last = m_now;
  }

 private:
  void start(Ns ns) {
    m_started = true;
    m_origin = ns;
  }

  void handle(const Event& event);
  void enterAdd(const Event& event);
  void leaveAdd(const Event& event);
  void enterGet(const Event& event);
  void leaveGet(const Event& event);
  void enterDoorbellDecision(const Event& event);
  void leaveDoorbellDecision(const Event& event);
  void enterDoorbell(const Event& event);
  void leaveDoorbell(const Event& event);
  void enterInterrupt(const Event& event);
  void handleDma(const Event& event);
  void closeDma(TaskStack& stack, FrameKind kind);
  void mapped(TaskStack& stack);
  void unmapped(TaskStack& stack);
  void enterSwiotlb(TaskStack& stack, FrameKind kind, const Event& event);
  void leaveSwiotlb(TaskStack& stack, FrameKind kind);

  GuestQueue& queue(std::int32_t index) { return m_queues[static_cast<std::size_t>(index)]; }
  std::int32_t queueOf(const Event& event);
  DeviceId deviceOf(std::uint64_t number, std::uint8_t variant);
  /// Closes calls that the naming gives no return for, and drops an open call of the same kind whose return was lost.
  void settle(TaskStack& stack, FrameKind kind);
  /// An add still open on this queue, in any task, must have returned unseen.
  void closeOpenAdd(std::int32_t index);
  void completeAdd(const Frame& frame, Ns returned, bool returnSeen);
  /// Drops open gets that cannot be what calls the one that is entered now.
  void closeLostGet(TaskStack& stack, std::int32_t index, std::uint64_t used);
  void completeGet(const Frame& frame, Ns returned);

  FactStore& m_store;
  std::int64_t m_captureId;
  std::string m_vm;
  FoldedGuest m_folded;
  bool m_started = false;
  Ns m_origin = 0, m_now = 0;
  TaskStacks m_stacks;
  std::deque<GuestQueue> m_queues;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::int32_t> m_queueByKey;
  std::unordered_map<std::uint64_t, std::int32_t> m_queueByAddress;
  std::unordered_map<std::int32_t, std::int64_t> m_openAdds;  ///< task whose add on a queue has not returned yet
  std::map<std::uint64_t, DeviceId> m_devices;
};

}  // namespace descry
