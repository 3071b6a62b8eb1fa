// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/case/queues.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "schemas/model/words.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

using Queues = std::map<QueueId, QueueInfo>;

Queues readAllQueues(const Database& database) {
  Queues all;
  Statement rows = database.prepare(
      "SELECT queue_id, device_id, capture_id, queue_index, vm, device, transport, device_kind, queue_name, side"
      " FROM queue_side_view");
  while (rows.step()) {
    const auto text = [&](int column) { return std::string(rows.text(column)); };
    QueueInfo& queue = all[rows.queueId(0)];
    queue.queueId = rows.queueId(0);
    queue.deviceId = rows.deviceId(1);
    queue.captureId = rows.integer(2);
    queue.index = rows.integerOr(3, kUnseen);
    queue.vm = text(4);
    queue.device = text(5);
    queue.transport = text(6);
    queue.deviceKind = text(7);
    queue.name = text(8);
    queue.onHost = rows.text(9) == wordOf(Side::Host);
    if (queue.onHost) {
      queue.hostQueueIds = {queue.queueId};
      queue.hostCaptureId = queue.captureId;
    }
  }
  return all;
}

void addPairs(const Database& database, Queues& all) {
  for (const PairSegmentRow& pair : readAll<PairSegmentRow>(database)) {
    QueueInfo& guest = all[pair.guestQueueId];
    guest.hostCaptureId = all[pair.hostQueueId].captureId;
    if (std::ranges::find(guest.hostQueueIds, pair.hostQueueId) == guest.hostQueueIds.end())
      guest.hostQueueIds.push_back(pair.hostQueueId);
  }
}

/// The lowest and the highest level that a table of the timeline has of each queue.
void addLevels(const Database& database, const char* table, int QueueInfo::*base, int QueueInfo::*top, Queues& all) {
  Statement rows =
      database.prepare(fmt::format("SELECT queue_id, min(level), max(level) FROM {} GROUP BY queue_id", table));
  while (rows.step()) {
    QueueInfo& queue = all[rows.queueId(0)];
    queue.*base = static_cast<int>(rows.integer(1));
    queue.*top = static_cast<int>(rows.integer(2));
  }
}

/// Chains, and the time in which they began, from the timeline's buckets.
class Extents {
 public:
  explicit Extents(const Database& database)
      : m_sums(database.prepare(
            "SELECT sum(chains), sum(incomplete) FROM timeline_bucket WHERE queue_id = ? AND level = ?")),
        m_reach(
            database.prepare("SELECT min(bucket), max(bucket) FROM timeline_bucket WHERE queue_id = ? AND level = ?")) {
  }

  void addTo(QueueInfo& queue, const TimeAxis& axis) {
    if (!ask(m_sums, queue.queueId, queue.topLevel) || !ask(m_reach, queue.queueId, queue.baseLevel)) return;
    queue.complete = m_sums.integer(0);
    queue.chains = queue.complete + m_sums.integer(1);
    queue.range = {axis.toAxis(queue.captureId, m_reach.integer(0) << queue.baseLevel),
                   axis.toAxis(queue.captureId, (m_reach.integer(1) + 1) << queue.baseLevel)};
  }

 private:
  static bool ask(Statement& statement, QueueId queueId, std::int64_t level) {
    statement.reset();
    statement.bind(0, queueId);
    statement.bind(1, level);
    return statement.step();
  }

  Statement m_sums, m_reach;
};

}  // namespace

std::string QueueInfo::title() const {
  return device + " " + name;
}

std::vector<QueueInfo> queuesWithChains(const Database& database, const TimeAxis& axis) {
  Queues all = readAllQueues(database);
  addPairs(database, all);
  addLevels(database, "timeline_latency", &QueueInfo::baseLatencyLevel, &QueueInfo::topLatencyLevel, all);
  addLevels(database, "timeline_bucket", &QueueInfo::baseLevel, &QueueInfo::topLevel, all);
  Statement summed = database.prepare("SELECT queue_id FROM cause_total WHERE level = 'queue' AND cause = 'latency'");
  while (summed.step()) all[summed.queueId(0)].summed = true;
  Extents extents(database);
  std::vector<QueueInfo> queues;
  for (auto& [id, queue] : all) {
    if (queue.baseLevel < 0) continue;
    extents.addTo(queue, axis);
    queues.push_back(std::move(queue));
  }
  std::ranges::sort(queues, {}, [](const QueueInfo& each) {
    return std::tie(each.vm, each.transport, each.device, each.index, each.queueId);
  });
  return queues;
}

}  // namespace descry
