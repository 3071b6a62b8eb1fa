// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/predict/jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "schemas/store/rows.hpp"

namespace descry {

namespace {

// Of service intervals that follow each other, so many may overlap by accident of the clocks' uncertainty.
constexpr double kAccidents = 0.02;
constexpr std::size_t kMostTogether = 64;  // VHOST_NET_BATCH of the kernel

// The ring is not among them: without it nothing is left to replay.
constexpr std::array kChangeable = {Cause::Iotlb, Cause::Swiotlb, Cause::Notification, Cause::Backend};
constexpr std::array kRemovable = {Cause::Iotlb, Cause::Swiotlb};

/// A chain as chain_view and its halves have it; offsets from `start`.
struct Recorded {
  QueueId queueId = kNoQueue;
  Ns start = 0, stock = 0, total = 0;
  Ns ready = kUnseen, packet = kUnseen, attempted = kUnseen, fetched = kUnseen, used = kUnseen;
  Ns iotlb = 0, induced = 0, swiotlb = 0, notification = 0, backend = 0;
  Ns swiotlbOut = 0, guestMap = 0;
  QueueId hostQueueId = kNoQueue;
  Ns hostFetched = kUnseen;  ///< the fetch on the host's own clock

  Ns attemptedAt() const { return start + (seen(attempted) ? attempted : fetched); }
};

/// A wait for ring metadata, on the host's own clock. It belongs to no chain.
struct Stall {
  Ns begin = 0, end = 0;
};
using Stalls = std::map<QueueId, std::vector<Stall>>;  ///< by host queue, in the order of time

constexpr std::string_view kQuery =
    "SELECT v.queue_id, v.start_ns, v.stock_ns, v.total_ns, v.a_ns, v.n_ns, v.t_ns, v.f_ns, v.u_ns, v.iotlb_ns,"
    " v.iotlb_induced_ns, v.swiotlb_ns, v.notification_ns, v.backend_ns, g.swiotlb_out_ns, g.iommu_map_ns,"
    " v.transport, v.device, v.queue_name, v.device_id, v.host_queue_id, h.f_ns"
    " FROM chain_view v LEFT JOIN guest_half g"
    " ON g.queue_id = v.queue_id AND g.epoch = v.epoch AND g.position = v.position"
    " LEFT JOIN host_half h ON h.queue_id = v.host_queue_id AND h.epoch = v.host_epoch AND h.position = "
    "v.host_position"
    " WHERE v.complete AND v.queue_id IN (SELECT queue_id FROM cause_total WHERE level = 'queue')";

/// What remains of a duration after the changes to its cause, subtracted from it.
class Changes {
 public:
  explicit Changes(const std::vector<CauseChange>& changes) : m_changes(changes) {}

  Ns lessOf(Cause cause, Ns duration) const {
    for (const CauseChange& change : m_changes)
      if (change.cause == cause)
        return std::llround(static_cast<double>(std::max<Ns>(0, duration)) * (1 - change.factor));
    return 0;
  }
  bool removes(Cause cause) const {
    return std::any_of(m_changes.begin(), m_changes.end(),
                       [&](const CauseChange& change) { return change.cause == cause && change.factor == 0; });
  }
  Ns added(Cause cause) const {
    for (const CauseChange& change : m_changes)
      if (change.cause == cause) return change.added;
    return 0;
  }

