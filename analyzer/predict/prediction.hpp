// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/predict/jobs.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// A number of the case: as it was recorded, as the replay makes it when nothing is changed, and as it is predicted
/// under either assumption about the load. ns, or chains per second.
struct Predicted {
  double recorded = 0, replayed = 0, open = 0, closed = 0;
  double low = 0, high = 0;  ///< both assumptions, widened by how far the unchanged replay is off

  double middle() const { return (low + high) / 2; }
};

/// What is predicted for a queue, or for all queues of a device.
struct QueuePrediction {
  DeviceId deviceId = kNoDevice;  ///< as in table cause_total
  std::string transport, device, queue;
  std::int64_t chains = 0;
  bool serial = true;
  std::size_t sharers = 1;  ///< queues that its worker serves, itself included
  Predicted mean, p50, p99, rate;
};

struct Prediction {
  std::string databasePath;
  std::vector<CauseChange> changes;
  std::vector<QueuePrediction> queues;
  std::vector<std::string> notes;  ///< what could not be replayed, and what the figures leave out
};

/// Reading and replaying this many takes less than a second at any size of the case.
inline constexpr std::int64_t kMostReplayed = 100'000;

/// Replays the chains of a case with causes changed, device by device, or an excerpt of a device that has more than
/// `mostChains`. `queue`: only this one is shown; all are replayed.
Prediction predict(const Database& database, const std::vector<CauseChange>& changes, const std::string& queue,
                   std::int64_t mostChains = kMostReplayed);

/// Replays the chains of one device, all its queues taken together, or an excerpt where there are more than
/// `mostChains`. No chains where nothing could be replayed.
QueuePrediction predictDevice(const Database& database, DeviceId deviceId, const std::vector<CauseChange>& changes,
                              std::int64_t mostChains);

}  // namespace descry
