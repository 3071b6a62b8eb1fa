// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/run/chain_pass.hpp"

#include <algorithm>

#include "analyzer/attribute/causes.hpp"
#include "analyzer/pair/half_join.hpp"

namespace descry {

namespace {

constexpr std::size_t kBatch = 8192;                // chains; large enough that a thread for each costs nothing
constexpr std::uint64_t kMedianValues = 4'000'000;  // kept for exact medians, 4 bytes each

}  // namespace

ChainPass::ChainPass(Database& database, const Model& model, Pairing& pairing, const Clocks& clocks,
                     std::function<void(double)> progress)
    : m_database(database),
      m_model(model),
      m_pairing(pairing),
      m_clocks(clocks),
      m_progress(std::move(progress)),
      m_writer(database),
      m_contexts(model),
      m_budget{kMedianValues},
      m_totals(database, m_budget),
      m_halves(database, m_budget),
      m_stuck(database, model, pairing, clocks) {
  std::int64_t guest = 0, host = 0;
  for (const auto& [key, epoch] : model.epochs) (model.isGuest(key.first) ? guest : host) += epoch.adds + epoch.fetches;
  m_expected = std::max<std::int64_t>({guest, host, 1});
}

ChainPass::Lane ChainPass::makeLane(QueueId guestQueue, QueueId hostQueue) {
  Lane lane;
  lane.context = m_contexts.of(m_database, guestQueue, hostQueue);
  const DeviceRow* device = nullptr;
  if (guestQueue != kNoQueue) {
    const DeviceRow& guest = m_model.deviceOf(guestQueue);
    device = &guest;
    lane.guestCapture = guest.captureId;
    lane.guestLossy = m_model.hasLoss(lane.guestCapture);
    lane.group.scope = hostQueue != kNoQueue ? Scope::Full : Scope::Guest;
  }
  if (hostQueue != kNoQueue) {
    const DeviceRow& host = m_model.deviceOf(hostQueue);
    lane.hostCapture = host.captureId;
    lane.hostLossy = m_model.hasLoss(lane.hostCapture);
    if (device == nullptr) {
      device = &host;
      lane.group.scope = Scope::Host;
      // Half a life beside whole ones would only blur their percentiles.
      lane.aggregated = m_pairing.guestOf(host.deviceId) == kNoDevice;
    }
  }
  if (const auto clock = m_clocks.find({lane.guestCapture, lane.hostCapture}); clock != m_clocks.end())
    lane.clock = clock->second.get();
  lane.group.transport = device->transport;
  if (device->transport == "unknown" && guestQueue != kNoQueue)
    for (const DevicePairRow& pair : m_pairing.devices)
      if (pair.guestDeviceId == device->deviceId) lane.group.transport = m_model.device(pair.hostDeviceId).transport;
  lane.group.deviceId = device->deviceId;
  lane.group.queueId = guestQueue != kNoQueue ? guestQueue : hostQueue;
  return lane;
}

const ChainPass::Lane& ChainPass::laneOf(QueueId guestQueue, QueueId hostQueue) {
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
  if (!lane.aggregated) return;
  m_aggregator.add(lane.group, row);
  addPhases(halves, lane.context, life, row.queueId, claims);
}

void ChainPass::addKvm(const ChainHalves& halves, const KvmWays& ways, QueueId queueId, const Span& span) {
  const HostHalfRow& host = *halves.host;
  const Ns length = span.end - span.begin;
  if (span.only(phaseBit(Phase::Exit)) && seen(host.k)) {
    if (const auto parts = ways.ofDoorbell(host.f + host.k, length)) m_kvm.addDoorbell(queueId, *parts);
  } else if (span.only(phaseBit(Phase::Inject)) && seen(host.s)) {
    if (const auto parts = ways.ofInterrupt(host.f + host.s, length)) m_kvm.addInterrupt(queueId, *parts);
  }
}

void ChainPass::addPhases(const ChainHalves& halves, const QueueContext& context, const ChainLife& life,
                          QueueId queueId, Claims& claims) {
  const WorkerStates* worker = context.worker;
  // The states of the worker are on the host's clock.
  const Ns shift = halves.guest == nullptr ? 0 : life.shift;
  if (life.detached || !seen(shift)) worker = nullptr;
  for (Span& span : claims.spans()) {
    span.claimed[indexOf(Cause::Unattributed)] = span.left;
    m_phases.add(queueId, span.phases, span.claimed);
    if (span.claimed[indexOf(Cause::Notification)] != span.end - span.begin) continue;
    if (context.kvm != nullptr && halves.host != nullptr) addKvm(halves, *context.kvm, queueId, span);
    if (worker == nullptr || !span.only(phaseBit(Phase::Wakeup))) continue;
    if (const auto parts = worker->within(span.begin - shift, span.end - shift)) m_wakeups.add(queueId, *parts);
  }
}

ChainRow ChainPass::chainOf(const Lane& lane, const GuestHalfRow* guest, const HostHalfRow* host, std::int64_t pairId) {
  if (guest != nullptr) m_halves.add(*guest);
  if (host != nullptr) {
    m_halves.add(*host);
    m_totals.serve(*host);
  }
  ChainHalves halves{guest, host, std::nullopt};
  if (guest != nullptr && host != nullptr && lane.clock != nullptr) halves.clock = lane.clock->at(host->f);
  const ChainLife life(halves, lane.context);
  ChainRow row;
  row.queueId = guest != nullptr ? guest->queueId : host->queueId;
  row.epoch = guest != nullptr ? guest->epoch : host->epoch;
  row.position = guest != nullptr ? guest->position : host->position;
  row.pairId = pairId;
  fill(row, lane, halves, life);
  m_pyramid.add(row);
  m_totals.add(row, guest, host);
  if (lane.aggregated) m_stuck.add(row, halves, life, lane.context);
  return row;
}

std::vector<ChainRow> ChainPass::attribute(const Batch& batch) {
  std::vector<ChainRow> rows;
  rows.reserve(batch.items.size());
  auto guest = batch.guests.begin();
  auto host = batch.hosts.begin();
  for (const Batch::Item& item : batch.items)
    rows.push_back(
        chainOf(*item.lane, item.hasGuest ? &*guest++ : nullptr, item.hasHost ? &*host++ : nullptr, item.pairId));
  return rows;
}

void ChainPass::take(const GuestHalfRow* guest, const HostHalfRow* host, const PairSegmentRow* segment) {
  const Lane& lane = laneOf(guest != nullptr ? guest->queueId : kNoQueue, host != nullptr ? host->queueId : kNoQueue);
  m_batch.items.push_back({&lane, guest != nullptr, host != nullptr, segment != nullptr ? segment->pairId : kUnseen});
  if (guest != nullptr) m_batch.guests.push_back(*guest);
  if (host != nullptr) m_batch.hosts.push_back(*host);
  if (segment == nullptr)
    ++m_unpaired[guest != nullptr ? QueueEpoch{guest->queueId, guest->epoch} : QueueEpoch{host->queueId, host->epoch}];
  if (m_batch.items.size() == kBatch) handOver();
}

void ChainPass::handOver() {
  std::vector<ChainRow> finished;
  if (m_attributed.valid()) finished = m_attributed.get();
  Batch next;
  next.items.reserve(kBatch);
  next.guests.reserve(m_batch.guests.size());
  next.hosts.reserve(m_batch.hosts.size());
  std::swap(m_batch, next);
  m_attributed = std::async(std::launch::async, [this, batch = std::move(next)] { return attribute(batch); });
  write(std::move(finished));
}

void ChainPass::write(std::vector<ChainRow> rows) {
  m_chains += std::ssize(rows);
  for (ChainRow& row : rows) m_writer.add(std::move(row));
  if (m_progress) m_progress(std::min(1.0, static_cast<double>(m_chains) / static_cast<double>(m_expected)));
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
        take(&guest, host, segment);
      },
      [&](const HostHalfRow& host) { take(nullptr, &host, nullptr); });
  handOver();
  write(m_attributed.get());
  for (const auto& [segment, position] : lastPaired) segment->lastPosition = position;
  m_writer.flush();
  writeStuck();
  m_aggregator.write(m_database);
  m_pyramid.write(m_database);
  m_phases.write(m_database, phasesText);
  m_wakeups.write(m_database);
  m_kvm.write(m_database);
  m_totals.write(m_database);
  m_halves.write(m_database);
  writeUnpaired();
}

void ChainPass::writeStuck() {
  const StuckRows rows = m_stuck.judge(m_aggregator);
  for (const StuckChainRow& row : rows.stuck)
    if (row.back == 0) m_aggregator.addStuck(row.queueId, row.age);
  writeAll(m_database, rows.stuck);
  writeAll(m_database, rows.lateAtEnd);
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
