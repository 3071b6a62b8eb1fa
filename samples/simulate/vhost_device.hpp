// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "samples/simulate/iotlb.hpp"
#include "samples/simulate/world.hpp"

namespace descry::simulate {

/// A device of the kernel's vhost-net, for one pair of queues: worker threads that visit queues in turn, a device IOTLB
/// whose misses the VMM answers.
class VhostDevice final : public HostDevice {
 public:
  VhostDevice(World& world, const DeviceSpec& spec, std::vector<Ring*> rings);

  Task prepare() override;
  void start() override;
  void doorbell(Ring& ring, Context exit, const std::vector<std::size_t>& chains) override;
  void published(Ring&) override {}
  void packet(Ring& ring) override;
  Task invalidate(Ring& ring, std::uint64_t iova, Context exit) override;

 private:
  struct Queue;
  struct Worker;
  struct Visit;
  struct Packet;
  struct Miss {
    Queue* queue;
    std::uint64_t iova;
  };
  enum class Attempt { Fetched, Empty, Missed };

  Task work(Worker& worker);
  Task visit(Queue& queue, bool socket);
  Task prefetch(Queue& queue, bool& ready);
  Task transmit(Queue& queue);
  Task receive(Queue& queue);
  Task fetch(Queue& queue, Attempt& outcome, std::size_t& index);
  Task flush(Queue& queue);
  Task answerMisses();
  Task requeueSoon(Queue& queue);
  void wake(Queue& queue, bool socket);
  bool miss(Queue& queue, std::uint64_t iova, bool metadata);
  void update(std::uint64_t iova, Context vmm);
  bool enableNotify(Queue& queue);
  std::vector<std::uint64_t> metadata(const Ring& ring) const;
  Queue& queueOf(const Ring& ring) { return *m_queues[static_cast<std::size_t>(ring.queue - m_first)]; }

  /// The time is set and has come.
  bool isOver(Ns at) const { return at > 0 && m_world.engine.now() >= at; }

  World& m_world;
  const DeviceSpec& m_spec;
  std::int32_t m_first;  ///< index of its first queue
  Iotlb m_iotlb;
  std::vector<std::unique_ptr<Queue>> m_queues;
  std::deque<Worker> m_workers;
  std::deque<Miss> m_readList;  ///< messages the VMM has not read yet
  std::deque<Miss> m_pending;   ///< read, not answered: an update that covers one wakes its queue
  Condition m_messages;
};

}  // namespace descry::simulate
