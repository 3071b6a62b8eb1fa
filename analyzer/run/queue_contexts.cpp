// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/run/queue_contexts.hpp"

#include <fmt/format.h>

#include "schemas/model/words.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

/// Mapping and bouncing can be told from other driver work: they were recorded, or the ring does not map at all.
bool seesDma(const Model& model, const DeviceRow& guest) {
  if (guest.dmaApi == 0) return true;
  return model.covers(guest.captureId, "SwiotlbMap") || model.covers(guest.captureId, "SwiotlbBounced");
}

StallIndex readStalls(const Database& database, QueueId hostQueue) {
  StallIndex stalls;
  Statement own = database.prepare(
      "SELECT f_ns + t_ns, f_ns FROM host_half WHERE queue_id = ? AND t_ns IS NOT NULL AND (retries > 0 OR misses > "
      "0)");
  own.bind(0, hostQueue);
  while (own.step()) stalls.add(own.integer(0), own.integer(1));
  // A miss on ring metadata stops the whole queue, before any chain is fetched.
  Statement metadata = database.prepare(
      "SELECT raised_ns, retried_ns FROM iotlb_miss WHERE queue_id = ? AND position IS NULL AND retried_ns IS NOT "
      "NULL");
  metadata.bind(0, hostQueue);
  while (metadata.step()) stalls.add(metadata.integer(0), metadata.integer(1));
  stalls.build();
  return stalls;
}

}  // namespace

const StallIndex* QueueContexts::stallsOf(const Database& database, QueueId hostQueue) {
  auto found = m_stalls.find(hostQueue);
  // Kept only once it is complete: a query that is stopped throws from the middle of reading.
  if (found == m_stalls.end()) found = m_stalls.emplace(hostQueue, readStalls(database, hostQueue)).first;
  return found->second.empty() ? nullptr : &found->second;
}

const WorkerStates* QueueContexts::workerOf(const Database& database, QueueId hostQueue) {
  auto found = m_workers.find(hostQueue);
  if (found == m_workers.end()) {
    WorkerStates states;
    // What was lost may be a change of state.
    const std::int64_t captureId = m_model.captureOf(hostQueue).captureId;
    if (!m_model.lacksRecords(captureId)) {
      Statement rows = database.prepare(
          "SELECT woken_ns, on_ns, off_ns FROM thread_state WHERE capture_id = ? AND tid = "
          "(SELECT max(worker_tid) FROM queue_epoch WHERE queue_id = ? HAVING count(DISTINCT worker_tid) = 1)");
      rows.bind(0, captureId);
      rows.bind(1, hostQueue);
      const auto time = [&](int column) { return rows.isNull(column) ? kUnseen : rows.integer(column); };
      while (rows.step()) states.add(time(0), time(1), time(2));
    }
    states.build();
    found = m_workers.emplace(hostQueue, std::move(states)).first;
  }
  return found->second.empty() ? nullptr : &found->second;
}

const KvmWays* QueueContexts::kvmOf(const Database& database, QueueId hostQueue) {
  auto found = m_kvm.find(hostQueue);
  if (found == m_kvm.end()) {
    KvmWays ways;
    const std::string ofQueue = fmt::format("WHERE queue_id = {}", hostQueue);
    for (const KvmDoorbellRow& row : readAll<KvmDoorbellRow>(database, ofQueue)) ways.add(row);
    for (const KvmInterruptRow& row : readAll<KvmInterruptRow>(database, ofQueue)) ways.add(row);
    found = m_kvm.emplace(hostQueue, std::move(ways)).first;
  }
  return found->second.empty() ? nullptr : &found->second;
}

QueueContext QueueContexts::of(const Database& database, QueueId guestQueue, QueueId hostQueue) {
  QueueContext context;
  if (guestQueue != kNoQueue) {
    const DeviceRow& guest = m_model.deviceOf(guestQueue);
    context.network = guest.kind == "net";
    context.guestInterrupts = m_model.covers(guest.captureId, "GuestInterrupt");
    context.dmaVisible = seesDma(m_model, guest);
  }
  if (hostQueue != kNoQueue) {
    const DeviceRow& host = m_model.deviceOf(hostQueue);
    context.hostDoorbells = m_model.covers(host.captureId, host.vhost == 1 ? "VhostKick" : "QemuNotify");
    context.viommu = host.translation == wordOf(Translation::Viommu);
    context.stalls = stallsOf(database, hostQueue);
    context.worker = workerOf(database, hostQueue);
    context.kvm = kvmOf(database, hostQueue);
  }
  return context;
}

}  // namespace descry