 private:
  const std::vector<CauseChange>& m_changes;
};

/// The chain as a job. `free`: when the worker had fetched the chain before; it may have looked at this one earlier,
/// but could not have gone on with it. `serial`: whether the backend's work keeps the worker busy.
Job jobOf(const Recorded& chain, Ns free, bool serial, const Changes& changes) {
  Job job;
  job.queueId = chain.queueId;
  job.begin = chain.start + chain.stock;
  job.end = job.begin + chain.total;
  job.external = seen(chain.packet) && chain.stock > 0;
  job.start = std::max(chain.attemptedAt(), std::min(free, chain.start + chain.fetched));
  job.ready =
      std::clamp(seen(chain.ready) ? chain.start + chain.ready : job.begin, job.begin, std::max(job.begin, job.start));
  const Ns done = serial && seen(chain.used) ? chain.used : chain.fetched;
  job.busy = std::max<Ns>(0, chain.start + done - job.start);

  const Ns stall = std::clamp<Ns>(chain.iotlb - chain.induced - chain.guestMap, 0, job.busy);
  job.lessBefore = changes.lessOf(Cause::Swiotlb, chain.swiotlbOut) + changes.lessOf(Cause::Iotlb, chain.guestMap);
  const Ns lessStall = changes.lessOf(Cause::Iotlb, stall) - changes.added(Cause::Iotlb);
  const Ns lessBackend = changes.lessOf(Cause::Backend, chain.backend) - changes.added(Cause::Backend);
  job.lessBusy = lessStall + (serial ? lessBackend : 0);
  const Ns notice = std::clamp<Ns>(job.start - job.ready, 0, chain.notification);
  job.lessNotice = changes.lessOf(Cause::Notification, notice) - changes.added(Cause::Notification);
  job.lessAfter = (serial ? 0 : lessBackend) + changes.lessOf(Cause::Swiotlb, chain.swiotlb - chain.swiotlbOut) -
                  changes.added(Cause::Swiotlb) + changes.lessOf(Cause::Notification, chain.notification - notice);
  return job;
}

/// Whether each chain was done before the worker began with the next.
bool isSerial(const std::vector<const Recorded*>& chains) {
  std::size_t overlaps = 0, followed = 0;
  for (std::size_t i = 1; i < chains.size(); ++i) {
    const Recorded &before = *chains[i - 1], &chain = *chains[i];
    if (!seen(before.used)) continue;
    ++followed;
    overlaps += before.start + before.used > chain.attemptedAt() ? 1 : 0;
  }
  return static_cast<double>(overlaps) <= kAccidents * static_cast<double>(followed);
}

Stalls readMetadataStalls(const Database& database) {
  Stalls stalls;
  Statement rows = database.prepare(
      "SELECT queue_id, raised_ns, retried_ns FROM iotlb_miss WHERE position IS NULL AND retried_ns > raised_ns"
      " ORDER BY queue_id, raised_ns");
  while (rows.step()) stalls[rows.queueId(0)].push_back({rows.integer(1), rows.integer(2)});
  return stalls;
}

/// How long the queue waited for ring metadata between two times of its host's clock.
Ns stalledBetween(const std::vector<Stall>& stalls, Ns begin, Ns end) {
  auto at = std::partition_point(stalls.begin(), stalls.end(), [&](const Stall& stall) { return stall.end <= begin; });
  Ns sum = 0;
  for (; at != stalls.end() && at->begin < end; ++at) {
    sum += std::min(at->end, end) - std::max(at->begin, begin);
    begin = std::max(begin, at->end);  // stalls may overlap: each instant counts once
  }
  return sum;
}

/// Waits for ring metadata belong to no chain: they are part of what the worker did before it began with one.
void takeMetadataStalls(WorkerJobs& worker, const std::vector<const Recorded*>& chains, const Stalls& stalls,
                        const Changes& changes) {
  for (std::size_t i = 0; i < worker.jobs.size(); ++i) {
    const Recorded& chain = *chains[i];
    const auto ofQueue = stalls.find(chain.hostQueueId);
    if (ofQueue == stalls.end() || !seen(chain.hostFetched)) continue;
    Job& job = worker.jobs[i];
    const Ns free = i > 0 ? worker.jobs[i - 1].start + worker.jobs[i - 1].busy : job.ready;
    const Ns shift = chain.start + chain.fetched - chain.hostFetched;
    const Ns stalled = stalledBetween(ofQueue->second, (job.waited ? free : job.ready) - shift, job.start - shift);
    (job.waited ? job.lessGap : job.lessNotice) += changes.lessOf(Cause::Iotlb, stalled);
  }
}

/// Chains whose used entries were published together wait for the last of them. Kernel vhost publishes what it has when
/// a translation is missing: without the miss it would have gone on as long as there was something to do, up to its
/// limit; with one more it would have stopped there.
void findPublications(WorkerJobs& worker, const std::vector<const Recorded*>& chains, const Changes& changes) {
  const auto together = [&](const Recorded& a, const Recorded& b) {
    // The host shift is rounded per chain.
    return a.queueId == b.queueId && seen(a.used) && seen(b.used) &&
           std::abs((a.start + a.used) - (b.start + b.used)) <= 1;
  };
  const bool missComes = changes.added(Cause::Iotlb) > 0;
  std::size_t joined = 0;  // chains that follow and would be published together
  for (std::size_t i = worker.jobs.size(); i-- > 0;) {
    Job& job = worker.jobs[i];
    job.published = i;
    joined = i + 1 < worker.jobs.size() ? joined + 1 : 0;
    if (joined == 0 || missComes) continue;
    const Job& next = worker.jobs[i + 1];
    const bool recorded = together(*chains[i], *chains[i + 1]);
    const bool missGone = next.waited && next.lessBusy > 0 && next.queueId == job.queueId &&
                          changes.removes(Cause::Iotlb) && joined < kMostTogether;
    if (recorded || missGone)
      job.published = next.published;
    else
      joined = 0;
    job.untilIdle = missGone && !recorded;
  }
}

/// No more chains of a queue can be under way than ever were: what the guest does not have room for, or does not want
/// to have, comes later.
void boundDepth(WorkerJobs& worker, QueueId queueId) {
  std::vector<std::pair<Ns, int>> steps;
  std::vector<std::size_t> own;
  for (std::size_t i = 0; i < worker.jobs.size(); ++i) {
    if (worker.jobs[i].queueId != queueId) continue;
    own.push_back(i);
    steps.emplace_back(worker.jobs[i].begin, 1);
    steps.emplace_back(worker.jobs[i].end, -1);
  }
  std::sort(steps.begin(), steps.end());  // at one instant an end comes before a begin
  std::size_t depth = 0, deepest = 1;
  for (const auto& [time, step] : steps) {
    depth = step < 0 ? depth - std::min<std::size_t>(depth, 1) : depth + 1;
    deepest = std::max(deepest, depth);
  }
  for (std::size_t i = deepest; i < own.size(); ++i)
    if (!worker.jobs[own[i]].external) worker.jobs[own[i]].after = own[i - deepest];
}

struct DeviceChains {
  DeviceId deviceId = kNoDevice;
  std::string transport, device;
  std::map<QueueId, std::string> queues;
  std::vector<Recorded> chains;
  std::int64_t left = 0;
};

Ns nsOr(const Statement& row, int column, Ns otherwise) {
  return row.isNull(column) ? otherwise : row.integer(column);
}

using Devices = std::map<DeviceId, DeviceChains>;
using Key = std::pair<std::int64_t, std::int64_t>;  ///< epoch and position

void keep(Statement& row, Devices& devices) {
  DeviceChains& device = devices[row.deviceId(19)];
  device.deviceId = row.deviceId(19);
  device.transport = std::string(row.text(16));
  device.device = std::string(row.text(17));
  device.queues.emplace(row.queueId(0), std::string(row.text(18)));
  Recorded chain;
  chain.queueId = row.queueId(0);
  chain.start = row.integer(1);
  chain.stock = nsOr(row, 2, 0);
  chain.total = row.integer(3);
  chain.ready = nsOr(row, 4, kUnseen);
  chain.packet = nsOr(row, 5, kUnseen);
  chain.attempted = nsOr(row, 6, kUnseen);
  chain.fetched = nsOr(row, 7, kUnseen);
  chain.used = nsOr(row, 8, kUnseen);
  chain.iotlb = nsOr(row, 9, 0);
  chain.induced = nsOr(row, 10, 0);
  chain.swiotlb = nsOr(row, 11, 0);
  chain.notification = nsOr(row, 12, 0);
  chain.backend = nsOr(row, 13, 0);
  chain.swiotlbOut = std::min(nsOr(row, 14, 0), chain.swiotlb);
  chain.guestMap = std::min(nsOr(row, 15, 0), std::max<Ns>(0, chain.iotlb - chain.induced));
  chain.hostQueueId = row.isNull(20) ? kNoQueue : row.queueId(20);
  chain.hostFetched = nsOr(row, 21, kUnseen);
  if (seen(chain.fetched))
    device.chains.push_back(chain);
  else
    ++device.left;
}

/// First and last of the chains of a queue that begin in [begin, end) on the clock of its capture. The timeline knows:
/// so no other chain is looked at.
std::optional<std::pair<Key, Key>> keysBetween(const Database& database, QueueId queueId, Ns begin, Ns end) {
  Statement rows = database.prepare(
      "WITH low AS (SELECT min(level) AS level FROM timeline_bucket WHERE queue_id = ?1)"
      " SELECT first_epoch, first_position, last_epoch, last_position FROM low CROSS JOIN timeline_bucket b"
      " WHERE b.queue_id = ?1 AND b.level = low.level AND b.bucket BETWEEN ?2 >> low.level AND (?3 - 1) >> low.level");
  rows.bind(0, queueId);
  rows.bind(1, begin);
  rows.bind(2, end);
  std::optional<std::pair<Key, Key>> keys;
  while (rows.step()) {
    const Key first{rows.integer(0), rows.integer(1)}, last{rows.integer(2), rows.integer(3)};
    keys = keys ? std::pair{std::min(keys->first, first), std::max(keys->second, last)} : std::pair{first, last};
  }
  return keys;
}

void readStretch(Statement& chains, QueueId queueId, const std::pair<Key, Key>& keys, Ns begin, Ns end,
                 Devices& devices) {
  const auto& [first, last] = keys;
  for (std::int64_t epoch = first.first; epoch <= last.first; ++epoch) {
    chains.reset();
    chains.bind(0, queueId);
    int parameter = 1;
    for (const std::int64_t value :
         {epoch, epoch == first.first ? first.second : std::numeric_limits<std::int64_t>::min(),
          epoch == last.first ? last.second : std::numeric_limits<std::int64_t>::max(), begin, end})
      chains.bind(parameter++, value);
    while (chains.step()) keep(chains, devices);
  }
}

Devices readExcerpt(const Database& database, const Excerpt& excerpt) {
  Devices devices;
  Statement chains = database.prepare(std::string(kQuery) +
                                      " AND v.queue_id = ? AND v.epoch = ? AND v.position BETWEEN ? AND ?"
                                      " AND v.start_ns + coalesce(v.stock_ns, 0) >= ?"
                                      " AND v.start_ns + coalesce(v.stock_ns, 0) < ?");
  Statement queues = database.prepare("SELECT queue_id, origin_ns FROM queue_side_view WHERE device_id = ? ORDER BY 1");
  queues.bind(0, excerpt.deviceId);
  while (queues.step())
    for (Ns begin = excerpt.first; begin <= excerpt.last; begin += excerpt.period) {
      const Ns end = begin + excerpt.window, origin = queues.integer(1);
      if (const auto keys = keysBetween(database, queues.queueId(0), begin - origin, end - origin))
        readStretch(chains, queues.queueId(0), *keys, begin, end, devices);
    }
  return devices;
}

Devices readChains(const Database& database, const Excerpt& excerpt) {
  if (!excerpt.whole()) return readExcerpt(database, excerpt);
  Devices devices;
  std::string text(kQuery);
  if (excerpt.deviceId != kNoDevice) text += fmt::format(" AND v.device_id = {}", excerpt.deviceId);
  for (Statement rows = database.prepare(text); rows.step();) keep(rows, devices);
  return devices;
}

WorkerJobs workerOf(const DeviceChains& device, std::vector<const Recorded*> chains, const Stalls& stalls,
                    const Changes& changes) {
  std::stable_sort(chains.begin(), chains.end(),
                   [](const Recorded* a, const Recorded* b) { return a->start + a->fetched < b->start + b->fetched; });
  WorkerJobs worker;
  worker.deviceId = device.deviceId;
  worker.transport = device.transport;
  worker.device = device.device;
  worker.serial = isSerial(chains);
  Ns free = kUnseen;
  for (const Recorded* chain : chains) {
    Job& job = worker.jobs.emplace_back(jobOf(*chain, free, worker.serial, changes));
    job.waited = seen(free) && job.ready < free;
    free = job.start + job.busy;
  }
  findPublications(worker, chains, changes);
  takeMetadataStalls(worker, chains, stalls, changes);
  for (const auto& [id, name] : device.queues)
    if (std::any_of(chains.begin(), chains.end(), [id = id](const Recorded* chain) { return chain->queueId == id; })) {
      boundDepth(worker, id);
      worker.queueIds.push_back(id);
      worker.queues.push_back(name);
    }
  return worker;
}

std::vector<WorkerJobs> workersOf(const Devices& devices, const Stalls& stalls, const Changes& changes) {
  std::vector<WorkerJobs> workers;
  for (const auto& [id, device] : devices) {
    std::vector<const Recorded*> all;
    for (const Recorded& chain : device.chains) all.push_back(&chain);
    if (WorkerJobs together = workerOf(device, all, stalls, changes); together.serial || device.queues.size() < 2) {
      together.left = device.left;
      workers.push_back(std::move(together));
      continue;
    }
    for (const auto& [queueId, name] : device.queues) {
      std::vector<const Recorded*> own;
      for (const Recorded* chain : all)
        if (chain->queueId == queueId) own.push_back(chain);
      if (!own.empty()) workers.push_back(workerOf(device, own, stalls, changes));
    }
    if (!workers.empty()) workers.back().left = device.left;
  }
  return workers;
}

}  // namespace

std::span<const Cause> changeableCauses() {
  return kChangeable;
}

std::span<const Cause> removableCauses() {
  return kRemovable;
}

std::vector<std::vector<WorkerJobs>> readJobs(const Database& database,
                                              const std::vector<std::vector<CauseChange>>& alternatives,
                                              const Excerpt& excerpt) {
  const auto devices = readChains(database, excerpt);
  const Stalls stalls = readMetadataStalls(database);
  std::vector<std::vector<WorkerJobs>> result;
  for (const auto& changes : alternatives) result.push_back(workersOf(devices, stalls, Changes(changes)));
  return result;
}

}  // namespace descry
