// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/whatif/prediction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/compare/bootstrap.hpp"
#include "analyzer/compare/sample.hpp"

namespace descry {

namespace {

/// Latencies and reach of one queue's chains in a replay.
struct Outcome {
  std::vector<Ns> latencies;
  Ns first = 0, last = 0;

  void add(const Replayed& chain) {
    first = latencies.empty() ? chain.begin : std::min(first, chain.begin);
    last = latencies.empty() ? chain.end : std::max(last, chain.end);
    latencies.push_back(chain.latency());
  }
  double rate() const {
    return last > first ? static_cast<double>(latencies.size()) / static_cast<double>(last - first) * 1e9 : 0;
  }
};

Outcome outcomeOf(const WorkerJobs& worker, std::int64_t queueId, const std::vector<Replayed>& replayed) {
  Outcome outcome;
  for (std::size_t i = 0; i < replayed.size(); ++i)
    if (worker.jobs[i].queueId == queueId) outcome.add(replayed[i]);
  return outcome;
}

Outcome recordedOf(const WorkerJobs& worker, std::int64_t queueId) {
  Outcome outcome;
  for (const Job& job : worker.jobs)
    if (job.queueId == queueId) outcome.add({job.begin, job.end});
  return outcome;
}

void spread(Predicted& predicted) {
  // Where the replay of what was recorded does not give what was recorded, it is off elsewhere too, by as much of it.
  const double off = predicted.recorded > 0 ? std::abs(predicted.replayed / predicted.recorded - 1) : 0;
  predicted.low = std::max(0.0, std::min(predicted.open, predicted.closed) * (1 - off));
  predicted.high = std::max(predicted.open, predicted.closed) * (1 + off);
}

struct Replays {
  std::vector<Replayed> unchangedOpen, open, closed;
};

QueuePrediction predictQueue(const WorkerJobs& worker, std::size_t index, const Replays& replays) {
  const std::int64_t id = worker.queueIds[index];
  const Outcome recorded = recordedOf(worker, id), same = outcomeOf(worker, id, replays.unchangedOpen),
                open = outcomeOf(worker, id, replays.open), closed = outcomeOf(worker, id, replays.closed);
  QueuePrediction prediction;
  prediction.transport = worker.transport;
  prediction.device = worker.device;
  prediction.queue = worker.queues[index];
  prediction.chains = static_cast<std::int64_t>(recorded.latencies.size());
  prediction.serial = worker.serial;
  prediction.sharers = worker.queues.size();
  const auto fill = [&](Predicted& predicted, Statistic statistic) {
    predicted.recorded = statisticOf(recorded.latencies, statistic);
    predicted.replayed = statisticOf(same.latencies, statistic);
    predicted.open = statisticOf(open.latencies, statistic);
    predicted.closed = statisticOf(closed.latencies, statistic);
    spread(predicted);
  };
  fill(prediction.mean, Statistic::Mean);
  fill(prediction.p50, Statistic::P50);
  fill(prediction.p99, Statistic::P99);
  prediction.rate = {recorded.rate(), same.rate(), open.rate(), closed.rate()};
  spread(prediction.rate);
  return prediction;
}

}  // namespace

Prediction predict(const Database& database, const std::vector<CauseChange>& changes, const std::string& queue) {
  Prediction prediction;
  prediction.databasePath = database.path();
  prediction.changes = changes;
  std::int64_t left = 0;
  const auto alternatives = readJobs(database, {{}, changes});
  const std::vector<WorkerJobs>&recorded = alternatives[0], &changed = alternatives[1];
  for (std::size_t each = 0; each < changed.size(); ++each) {
    const WorkerJobs& worker = changed[each];
    left += worker.left;
    const Ns idleNotice = idleNoticeOf(worker.jobs);
    const Replays replays{replay(recorded[each].jobs, Load::Open, idleNotice),
                          replay(worker.jobs, Load::Open, idleNotice), replay(worker.jobs, Load::Closed, idleNotice)};
    for (std::size_t i = 0; i < worker.queues.size(); ++i)
      if (queue.empty() || worker.queues[i] == queue) prediction.queues.push_back(predictQueue(worker, i, replays));
  }
  if (left > 0)
    prediction.notes.push_back(fmt::format(
        "{} chains were left out: the host was not seen fetching them, so there is nothing to replay", left));
  return prediction;
}

}  // namespace descry
