// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/queue_totals.hpp"

#include <algorithm>
#include <bit>

#include "analyzer/aggregate/own_points.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

void countWait(Ns wait, std::int64_t& chains, Ns& total, Ns& max) {
  if (!seen(wait) || wait <= 0) return;
  ++chains;
  total += wait;
  max = std::max(max, wait);
}

}  // namespace

struct QueueTotals::Queue {
  explicit Queue(Durations::Budget& budget)
      : signal(Durations::kExactLimit, &budget), inject(Durations::kExactLimit, &budget) {}

  QueueTotalRow row;
  std::array<std::int64_t, kPoints> points{};
  Durations signal, inject;
};

QueueTotals::QueueTotals(const Database& database, Durations::Budget& budget) : m_budget(budget), m_share(database) {}
QueueTotals::~QueueTotals() = default;

void QueueTotals::add(const ChainRow& chain, const GuestHalfRow* guest, const HostHalfRow* host) {
  if (m_last == nullptr || m_last->row.queueId != chain.queueId) {
    auto& queue = m_queues[chain.queueId];
    if (!queue) {
      queue = std::make_unique<Queue>(m_budget);
      queue->row.queueId = chain.queueId;
      queue->row.first = queue->row.last = chain.start;
    }
    m_last = queue.get();
  }
  QueueTotalRow& row = m_last->row;
  const auto flag = [&](ChainFlag bit) { return (chain.flags & bit) != 0 ? 1 : 0; };
  ++row.chains;
  row.paired += seen(chain.pairId) ? 1 : 0;
  row.suspect += flag(kSuspect);
  row.guestOnly += flag(kGuestOnly);
  row.hostOnly += flag(kHostOnly);
  row.orderContradicted += flag(kOrderContradicted);
  row.clockUnknown += flag(kUnsynchronised);
  row.first = std::min(row.first, chain.start);
  row.last = std::max(row.last, chain.start);
  if (seen(chain.pairId) && seen(chain.stock)) {
    ++row.posted;
    row.postedLate += chain.stock <= 0 ? 1 : 0;
  }
  for (auto bits = static_cast<std::uint32_t>(chain.points) & ((1U << kPoints) - 1); bits != 0; bits &= bits - 1)
    ++m_last->points[static_cast<std::size_t>(std::countr_zero(bits))];
  if (flag(kIncomplete) == 0) return addComplete(*m_last, chain, guest, host);
  ++row.incomplete;
  const std::int64_t half = guest != nullptr ? guest->flags : host != nullptr ? host->flags : 0;
  row.inFlight += (half & kInFlightAtEnd) != 0 ? 1 : 0;
}

void QueueTotals::addComplete(Queue& queue, const ChainRow& chain, const GuestHalfRow* guest, const HostHalfRow* host) {
  QueueTotalRow& row = queue.row;
  row.suspectComplete += (chain.flags & kSuspect) != 0 ? 1 : 0;
  row.startAssumed += (chain.flags & kStartAssumed) != 0 ? 1 : 0;
  countWait(chain.stock, row.stocked, row.stock, row.stockMax);
  countWait(chain.reapWait, row.reapWaits, row.reapWait, row.reapWaitMax);
  if (host == nullptr) return;
  const bool signalled = isOwn(chain, Point::s, host->s);
  if (signalled && isOwn(chain, Point::u, host->u)) queue.signal.add(host->s - host->u);
  if (signalled && guest != nullptr && isOwn(chain, Point::I, guest->i)) {
    const Ns inject = guest->q + guest->i - (host->f + host->s + chain.hostShift);
    queue.inject.add(inject);
    row.inject += std::max<Ns>(inject, 0);
    row.injectError = std::max(row.injectError, chain.crossError);
  }
  if (isOwn(chain, Point::k, host->k) && isOwn(chain, Point::w, host->w) && host->w >= host->k) {
    ++row.woken;
    row.wakeup += host->w - host->k;
  }
  m_share.wait(chain, guest, *host);
}

void QueueTotals::write(Database& database) {
  TableWriter<QueueTotalRow> totals(database);
  TableWriter<PointTotalRow> points(database);
  for (auto& [queueId, queue] : m_queues) {
    QueueTotalRow& row = queue->row;
    row.signalled = static_cast<std::int64_t>(queue->signal.count());
    row.signal = queue->signal.total();
    row.signalP50 = queue->signal.median();
    row.interrupted = static_cast<std::int64_t>(queue->inject.count());
    row.injectP50 = queue->inject.median();
    m_share.fill(row);
    totals.add(row);
    for (std::size_t point = 0; point < kPoints; ++point)
      if (queue->points[point] != 0)
        points.add({queueId, std::string(kPointTable[point].letter), queue->points[point]});
  }
  totals.flush();
  points.flush();
}

}  // namespace descry
