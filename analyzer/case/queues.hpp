// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/case/time_axis.hpp"
#include "schemas/model/ids.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// A queue whose chains are listed under it: the guest's, or the host's where only the host saw chains.
struct QueueInfo {
  QueueId queueId = kNoQueue;
  DeviceId deviceId = kNoDevice;
  std::int64_t captureId = 0, index = kUnseen;
  std::string vm, device, transport, deviceKind, name;
  bool onHost = false;
  bool summed = false;                ///< its chains are in the sums (not: leftovers beside whole lives)
  std::vector<QueueId> hostQueueIds;  ///< queues of the host that served it (itself when onHost)
  std::int64_t hostCaptureId = 0;     ///< their capture; 0: the host was not seen
  std::int64_t chains = 0, complete = 0;
  TimeRange range;     ///< on the axis, from the first begin of a chain to the last
  int baseLevel = -1;  ///< lowest and highest level of timeline_bucket; -1: none
  int topLevel = -1;
  int baseLatencyLevel = -1, topLatencyLevel = -1;

  std::string title() const;
};

/// The queues that have chains, in the order of machine, transport, device and queue.
std::vector<QueueInfo> queuesWithChains(const Database& database, const TimeAxis& axis);

}  // namespace descry
