// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "analyzer/case/summary.hpp"

namespace descry {

// The steps of readSummary(), in their order; each fills its part of the Summary.

/// The number in a column; kUnseen for NULL.
inline std::int64_t integerOrUnseen(const Statement& row, int column) {
  return row.isNull(column) ? kUnseen : row.integer(column);
}

struct QueueIdentity {
  DeviceId deviceId = kNoDevice;    ///< as in DeviceSummary
  QueueId guestQueueId = kNoQueue;  ///< its queue in the guest where known, else itself
  std::int64_t index = kUnseen;
  std::string name;
  bool onHost = false;
};

/// Which rows of the two sides stand for the same device or queue.
struct Topology {
  std::map<DeviceId, DeviceId> deviceOf;    ///< any device_id -> DeviceSummary::deviceId
  std::map<QueueId, QueueIdentity> queues;  ///< by queue_id
};

Topology readDevices(const Database& database, Summary& summary);

/// Counts per queue, and of the whole case.
std::map<QueueId, ChainCounts> readCounts(const Database& database, Summary& summary);

/// The slowest chains of those that the tables are made of.
void readSlowest(const Database& database, int slowest, Summary& summary);

/// The sums of transports, devices and queues.
void readLevels(const Database& database, const Topology& topology, Summary& summary);

/// What was counted chain by chain, in the rows of the levels.
void addCounts(const Database& database, const Topology& topology, const std::map<QueueId, ChainCounts>& countsOfQueue,
               Summary& summary);

void readHealth(const Database& database, Summary& summary);

/// Says in sentences what could not be seen. Needs everything else.
void describeMissing(Summary& summary);

}  // namespace descry
