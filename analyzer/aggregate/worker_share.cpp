// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/worker_share.hpp"

#include <algorithm>

#include "analyzer/aggregate/own_points.hpp"
#include "analyzer/aggregate/stall_index.hpp"
#include "analyzer/aggregate/vhost_queues.hpp"

namespace descry {

namespace {

constexpr std::size_t kMost = 65536;

}  // namespace

WorkerShare::WorkerShare(const Database& database) {
  for (const auto& [queueId, deviceId] : vhostQueues(database)) m_served[queueId].deviceId = deviceId;
}

void WorkerShare::serve(const HostHalfRow& host) {
  if (m_lastServedId != host.queueId) {
    const auto found = m_served.find(host.queueId);
    m_lastServed = found == m_served.end() ? nullptr : &found->second;
    m_lastServedId = host.queueId;
  }
  if (m_lastServed == nullptr || !seen(host.u)) return;
  m_lastServed->any = true;
  auto& busy = m_lastServed->busy;
  const Span span{host.f, host.f + host.u};
  if (!busy.empty() && span.begin >= busy.back().begin && span.begin <= busy.back().end)
    busy.back().end = std::max(busy.back().end, span.end);
  else if (busy.size() < kMost)
    busy.push_back(span);
  else if (!seen(m_lastServed->known) || span.begin < m_lastServed->known)
    m_lastServed->known = span.begin;
}

void WorkerShare::wait(const ChainRow& chain, const GuestHalfRow* guest, const HostHalfRow& host) {
  if (!m_served.contains(host.queueId)) return;
  if (m_lastWaitsId != chain.queueId) {
    m_lastWaits = &m_waits[chain.queueId];
    m_lastWaitsId = chain.queueId;
  }
  Waits& waits = *m_lastWaits;
  if (static_cast<std::size_t>(waits.lookedAt) == kMost) return;
  waits.hostQueueId = ++waits.lookedAt == 1 ? host.queueId : std::min(waits.hostQueueId, host.queueId);
  if (!isOwn(chain, Point::f, host.f)) return;
  // The packet began it; a buffer in stock that no packet was seen for did not wait; else it was published or rung.
  Ns begun = kUnseen;
  if (isOwn(chain, Point::n, host.n))
    begun = host.f + host.n;
  else if (seen(chain.stock) && chain.stock > 0)
    return;
  else if (guest != nullptr && isOwn(chain, Point::A, guest->a))
    begun = guest->q + guest->a - (seen(chain.pairId) ? chain.hostShift : 0);
  else if (isOwn(chain, Point::k, host.k))
    begun = host.f + host.k;
  if (seen(begun)) waits.spans.push_back({begun, host.f});
}

void WorkerShare::fill(QueueTotalRow& row) {
  const auto found = m_waits.find(row.queueId);
  if (found == m_waits.end()) return;
  const Waits& waits = found->second;
  const DeviceId deviceId = m_served[waits.hostQueueId].deviceId;
  StallIndex others;
  Ns known = kUnseen;
  for (const auto& [queueId, served] : m_served) {
    if (served.deviceId != deviceId || queueId == waits.hostQueueId || !served.any) continue;
    ++row.sharedQueues;
    for (const Span& span : served.busy) others.add(span.begin, span.end);
    if (seen(served.known)) known = seen(known) ? std::min(known, served.known) : served.known;
  }
  others.build();
  for (const Span& wait : waits.spans) {
    if (seen(known) && wait.end > known) continue;
    ++row.sharedWaits;
    row.sharedElsewhere += others.within(wait.end - 1, wait.end + 1) == 2 ? 1 : 0;
    row.shared += others.within(wait.begin, wait.end) - others.within(wait.end, wait.begin);
  }
}

}  // namespace descry
