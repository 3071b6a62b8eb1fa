// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyzer/predict/replay.hpp"
#include "schemas/model/points.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// A change to a cause: every duration of it times `factor`, plus `added` per chain.
struct CauseChange {
  Cause cause = Cause::Iotlb;
  double factor = 0;
  Ns added = 0;
};

/// The causes that a replay can change.
std::span<const Cause> changeableCauses();
/// Those of them that a setting can take away.
std::span<const Cause> removableCauses();

/// The chains of the queues that one worker serves, in the order in which it began with them.
struct WorkerJobs {
  DeviceId deviceId = kNoDevice;  ///< as in table cause_total
  std::string transport, device;
  std::vector<std::string> queues;  ///< by position in queueIds
  std::vector<QueueId> queueIds;
  std::vector<Job> jobs;
  bool serial = true;     ///< it serves one chain after the other; false: fetches, and goes on while they are served
  std::int64_t left = 0;  ///< complete chains that could not be placed: no fetch was seen
};

/// Which chains of a device are read: every `period` ns those whose latency begins in the first `window` ns of it.
struct Excerpt {
  DeviceId deviceId = kNoDevice;  ///< as in table cause_total; 0: all devices
  Ns first = 0, last = 0;         ///< start of the first period, as in chain_view; no chain starts after `last`
  Ns period = 1, window = 1;      ///< equal: all chains
  bool whole() const { return window >= period; }
};

/// Reads what there is to replay, once for each of the alternatives, with its changes put into the jobs. Only chains
/// whose host side was seen can be replayed. Queues of a device whose service never overlaps share a worker.
std::vector<std::vector<WorkerJobs>> readJobs(const Database& database,
                                              const std::vector<std::vector<CauseChange>>& alternatives,
                                              const Excerpt& excerpt = {});

}  // namespace descry
