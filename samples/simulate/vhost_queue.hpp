// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "samples/simulate/vhost_device.hpp"

namespace descry::simulate {

struct VhostDevice::Worker {
  Worker(Engine& engine, std::int32_t thread) : wake(engine), tid(thread) {}
  struct Item {
    Queue* queue;
    bool socket;
  };
  Context context() const { return {tid, 2}; }

  std::deque<Item> items;
  Condition wake;
  std::int32_t tid;
};

struct VhostDevice::Visit {
  Ns at = kUnseen;
  EventId event = kNoEvent;
};

struct VhostDevice::Packet {
  Ns at = 0;
  EventId event = kNoEvent;  ///< none while the worker does not listen to the socket
  Visit visit;               ///< the first after it woke the worker
};

struct VhostDevice::Queue {
  Queue(Ring& itsRing, Worker& itsWorker) : ring(itsRing), worker(itsWorker) {}

  /// The visit that found something after the queue was empty serves all chains until it is empty again, over as many
  /// visits as that takes.
  void tryNext() {
    if (burst.event == kNoEvent) burst = visit;
  }
  void foundEmpty() { burst = {}; }

  Ring& ring;
  Worker& worker;
  std::vector<std::size_t> batch;
  std::deque<Packet> packets;
  Visit visit, burst;
  Ns metadataMissed = kUnseen;   ///< first miss on a ring page since the queue came past the last
  std::int64_t outstanding = 0;  ///< miss messages without an answer
  bool kickQueued = false, socketQueued = false, socketArmed = true, metadataCached = false;
};

}  // namespace descry::simulate
