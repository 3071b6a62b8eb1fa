// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "schemas/model/error.hpp"

namespace descry {

Model::Model(const Database& database)
    : captures(readAll<CaptureRow>(database, "ORDER BY capture_id")),
      devices(readAll<DeviceRow>(database, "ORDER BY device_id")),
      queues(readAll<QueueRow>(database, "ORDER BY queue_id")),
      losses(readAll<LossRow>(database, "ORDER BY capture_id, begin_ns, end_ns, loss_id")),
      m_path(database.path().string()) {
  for (QueueEpochRow& row : readAll<QueueEpochRow>(database)) epochs.emplace(QueueEpoch{row.queueId, row.epoch}, row);
  for (CaptureEventRow& row : readAll<CaptureEventRow>(database))
    if (row.point) coverage[{row.captureId, *row.point}] += row.count;
  for (const LossRow& loss : losses) {
    const bool first = m_lossReach.empty() || losses[m_lossReach.size() - 1].captureId != loss.captureId;
    m_lossReach.push_back(first ? loss.end : std::max(m_lossReach.back(), loss.end));
  }
}

void Model::failOn(const char* table, std::int64_t id) const {
  throw Error(
      fmt::format("{}: refers to row {} of its table {}, which it does not have: the file is damaged or was changed; "
                  "import the traces again with descry import",
                  m_path, id, table));
}

std::vector<const QueueRow*> Model::queuesOf(DeviceId deviceId) const {
  std::vector<const QueueRow*> found;
  for (const QueueRow& row : queues)
    if (row.deviceId == deviceId) found.push_back(&row);
  return found;
}

std::vector<std::int64_t> Model::epochsOf(QueueId queueId) const {
  std::vector<std::int64_t> found;
  for (auto epoch = epochs.lower_bound({queueId, 0}); epoch != epochs.end() && epoch->first.first == queueId; ++epoch)
    found.push_back(epoch->first.second);
  return found;
}

template <typename Concerns>
bool Model::anyLoss(std::int64_t captureId, Ns begin, Ns end, Concerns concerns) const {
  const auto after = std::partition_point(losses.begin(), losses.end(), [&](const LossRow& loss) {
    return std::tie(loss.captureId, loss.begin) <= std::tie(captureId, end);
  });
  for (auto i = static_cast<std::size_t>(after - losses.begin()); i-- > 0;) {
    const LossRow& loss = losses[i];
    if (loss.captureId != captureId || m_lossReach[i] < begin) return false;
    if (loss.end >= begin && concerns(loss)) return true;
  }
  return false;
}

bool Model::lossy(std::int64_t captureId, QueueId queueId, Ns begin, Ns end) const {
  return anyLoss(captureId, begin, end, [&](const LossRow& loss) {
    // Probe hits that were skipped because they nest have no time: they show as gaps, which have one.
    return loss.reason != "missed" && (!seen(loss.queueId) || loss.queueId == queueId);
  });
}

bool Model::discarded(std::int64_t captureId, Ns begin, Ns end) const {
  return anyLoss(captureId, begin, end,
                 [](const LossRow& loss) { return loss.reason != "missed" && loss.reason != "gap"; });
}

Ns Model::publishedAfter(const GuestHalfRow& half) const {
  if (!seen(half.m)) return half.q;
  const Ns returned = half.q + (seen(half.a) ? half.a : half.m);
  return lossy(captureOf(half.queueId).captureId, half.queueId, half.q, returned) ? half.q : half.q + half.m;
}

Ns Model::reapedBefore(const GuestHalfRow& half) const {
  if (!seen(half.r)) return kUnseen;
  const Ns returned = half.q + half.r;
  if (!seen(half.d)) return returned;
  const Ns unmapped = half.q + half.d;
  return lossy(captureOf(half.queueId).captureId, half.queueId, unmapped, returned) ? returned : unmapped;
}

bool Model::hasLoss(std::int64_t captureId) const {
  return std::any_of(losses.begin(), losses.end(), [&](const LossRow& loss) { return loss.captureId == captureId; });
}

bool Model::lacksRecords(std::int64_t captureId) const {
  return std::any_of(losses.begin(), losses.end(), [&](const LossRow& loss) {
    return loss.captureId == captureId && loss.reason != "missed" && loss.reason != "gap";
  });
}

bool Model::covers(std::int64_t captureId, const std::string& point) const {
  return coverage.contains({captureId, point});
}

}  // namespace descry
