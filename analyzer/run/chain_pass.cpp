// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/run/chain_pass.hpp"

#include <algorithm>

#include "analyzer/attribute/causes.hpp"
#include "analyzer/pair/half_join.hpp"

namespace descry {

namespace {

constexpr std::int64_t kTick = 1 << 16;

}  // namespace

ChainPass::ChainPass(Database& database, const Model& model, Pairing& pairing, const Clocks& clocks,
                     std::function<void(double)> progress)
    : m_database(database),
      m_model(model),
      m_pairing(pairing),
      m_clocks(clocks),
      m_progress(std::move(progress)),
      m_writer(database),
      m_contexts(model) {
  std::int64_t guest = 0, host = 0;
  for (const auto& [key, epoch] : model.epochs) (model.isGuest(key.first) ? guest : host) += epoch.adds + epoch.fetches;
  m_expected = std::max<std::int64_t>({guest, host, 1});
}

ChainPass::Lane ChainPass::makeLane(std::int64_t guestQueue, std::int64_t hostQueue) {
  Lane lane;
  lane.context = m_contexts.of(m_database, guestQueue, hostQueue);
  const DeviceRow* device = nullptr;
  if (guestQueue != 0) {
    const DeviceRow& guest = m_model.deviceOf(guestQueue);
    device = &guest;
    lane.guestCapture = guest.captureId;
    lane.guestLossy = m_model.hasLoss(lane.guestCapture);
    lane.group.scope = hostQueue != 0 ? "full" : "guest";
  }
  if (hostQueue != 0) {
    const DeviceRow& host = m_model.deviceOf(hostQueue);
    lane.hostCapture = host.captureId;
    lane.hostLossy = m_model.hasLoss(lane.hostCapture);
    if (device == nullptr) {
      device = &host;
      lane.group.scope = "host";
      // Half a life beside whole ones would only blur their percentiles.
      lane.aggregated = m_pairing.guestOf(host.deviceId) == 0;
    }
  }
  if (const auto clock = m_clocks.find({lane.guestCapture, lane.hostCapture}); clock != m_clocks.end())
    lane.clock = clock->second.get();
  lane.group.transport = device->transport;
  if (device->transport == "unknown" && guestQueue != 0)
    for (const DevicePairRow& pair : m_pairing.devices)
      if (pair.guestDeviceId == device->deviceId) lane.group.transport = m_model.device(pair.hostDeviceId).transport;
  lane.group.deviceId = device->deviceId;
  lane.group.queueId = guestQueue != 0 ? guestQueue : hostQueue;
  return lane;
}

ChainPass::Lane& ChainPass::laneOf(std::int64_t guestQueue, std::int64_t hostQueue) {
  const std::pair key{guestQueue, hostQueue};
  if (m_lastLane != nullptr && key == m_lastKey) return *m_lastLane;
  auto found = m_lanes.find(key);
  if (found == m_lanes.end()) found = m_lanes.emplace(key, makeLane(guestQueue, hostQueue)).first;
  m_lastKey = key;
  m_lastLane = &found->second;
  return found->second;
}

bool ChainPass::suspect(const Lane& lane, const ChainHalves& halves, const ChainLife& life) const {
  const Ns last = std::max(seen(life.end) ? life.end : life.first, life.first);
  if (lane.guestLossy && halves.guest != nullptr &&
      m_model.lossy(lane.guestCapture, halves.guest->queueId, life.first, last))
    return true;
  if (!lane.hostLossy || halves.host == nullptr) return false;
  const HostHalfRow& host = *halves.host;
  Ns from = host.f, to = host.f;
  for (const Ns offset : {host.k, host.w, host.t, host.u, host.s})
    if (seen(offset)) from = std::min(from, host.f + offset), to = std::max(to, host.f + offset);
  return m_model.lossy(lane.hostCapture, host.queueId, from, to);
}

void ChainPass::fill(ChainRow& row, const Lane& lane, const ChainHalves& halves, const ChainLife& life) {
  row.start = life.first;
  row.hostShift = life.shift;
  row.crossError = life.error;
  row.stock = life.stock;
  row.reapWait = life.reapWait;
  row.points = static_cast<std::int64_t>(life.points);
  row.flags = life.flags;
  if (suspect(lane, halves, life)) row.flags |= kSuspect;
  if (!seen(life.end)) return;
  Claims claims(life);
  claimCauses({halves, lane.context, life}, claims);
  for (const CauseInfo& info : kCauseTable) row.causes[info.cause] = claims.of(info.cause);
  row.causes[Cause::Unattributed] = claims.left();
  row.iotlbInduced = claims.induced();
  if (lane.aggregated) m_aggregator.add(lane.group, row);
}

void ChainPass::emit(const GuestHalfRow* guest, const HostHalfRow* host, const PairSegmentRow* segment) {
  Lane& lane = laneOf(guest != nullptr ? guest->queueId : 0, host != nullptr ? host->queueId : 0);
  ChainHalves halves{guest, host, std::nullopt};
  if (guest != nullptr && host != nullptr && lane.clock != nullptr) halves.clock = lane.clock->at(host->f);
  const ChainLife life(halves, lane.context);
  ChainRow row;
  row.queueId = guest != nullptr ? guest->queueId : host->queueId;
  row.epoch = guest != nullptr ? guest->epoch : host->epoch;
  row.position = guest != nullptr ? guest->position : host->position;
  if (segment != nullptr) row.pairId = segment->pairId;
  fill(row, lane, halves, life);
  m_pyramid.add(row);
  if (segment == nullptr) ++m_unpaired[{row.queueId, row.epoch}];
  m_writer.add(std::move(row));
  if (++m_chains % kTick == 0 && m_progress)
    m_progress(std::min(1.0, static_cast<double>(m_chains) / static_cast<double>(m_expected)));
}

void ChainPass::run() {
  HalfJoin join(m_database, m_model, m_pairing);
  std::map<PairSegmentRow*, std::int64_t> lastPaired;
  join.run(
      [&](const GuestHalfRow& guest, const HostHalfRow* host, PairSegmentRow* segment) {
        if (segment != nullptr) {
          ++segment->chains;
          lastPaired[segment] = guest.position;
        }
        emit(&guest, host, segment);
      },
      [&](const HostHalfRow& host) { emit(nullptr, &host, nullptr); });
  for (const auto& [segment, position] : lastPaired) segment->lastPosition = position;
  m_writer.flush();
  m_aggregator.write(m_database);
  m_pyramid.write(m_database);
  writeUnpaired();
}

void ChainPass::writeUnpaired() {
  TableWriter<UnpairedRow> writer(m_database);
  std::int64_t id = 0;
  for (const auto& [key, chains] : m_unpaired) {
    const auto reason = m_pairing.reasons.find(key);
    if (reason == m_pairing.reasons.end()) continue;  // there is no other side
    writer.add({++id, key.first, key.second, chains, reason->second.text});
    if (reason->second.refused) m_refused += chains;
  }
  writer.flush();
}

}  // namespace descry
