// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "collector/event/event.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// What a function on a guest task's stack was, from its entry probe.
enum class FrameKind : std::uint8_t {
  Add,
  Get,
  DoorbellDecision,
  Doorbell,
  Interrupt,
  DmaMap,
  DmaUnmap,
  Swiotlb,
  SwiotlbCopy
};

constexpr bool isRing(FrameKind kind) {
  return kind == FrameKind::Add || kind == FrameKind::Get;
}

/// What Frame::values holds for what the event did not carry.
inline constexpr std::uint64_t kNoValue = ~std::uint64_t{0};

/// One open call. Add and Get frames collect what happens inside them.
struct Frame {
  FrameKind kind{};
  bool noReturn = false;    ///< its return is never recorded: closed by the next ring call of the task
  std::int32_t queue = -1;  ///< index of the queue
  Ns entered = 0;
  std::array<std::uint64_t, 5> values{};  ///< what the entry event carried and the return needs

  Ns interrupt = kUnseen;      ///< Get: the queue's latest interrupt when it was called
  Ns innerReturned = kUnseen;  ///< Get: when the get that it called gave its result

  // Collected by Add and Get
  Ns lastMapped = kUnseen;  ///< end of the last DMA mapping
  Ns firstUnmap = kUnseen;  ///< start of the first unmapping
  Ns swiotlb = 0, swiotlbCopy = 0, iommu = 0;
  bool swiotlbSeen = false, iommuSeen = false;
  std::int64_t bounces = 0, bounceBytes = 0, copies = 0, copyBytes = 0, dmaMaps = 0, dmaIdentity = 0, hits = 1;
  Ns bouncedAt = kUnseen;  ///< swiotlb_bounced without a span around it yet

  // Collected by DmaMap and DmaUnmap
  bool touchedIommu = false;
  Ns swiotlbInside = 0;
};

/// The open calls of one task, or of one CPU's idle task: the probes of a task nest like its calls, and an interrupt
/// that comes on top is popped before the task goes on.
class TaskStack {
 public:
  void push(Frame frame) { m_frames.push_back(std::move(frame)); }
  bool empty() const { return m_frames.empty(); }
  Frame& top() { return m_frames.back(); }

  /// Pops frames until one of `kind` is popped into `frame`. False, and nothing popped, when none is open.
  bool popTo(FrameKind kind, Frame& frame) {
    for (std::size_t i = m_frames.size(); i-- > 0;) {
      if (m_frames[i].kind != kind) continue;
      frame = m_frames[i];
      m_frames.resize(i);
      return true;
    }
    return false;
  }

  /// Innermost open call of `kind`, not looking below an interrupt; null when there is none.
  Frame* findInContext(FrameKind kind) {
    for (std::size_t i = m_frames.size(); i-- > 0;) {
      if (m_frames[i].kind == kind) return &m_frames[i];
      if (m_frames[i].kind == FrameKind::Interrupt) return nullptr;
    }
    return nullptr;
  }

  /// As findInContext, but inside the innermost add or get only: where DMA calls nest.
  Frame* findInRing(FrameKind kind) {
    for (std::size_t i = m_frames.size(); i-- > 0;) {
      if (m_frames[i].kind == kind) return &m_frames[i];
      if (isRing(m_frames[i].kind) || m_frames[i].kind == FrameKind::Interrupt) return nullptr;
    }
    return nullptr;
  }

  /// Innermost open add or get: what nested DMA belongs to.
  Frame* ring() {
    for (std::size_t i = m_frames.size(); i-- > 0;)
      if (isRing(m_frames[i].kind)) return &m_frames[i];
    return nullptr;
  }

  bool has(FrameKind kind) const {
    for (const Frame& frame : m_frames)
      if (frame.kind == kind) return true;
    return false;
  }

  /// Takes the open add of a queue out of the stack, at any depth. False when there is none.
  bool takeAdd(std::int32_t queue, Frame& add) {
    for (auto frame = m_frames.begin(); frame != m_frames.end(); ++frame) {
      if (frame->kind != FrameKind::Add || frame->queue != queue) continue;
      add = *frame;
      m_frames.erase(frame);
      return true;
    }
    return false;
  }

  /// Removes a frame whose return was lost, with all above it.
  void dropFrom(const Frame* frame) { m_frames.resize(static_cast<std::size_t>(frame - m_frames.data())); }

 private:
  std::vector<Frame> m_frames;
};

/// Names a task; idle tasks are told apart by CPU.
inline std::int64_t taskOf(const Event& event) {
  return event.tid != 0 ? event.tid : -1 - static_cast<std::int64_t>(event.cpu);
}

class TaskStacks {
 public:
  TaskStack& of(const Event& event) { return m_stacks[taskOf(event)]; }
  TaskStack& ofTask(std::int64_t task) { return m_stacks[task]; }

 private:
  std::unordered_map<std::int64_t, TaskStack> m_stacks;
};

}  // namespace descry
