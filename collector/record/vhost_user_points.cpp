// SPDX-License-Identifier: GPL-2.0-or-later
// The points of a vhost-user backend that uses DPDK's vhost library. The first one of a name has what the others go by.
#include "collector/record/probe_points.hpp"

namespace descry {

std::span<const ProbePoint> vhostUserPoints() {
  using enum Detail;
  constexpr const char* kChains = "chains: nothing of this backend can be told, the guest's side alone is seen";
  static const std::vector<ProbePoint> points = {
      {"vhost-user: burst begins", false, Normal, {{"rte_vhost_*_burst", "onBurst"}}, kChains},
      {"vhost-user: fetch ends, used published", true, Normal, {{"rte_vhost_*_burst", "onBurstEnd"}}, kChains},
      {"vhost-user: eventfd written",
       false,
       Normal,
       {{"eventfd_write", "onEventfdWrite"}},
       "when the guest was interrupted: backend and notification are one"},
  };
  return points;
}

}  // namespace descry
