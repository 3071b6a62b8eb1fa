// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/predict/removal.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "analyzer/predict/prediction.hpp"

namespace descry {

namespace {

constexpr double kWorthPredicting = 0.001;  // of the latency

std::vector<DeviceId> devicesWith(const Database& database, std::string_view cause) {
  std::vector<DeviceId> devices;
  Statement rows = database.prepare(
      "SELECT c.device_id FROM cause_total c JOIN cause_total w USING (level, transport, device_id, queue_id)"
      " WHERE level = 'device' AND c.cause = ? AND w.cause = 'latency' AND c.total_ns >= ? * w.total_ns"
      " AND c.total_ns > 0 ORDER BY 1");
  rows.bind(0, cause);
  rows.bind(1, kWorthPredicting);
  while (rows.step()) devices.push_back(rows.deviceId(0));
  return devices;
}

void write(const Database& database, std::string_view cause, const QueuePrediction& prediction) {
  Statement row = database.prepare("INSERT INTO prediction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(0, prediction.deviceId);
  row.bind(1, cause);
  row.bind(2, prediction.chains);
  int column = 3;
  for (const Predicted* predicted : {&prediction.mean, &prediction.p50})
    for (const double value : {predicted->recorded, predicted->low, predicted->high})
      row.bind(column++, static_cast<std::int64_t>(std::llround(value)));
  row.step();
}

}  // namespace

void writePredictions(Database& database) {
  for (const Cause cause : removableCauses()) {
    const std::string_view name = kCauseNames[static_cast<std::size_t>(cause)];
    for (const DeviceId deviceId : devicesWith(database, name)) {
      const QueuePrediction prediction = predictDevice(database, deviceId, {{cause, 0, 0}}, kMostReplayed);
      if (prediction.chains > 0) write(database, name, prediction);
    }
  }
}

}  // namespace descry
