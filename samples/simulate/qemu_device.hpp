// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "samples/simulate/iotlb.hpp"
#include "samples/simulate/world.hpp"

namespace descry::simulate {

/// A device in QEMU's user space: an event loop pops chains, requests complete side by side and are given back there.
class QemuDevice final : public HostDevice {
 public:
  QemuDevice(World& world, const DeviceSpec& spec, const std::vector<Ring*>& rings);

  Task prepare() override;
  void start() override;
  void doorbell(Ring& ring, Context exit, const std::vector<std::size_t>& chains) override;
  void published(Ring& ring) override;
  void packet(Ring& ring) override;
  Task invalidate(Ring& ring, std::uint64_t iova, Context exit) override;

 private:
  struct Queue;
  enum class Work { Doorbell, Poll, Complete, Packet };
  struct Item {
    Work work;
    Queue* queue;
    std::size_t chain;
  };
  struct Loop {
    explicit Loop(Engine& engine, std::int32_t thread) : wake(engine), tid(thread) {}
    Context context() const { return {tid, 3}; }
    std::deque<Item> items;
    Condition wake;
    std::int32_t tid;
    bool polling = false;
    std::uint64_t pollTurn = 0;
  };
  struct Queue {
    Queue(Ring& itsRing, Loop& itsLoop) : ring(itsRing), loop(itsLoop) {}
    Ring& ring;
    Loop& loop;
    Ns entered = kUnseen;  ///< notification that is being served
    EventId enteredBy = kNoEvent;
    bool doorbellQueued = false;
    Ns busyUntil = 0;  ///< in-order backends serve one request after the other
    std::uint64_t waitingPackets = 0;
  };

  Task run(Loop& loop);
  Task waitForWork(Loop& loop);
  Task endPolling(Loop& loop, std::uint64_t turn);
  Task handle(Loop& loop, Item item);
  Task handleDoorbell(Queue& queue);
  Task popAll(Queue& queue);
  Task pop(Queue& queue, bool& popped, std::size_t& index);
  Task translate(Queue& queue, std::size_t index);
  Task complete(Queue& queue, std::size_t first);
  Task giveBack(Queue& queue, std::vector<std::size_t> batch);
  Task finishLater(Queue& queue, std::size_t index, Ns duration);
  Task deliver(Queue& queue);
  Task firmware();
  Task setStatus(std::uint64_t value);
  void submit(Queue& queue, std::size_t index);
  void push(Loop& loop, Item item);
  std::uint64_t newElement();
  Queue& queueOf(const Ring& ring) { return *m_queues[static_cast<std::size_t>(ring.queue - m_first)]; }

  /// The time is set and has come.
  bool isOver(Ns at) const { return at > 0 && m_world.engine.now() >= at; }

  World& m_world;
  const DeviceSpec& m_spec;
  std::int32_t m_first;  ///< index of its first queue
  Iotlb m_iotlb;
  std::deque<Loop> m_loops;
  std::vector<std::unique_ptr<Queue>> m_queues;
  std::vector<std::uint64_t> m_freeElements;
  std::uint64_t m_elements = 0;
};

}  // namespace descry::simulate
