// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/predict/prediction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyzer/aggregate/statistic.hpp"

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
  void add(const Outcome& other) {
    if (other.latencies.empty()) return;
    first = latencies.empty() ? other.first : std::min(first, other.first);
    last = std::max(last, other.last);
    latencies.insert(latencies.end(), other.latencies.begin(), other.latencies.end());
  }
  double rate() const {
    return last > first ? static_cast<double>(latencies.size()) / static_cast<double>(last - first) * 1e9 : 0;
  }
};

Outcome outcomeOf(const WorkerJobs& worker, QueueId queueId, const std::vector<Replayed>& replayed) {
  Outcome outcome;
  for (std::size_t i = 0; i < replayed.size(); ++i)
    if (worker.jobs[i].queueId == queueId) outcome.add(replayed[i]);
  return outcome;
}

Outcome recordedOf(const WorkerJobs& worker, QueueId queueId) {
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

/// A queue as it was, as the replay makes it, and as it would be; or what several queues have together.
struct Outcomes {
  Outcome recorded, same, open, closed;
};

/// The outcomes of each queue of a worker, by position in its queueIds.
std::vector<Outcomes> replayWorker(const WorkerJobs& unchanged, const WorkerJobs& worker) {
  const Ns idleNotice = idleNoticeOf(worker.jobs);
  const auto same = replay(unchanged.jobs, Load::Open, idleNotice), open = replay(worker.jobs, Load::Open, idleNotice),
             closed = replay(worker.jobs, Load::Closed, idleNotice);
  std::vector<Outcomes> queues;
  for (const QueueId id : worker.queueIds)
    queues.push_back({recordedOf(worker, id), outcomeOf(worker, id, same), outcomeOf(worker, id, open),
                      outcomeOf(worker, id, closed)});
  return queues;
}

void fill(QueuePrediction& prediction, const Outcomes& outcomes) {
  const auto& [recorded, same, open, closed] = outcomes;
  prediction.chains = static_cast<std::int64_t>(recorded.latencies.size());
  for (const auto& [predicted, statistic] :
       {std::pair{&prediction.mean, Statistic::Mean}, std::pair{&prediction.p50, Statistic::P50},
        std::pair{&prediction.p99, Statistic::P99}}) {
    *predicted = {statisticOf(recorded.latencies, statistic), statisticOf(same.latencies, statistic),
                  statisticOf(open.latencies, statistic), statisticOf(closed.latencies, statistic)};
    spread(*predicted);
  }
  prediction.rate = {recorded.rate(), same.rate(), open.rate(), closed.rate()};
  spread(prediction.rate);
}

QueuePrediction predictionOf(const WorkerJobs& worker) {
  QueuePrediction prediction;
  prediction.deviceId = worker.deviceId;
  prediction.transport = worker.transport;
  prediction.device = worker.device;
  prediction.serial = worker.serial;
  prediction.sharers = worker.queues.size();
  return prediction;
}

constexpr Ns kStretches = 8;

/// The excerpt of a device's chains that holds about `most`, in stretches spread over the whole of its time.
Excerpt excerptOf(const Database& database, DeviceId deviceId, std::int64_t most) {
  Excerpt excerpt;
  excerpt.deviceId = deviceId;
  Statement reach =
      database.prepare("SELECT sum(chains), min(first_ns), max(last_ns) FROM queue_total_view WHERE device_id = ?");
  reach.bind(0, deviceId);
  if (!reach.step() || reach.integer(0) <= most) return excerpt;
  excerpt.first = reach.integer(1);
  excerpt.last = reach.integer(2);
  excerpt.period = (reach.integer(2) - reach.integer(1)) / kStretches + 1;
  excerpt.window = std::max<Ns>(1, std::llround(static_cast<double>(excerpt.period) * static_cast<double>(most) /
                                                static_cast<double>(reach.integer(0))));
  return excerpt;
}

}  // namespace

Prediction predict(const Database& database, const std::vector<CauseChange>& changes, const std::string& queue,
                   std::int64_t mostChains) {
  Prediction prediction;
  prediction.databasePath = database.path();
  prediction.changes = changes;
  std::int64_t left = 0;
  // Device by device: a replay needs no more of the chains than those of one worker.
  for (Statement devices =
           database.prepare("SELECT DISTINCT device_id FROM cause_total WHERE level = 'queue' ORDER BY 1");
       devices.step();) {
    const Excerpt excerpt = excerptOf(database, devices.deviceId(0), mostChains);
    const auto alternatives = readJobs(database, {{}, changes}, excerpt);
    std::size_t replayed = 0;
    for (std::size_t each = 0; each < alternatives[1].size(); ++each) {
      const WorkerJobs& worker = alternatives[1][each];
      left += worker.left;
      replayed += worker.jobs.size();
      const std::vector<Outcomes> outcomes = replayWorker(alternatives[0][each], worker);
      for (std::size_t i = 0; i < worker.queues.size(); ++i) {
        if (!queue.empty() && worker.queues[i] != queue) continue;
        QueuePrediction& ofQueue = prediction.queues.emplace_back(predictionOf(worker));
        ofQueue.queue = worker.queues[i];
        fill(ofQueue, outcomes[i]);
      }
    }
    if (!excerpt.whole() && replayed > 0)
      prediction.notes.push_back(fmt::format("{}: {} chains were replayed, in {} stretches spread over the whole time",
                                             alternatives[1].front().device, replayed, kStretches));
  }
  if (left > 0)
    prediction.notes.push_back(fmt::format(
        "{} chains are not included: their fetch was not seen on the host, so they cannot be replayed", left));
  return prediction;
}

QueuePrediction predictDevice(const Database& database, DeviceId deviceId, const std::vector<CauseChange>& changes,
                              std::int64_t mostChains) {
  const auto alternatives = readJobs(database, {{}, changes}, excerptOf(database, deviceId, mostChains));
  QueuePrediction prediction;
  Outcomes together;
  for (std::size_t each = 0; each < alternatives[1].size(); ++each) {
    const WorkerJobs& worker = alternatives[1][each];
    prediction = predictionOf(worker);
    for (const Outcomes& queue : replayWorker(alternatives[0][each], worker)) {
      together.recorded.add(queue.recorded);
      together.same.add(queue.same);
      together.open.add(queue.open);
      together.closed.add(queue.closed);
    }
  }
  fill(prediction, together);
  return prediction;
}

}  // namespace descry
