// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/half_totals.hpp"

#include <algorithm>

#include "analyzer/aggregate/held_chains.hpp"
#include "analyzer/aggregate/vhost_queues.hpp"
#include "schemas/model/swiotlb.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

constexpr std::size_t kEnoughAdds = 100'000;    // to judge how full a ring is
constexpr std::size_t kEnoughBounces = 50'000;  // to judge how full the pool is
constexpr std::int64_t kMostSlots = 1 << 30;

void addSeen(std::int64_t& sum, std::int64_t value) {
  if (seen(value)) sum = seen(sum) ? sum + value : value;
}

/// A chain that holds slots of the bounce buffer pool for a time.
struct Bounced {
  Ns begin = 0, end = 0;
  std::int64_t slots = 0;
};

/// The most chains and the most slots at one time. At one instant those that go come first.
void findPeak(const std::vector<Bounced>& bounced, DeviceTotalRow& row) {
  struct Step {
    Ns at;
    std::int64_t chains, slots;
  };
  std::vector<Step> steps;
  steps.reserve(2 * bounced.size());
  for (const Bounced& chain : bounced) {
    steps.push_back({chain.begin, 1, chain.slots});
    steps.push_back({chain.end, -1, -chain.slots});
  }
  std::sort(steps.begin(), steps.end(),
            [](const Step& a, const Step& b) { return std::pair(a.at, a.chains) < std::pair(b.at, b.chains); });
  std::int64_t chains = 0, slots = 0;
  for (const Step& step : steps) {
    row.mostBounced = std::max(row.mostBounced, chains += step.chains);
    row.mostSlots = std::max(row.mostSlots, slots += step.slots);
  }
}

}  // namespace

struct HalfTotals::Device {
  explicit Device(Durations::Budget& budget) : doorbell(Durations::kExactLimit, &budget) {}

  bool onHost = false;
  std::int64_t captureId = 0;
  Durations doorbell;
  std::vector<Bounced> bounced;
};

struct HalfTotals::Queue {
  Queue(Device& ofDevice, bool ofVhost, Durations::Budget& budget)
      : device(ofDevice), held(ofVhost), burstWakeup(Durations::kExactLimit, &budget) {}

  Device& device;
  HalfTotalRow row;
  Ns firstAdd = kUnseen, lastReap = kUnseen;
  HeldChains held;
  Durations burstWakeup;
};

HalfTotals::HalfTotals(const Database& database, Durations::Budget& budget) : m_budget(budget) {
  const auto ofVhost = vhostQueues(database);
  Statement rows = database.prepare(
      "SELECT q.queue_id, d.device_id, d.capture_id, c.side = 'host'"
      " FROM queue q JOIN device d USING (device_id) JOIN capture c USING (capture_id)");
  while (rows.step()) {
    auto& device = m_devices[rows.deviceId(1)];
    if (!device) device = std::make_unique<Device>(budget);
    device->captureId = rows.integer(2);
    device->onHost = rows.integer(3) == 1;
    auto& queue = m_queues[rows.queueId(0)];
    if (!queue) queue = std::make_unique<Queue>(*device, ofVhost.contains(rows.queueId(0)), budget);
    queue->row.queueId = rows.queueId(0);
  }
}

HalfTotals::~HalfTotals() = default;

HalfTotals::Queue& HalfTotals::queueOf(QueueId queueId) {
  return *m_queues.at(queueId);
}

void HalfTotals::add(const GuestHalfRow& guest) {
  if (m_lastGuest == nullptr || m_lastGuest->row.queueId != guest.queueId) {
    finishRing();
    m_lastGuest = &queueOf(guest.queueId);
  }
  Queue& queue = *m_lastGuest;
  HalfTotalRow& row = queue.row;
  ++row.halves;
  row.probed += seen(guest.hits) ? 1 : 0;
  addSeen(row.hits, guest.hits);
  if (seen(guest.outCount) && seen(guest.inCount)) {
    ++row.described;
    row.segments += guest.outCount + guest.inCount;
  }
  if (seen(guest.outCount) && guest.outCount > 0) {
    queue.firstAdd = seen(queue.firstAdd) ? std::min(queue.firstAdd, guest.q) : guest.q;
    if (seen(guest.r)) queue.lastReap = std::max(queue.lastReap, guest.q + guest.r);
    addSeen(row.inRing, guest.r);
  }
  if (seen(guest.r) && guest.outCount != 0 && m_steps.size() < 2 * kEnoughAdds) {
    m_steps.emplace_back(guest.q, 1);
    m_steps.emplace_back(guest.q + guest.r, -1);
  }
  addSeen(row.dmaMaps, guest.dmaMaps);
  addSeen(row.dmaIdentity, guest.dmaIdentity);
  if (seen(guest.k) && seen(guest.kReturn)) queue.device.doorbell.add(guest.kReturn - guest.k);
  addBounces(queue, guest);
}

