// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "analyzer/pair/model.hpp"

namespace descry {

/// The queues of a guest device that one host device serves.
struct HostPlace {
  std::int64_t firstQueue = 0;       ///< index in the guest of the host device's queue 0
  std::vector<std::int64_t> queues;  ///< by the guest's index, ascending
};

/// Which host devices may serve which queues of a guest device, and which do.
///
/// Mostly one host device serves all queues. Kernel vhost-net has a device for each pair of receive and transmit queue,
/// whose queues are always 0 and 1, and leaves the control queue to the VMM:
///
///       guest   rx0 tx0   rx1 tx1   rx2 tx2   ctrl
///       host    vhost A   vhost B   vhost C   the VMM's own device
///
/// The devices of one guest belong to one process and have the same features.
class HostPlaces {
 public:
  explicit HostPlaces(const Model& model);

  /// Where the host device may serve queues of the guest device that no other serves; empty: nowhere.
  std::vector<HostPlace> of(DeviceId guest, DeviceId host) const;
  /// `used`: the guest's queues in which chains were paired.
  void take(DeviceId guest, DeviceId host, const HostPlace& place, const std::vector<std::int64_t>& used);

  /// True when the host device is one of kernel vhost-net: a receive and a transmit queue.
  bool isPair(DeviceId host) const;
  /// Pairs of queues of a network device; 0: another device.
  std::int64_t pairsOf(DeviceId guest) const;
  bool isServed(DeviceId guest) const { return m_served.contains(guest); }
  bool isServed(DeviceId guest, std::int64_t queue) const;
  bool serves(DeviceId host) const { return m_guestOf.contains(host); }
  /// The first queue of each device of vhost that serves the guest device.
  std::map<DeviceId, std::int64_t> pairsServing(DeviceId guest) const;
  /// True when both devices of vhost can belong to one guest device.
  bool together(DeviceId host, DeviceId other) const;

 private:
  enum class Part { Whole, Pair, Control };
  struct Served {
    DeviceId host = kNoDevice;
    HostPlace place;
    Part part = Part::Whole;
  };

  std::vector<std::int64_t> indexesOf(DeviceId device) const;
  bool isControl(DeviceId guest, const std::vector<std::int64_t>& queues) const;
  const std::vector<Served>& servedOf(DeviceId guest) const;

  const Model& m_model;
  std::map<DeviceId, std::vector<Served>> m_served;  ///< by guest device
  std::map<DeviceId, DeviceId> m_guestOf;            ///< by host device
};

}  // namespace descry
