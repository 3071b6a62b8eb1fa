// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

namespace descry::gui {

namespace {

constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

struct KeyRange {
  std::int64_t firstEpoch = 0, firstPosition = 0, lastEpoch = 0, lastPosition = 0;
};

/// The keys between which the chains that begin in a time range lie. Nothing: there is none.
std::optional<KeyRange> keysOf(const Database& database, const QueueInfo& queue, Ns begin, Ns end) {
  Statement rows = database.prepare(
      "SELECT first_epoch, first_position, last_epoch, last_position FROM timeline_bucket WHERE queue_id = ? AND level "
      "= ?"
      " AND bucket BETWEEN ? AND ?");
  rows.bind(0, queue.queueId);
  rows.bind(1, std::int64_t{queue.baseLevel});
  rows.bind(2, begin >> queue.baseLevel);
  rows.bind(3, end >> queue.baseLevel);
  std::optional<KeyRange> result;
  while (rows.step()) {
    const KeyRange row{rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3)};
    if (!result) result = row;
    std::tie(result->firstEpoch, result->firstPosition) =
        std::min(std::tuple(result->firstEpoch, result->firstPosition), std::tuple(row.firstEpoch, row.firstPosition));
    std::tie(result->lastEpoch, result->lastPosition) =
        std::max(std::tuple(result->lastEpoch, result->lastPosition), std::tuple(row.lastEpoch, row.lastPosition));
  }
  return result;
}

class Scan {
 public:
  Scan(const Database& database, const Case& all, const Selection& selection, const ChainId& from)
      : m_database(database),
        m_case(all),
        m_selection(selection),
        m_from(from),
        m_condition(parseCondition(selection.expression)) {}

  bool queue(const QueueInfo& queue, const std::function<bool(const ChainFact&)>& visit) const {
    const bool viaView = !m_condition.empty();
    const Ns origin = viaView ? m_case.capture(queue.captureId)->origin : 0;
    const std::string begin = viaView ? "start_ns + coalesce(stock_ns, 0)" : "start_ns + coalesce(stock_ns, 0)";
    std::optional<KeyRange> keys;
    Ns from = 0, to = 0;
    if (m_selection.time) {
      from = m_case.axis.fromAxis(queue.captureId, m_selection.time->begin);
      to = m_case.axis.fromAxis(queue.captureId, m_selection.time->end);
      keys = keysOf(m_database, queue, from, to);
      if (!keys) return true;
    }
    if (m_from.queueId == queue.queueId) {
      if (!keys) keys = KeyRange{0, 0, kLast, kLast};
      std::tie(keys->firstEpoch, keys->firstPosition) =
          std::max(std::tuple(keys->firstEpoch, keys->firstPosition), std::tuple(m_from.epoch, m_from.position));
    }
    std::string where = "queue_id = ?";
    if (keys) where += " AND (epoch, position) >= (?, ?) AND (epoch, position) <= (?, ?)";
    if (m_selection.time) where += " AND " + begin + " >= ? AND " + begin + " < ?";
    const std::string total = causeColumns(" + ");
    if (m_selection.latency) where += fmt::format(" AND {0} >= ? AND {0} < ?", total);
    where += causes() + side();
    if (viaView) where += " AND (" + m_condition.sql + ")";
    Statement rows = m_database.prepare(
        fmt::format("SELECT epoch, position, {}, flags, {}, iotlb_induced_ns FROM {} WHERE {} ORDER BY epoch, position",
                    begin, causeColumns(), viaView ? "chain_view" : "chain", where));
    bind(rows, queue, keys, origin + from, origin + to);
    return read(rows, queue, origin, visit);
  }

 private:
  std::string causes() const {
    std::string any;
    for (std::size_t cause = 0; cause < kCauses; ++cause)
      if ((m_selection.causes >> cause & 1) != 0)
        any += fmt::format("{}{} > 0", any.empty() ? "" : " OR ", kCauseTable[cause].column);
    return any.empty() ? "" : " AND (" + any + ")";
  }

  std::string side() const {
    if (m_selection.side == SideFilter::Both) return "";
    return fmt::format(" AND flags & {} = 0", m_selection.side == SideFilter::Guest ? kHostOnly : kGuestOnly);
  }

  void bind(Statement& rows, const QueueInfo& queue, const std::optional<KeyRange>& keys, Ns from, Ns to) const {
    int parameter = 0;
    rows.bind(parameter++, queue.queueId);
    if (keys)
      for (const std::int64_t value : {keys->firstEpoch, keys->firstPosition, keys->lastEpoch, keys->lastPosition})
        rows.bind(parameter++, value);
    if (m_selection.time) {
      rows.bind(parameter++, from);
      rows.bind(parameter++, to);
    }
    if (m_selection.latency) {
      rows.bind(parameter++, m_selection.latency->begin);
      rows.bind(parameter++, m_selection.latency->end);
    }
    m_condition.bind(rows, parameter);
  }

  bool read(Statement& rows, const QueueInfo& queue, Ns origin,
            const std::function<bool(const ChainFact&)>& visit) const {
    ChainFact fact;
    fact.key.queueId = queue.queueId;
    while (rows.step()) {
      fact.key.epoch = rows.integer(0);
      fact.key.position = rows.integer(1);
      fact.begin = m_case.axis.toAxis(queue.captureId, rows.integer(2) - origin);
      fact.flags = rows.integer(3);
      fact.total = 0;
      for (std::size_t cause = 0; cause < kCauses; ++cause)
        fact.total += fact.causes[cause] = rows.integer(4 + static_cast<int>(cause));
      fact.induced = rows.integer(10);
      if ((fact.flags & kIncomplete) != 0) fact.total = kUnseen;
      if (!visit(fact)) return false;
    }
    return true;
  }

  const Database& m_database;
  const Case& m_case;
  const Selection& m_selection;
  ChainId m_from;
  Condition m_condition;
};

}  // namespace

bool Selection::narrows() const {
  return !sameChains(Selection{});
}

bool Selection::sameChains(const Selection& other) const {
  return std::tie(time, queues, causes, latency, side, expression) ==
         std::tie(other.time, other.queues, other.causes, other.latency, other.side, other.expression);
}

bool SelectionHistory::push(const Selection& selection) {
  if (selection == current()) return false;
  m_steps.resize(m_at + 1);
  m_steps.push_back(selection);
  if (m_steps.size() > kMost) m_steps.erase(m_steps.begin());
  m_at = m_steps.size() - 1;
  return true;
}

bool SelectionHistory::back() {
  if (!canGoBack()) return false;
  --m_at;
  return true;
}

bool SelectionHistory::forward() {
  if (!canGoForward()) return false;
  ++m_at;
  return true;
}

void scanChains(const Database& database, const Case& all, const Selection& selection,
                const std::function<bool(const ChainFact&)>& visit) {
  scanChainsFrom(database, all, selection, {}, visit);
}

void scanChainsFrom(const Database& database, const Case& all, const Selection& selection, const ChainId& from,
                    const std::function<bool(const ChainFact&)>& visit) {
  const Scan scan(database, all, selection, from);
  for (const QueueInfo& queue : all.queues)
    if (selection.hasQueue(queue.queueId) && !scan.queue(queue, visit)) return;
}

}  // namespace descry::gui