void HalfTotals::addBounces(Queue& queue, const GuestHalfRow& guest) {
  HalfTotalRow& row = queue.row;
  addSeen(row.bounces, guest.bounces);
  addSeen(row.bounceBytes, guest.bounceBytes);
  addSeen(row.copyBackBytes, guest.copyBackBytes);
  addSeen(row.swiotlbOut, guest.swiotlbOut);
  addSeen(row.swiotlbSearch, guest.swiotlbSearch);
  addSeen(row.swiotlbIn, guest.swiotlbIn);
  row.swiotlbSearched += seen(guest.swiotlbSearch) ? 1 : 0;
  if (!seen(guest.bounces)) return;
  addSeen(row.bounced, guest.bounces > 0 ? 1 : 0);
  auto& bounced = queue.device.bounced;
  if (guest.bounces <= 0 || !seen(guest.c) || bounced.size() == kEnoughBounces) return;
  // Each bounce may take one slot more than its bytes fill.
  const std::int64_t bytes = seen(guest.bounceBytes) ? guest.bounceBytes : 0;
  bounced.push_back(
      {guest.q, guest.q + guest.c, std::clamp<std::int64_t>(guest.bounces + bytes / kSwiotlbSlotBytes, 0, kMostSlots)});
}

void HalfTotals::add(const HostHalfRow& host) {
  if (m_lastHost == nullptr || m_lastHost->row.queueId != host.queueId) m_lastHost = &queueOf(host.queueId);
  HalfTotalRow& row = m_lastHost->row;
  ++row.halves;
  if (seen(host.outCount) && seen(host.inCount)) {
    ++row.described;
    row.segments += host.outCount + host.inCount;
  }
  // A burst has one doorbell, which its first chain stands for.
  if (seen(host.w) && seen(host.k) && host.w >= host.k && (host.flags & kOpensBurst) != 0)
    m_lastHost->burstWakeup.add(host.w - host.k);
  m_lastHost->held.add(host);
}

/// Counts how many chains were in the ring after each add. At one instant those that go come first.
void HalfTotals::finishRing() {
  if (m_steps.empty()) return;
  std::sort(m_steps.begin(), m_steps.end());
  std::map<std::int64_t, std::int64_t> adds;
  std::int64_t inFlight = 0;
  for (const auto& [at, step] : m_steps) {
    inFlight += step;
    if (step > 0) ++adds[inFlight];
  }
  for (const auto& [chains, count] : adds) m_ringUse.push_back({m_lastGuest->row.queueId, chains, count});
  m_steps.clear();
}

void HalfTotals::write(Database& database) {
  finishRing();
  TableWriter<RingUseRow> rings(database);
  for (const RingUseRow& row : m_ringUse) rings.add(row);
  rings.flush();

  TableWriter<HalfTotalRow> halves(database);
  for (auto& [queueId, queue] : m_queues) {
    HalfTotalRow& row = queue->row;
    if (seen(queue->firstAdd) && seen(queue->lastReap)) row.reach = queue->lastReap - queue->firstAdd;
    row.bursts = static_cast<std::int64_t>(queue->burstWakeup.count());
    row.burstWakeupP50 = queue->burstWakeup.median();
    queue->held.fill(row);
    halves.add(row);
  }
  halves.flush();

  std::map<std::int64_t, Durations> runnable;  // by capture
  Statement runs = database.prepare("SELECT capture_id, on_ns - woken_ns FROM thread_state WHERE on_ns >= woken_ns");
  while (runs.step())
    runnable.try_emplace(runs.integer(0), Durations::kExactLimit, &m_budget).first->second.add(runs.integer(1));
  TableWriter<DeviceTotalRow> devices(database);
  for (auto& [deviceId, device] : m_devices) {
    DeviceTotalRow row;
    row.deviceId = deviceId;
    row.doorbellCalls = static_cast<std::int64_t>(device->doorbell.count());
    row.doorbellP50 = device->doorbell.median();
    row.bounced = static_cast<std::int64_t>(device->bounced.size());
    findPeak(device->bounced, row);
    if (const auto found = runnable.find(device->captureId); device->onHost && found != runnable.end()) {
      row.runs = static_cast<std::int64_t>(found->second.count());
      row.runnableP50 = found->second.median();
    }
    devices.add(row);
  }
  devices.flush();
}

}  // namespace descry
