// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analyzer/pair/alignment.hpp"
#include "analyzer/pair/device_mapping.hpp"
#include "analyzer/pair/model.hpp"

namespace descry {

/// Which host device is which guest device, and which runs of positions belong together.
struct Pairing {
  std::vector<DevicePairRow> devices;
  std::vector<PairSegmentRow> segments;  ///< by guest queue, epoch and position
  /// Why a queue epoch (of either side) has no partner; refused = there were chains that could have been paired, but
  /// not without guessing.
  struct Reason {
    std::string text;
    bool refused = false;
  };
  std::map<QueueEpoch, Reason> reasons;

  /// The guest device that a host device belongs to, or kNoDevice.
  DeviceId guestOf(DeviceId hostDeviceId) const;
};

/// Finds the pairing that causality allows and nothing else allows. Refuses rather than guesses.
/// Throws Error when `map` names a device that is not there.
Pairing pairHalves(const Database& database, const Model& model, const std::vector<DeviceMapping>& map);

}  // namespace descry
