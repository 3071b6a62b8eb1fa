// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/property/halves.hpp"

#include <fmt/format.h>

#include "schemas/store/table_io.hpp"

namespace descry::property {

using namespace simulate;

Halves::Halves(const PlayedWorld& world) {
  const Simulation& simulation = world.simulation();
  std::map<std::int64_t, Ns> origins;
  for (const CaptureRow& row : readAll<CaptureRow>(world.database())) origins[row.captureId] = row.origin;
  std::map<DeviceId, std::int64_t> captureOfDevice;
  for (const DeviceRow& row : readAll<DeviceRow>(world.database())) captureOfDevice[row.deviceId] = row.captureId;
  for (const QueueRow& row : readAll<QueueRow>(world.database())) {
    queues[row.queueId] = row;
    origin[row.queueId] = origins[captureOfDevice[row.deviceId]];
  }
  std::map<std::pair<std::string, Ns>, std::int64_t> guestAt, hostAt;  // address of the queue, time on its clock
  for (std::size_t index = 0; index < simulation.truth.chains.size(); ++index) {
    const ChainTruth& chain = simulation.truth.chains[index];
    const RingTruth& ring = simulation.truth.rings[static_cast<std::size_t>(chain.ring)];
    if (seen(chain[Point::Q]))
      guestAt[{fmt::format("0x{:x}", ring.guestVq), simulation.guest.clock.at(chain[Point::Q])}] =
          static_cast<std::int64_t>(index);
    if (seen(chain[Point::f]))
      hostAt[{fmt::format("0x{:x}", ring.hostVq), simulation.host.clock.at(chain[Point::f])}] =
          static_cast<std::int64_t>(index);
  }
  const auto find = [this](const auto& known, QueueId queueId, Ns ns) {
    const auto found = known.find({queues[queueId].address.value_or(""), ns + origin[queueId]});
    return found == known.end() ? kNoChain : found->second;
  };
  for (const GuestHalfRow& row : readAll<GuestHalfRow>(world.database()))
    guest[{row.queueId, row.epoch, row.position}] = {row, find(guestAt, row.queueId, row.q)};
  for (const HostHalfRow& row : readAll<HostHalfRow>(world.database()))
    host[{row.queueId, row.epoch, row.position}] = {row, find(hostAt, row.queueId, row.f)};
  for (const PairSegmentRow& row : readAll<PairSegmentRow>(world.database())) m_segments[row.pairId] = row;
}

const std::pair<HostHalfRow, std::int64_t>* Halves::hostOf(const ChainRow& chain) const {
  if (!seen(chain.pairId)) return nullptr;
  const auto segment = m_segments.find(chain.pairId);
  if (segment == m_segments.end()) return nullptr;
  const auto found =
      host.find({segment->second.hostQueueId, segment->second.hostEpoch, chain.position - segment->second.shift});
  return found == host.end() ? nullptr : &found->second;
}

const std::pair<GuestHalfRow, std::int64_t>* Halves::guestOf(const ChainRow& chain) const {
  const auto found = guest.find({chain.queueId, chain.epoch, chain.position});
  return found == guest.end() ? nullptr : &found->second;
}

std::string nameOf(const ChainRow& row) {
  return fmt::format("chain {}/{}/{}", row.queueId, row.epoch, row.position);
}

}  // namespace descry::property
