// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/predict/replay.hpp"

#include <gtest/gtest.h>

#include <random>

namespace descry {
namespace {

/// Jobs as a single worker serves them: each is ready at its begin, and ends `after` its service.
std::vector<Job> served(const std::vector<Ns>& begins, Ns notice, Ns busy, Ns after) {
  std::vector<Job> jobs;
  Ns free = 0;
  for (const Ns begin : begins) {
    Job job;
    job.begin = job.ready = begin;
    job.waited = !jobs.empty() && begin < free;
    job.start = job.waited ? free : begin + notice;
    job.busy = busy;
    free = job.start + busy;
    job.end = free + after;
    job.published = jobs.size();
    jobs.push_back(job);
  }
  return jobs;
}

std::vector<Ns> latencies(const std::vector<Replayed>& replayed) {
  std::vector<Ns> result;
  for (const Replayed& each : replayed) result.push_back(each.latency());
  return result;
}

TEST(Replay, WithoutAChangeItGivesWhatWasRecorded) {
  std::mt19937_64 random(1);
  std::vector<Ns> begins;
  for (Ns at = 0; begins.size() < 500; at += static_cast<Ns>(random() % 2000)) begins.push_back(at);
  auto jobs = served(begins, 150, 900, 300);
  for (const Load load : {Load::Open, Load::Closed}) {
    const auto replayed = replay(jobs, load, idleNoticeOf(jobs));
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      ASSERT_EQ(replayed[i].begin, jobs[i].begin) << i;
      ASSERT_EQ(replayed[i].end, jobs[i].end) << i;
    }
  }
}

TEST(Replay, AFasterWorkerEmptiesItsQueue) {
  // One every 10 and 12 of work each: chain i waits 2 i. With 8 of work no chain waits.
  auto jobs = served({0, 10, 20, 30, 40}, 0, 12, 0);
  EXPECT_EQ(jobs.back().end - jobs.back().begin, 12 + 4 * 2);
  for (Job& job : jobs) job.lessBusy = 4;
  EXPECT_EQ(latencies(replay(jobs, Load::Open, 0)), (std::vector<Ns>{8, 8, 8, 8, 8}));
}

TEST(Replay, ASlowerWorkerMakesThemWait) {
  auto jobs = served({0, 10, 20, 30}, 0, 8, 0);
  for (Job& job : jobs) job.lessBusy = -4;
  EXPECT_EQ(latencies(replay(jobs, Load::Open, 0)), (std::vector<Ns>{12, 14, 16, 18}));
}

TEST(Replay, AChainThatNowFindsTheWorkerIdleHasToWakeIt) {
  // The second came while the first was served (100); now the first takes 10 and the worker sleeps again.
  auto jobs = served({0, 50}, 7, 100, 0);
  for (Job& job : jobs) job.lessBusy = 90;
  EXPECT_EQ(latencies(replay(jobs, Load::Open, 7)), (std::vector<Ns>{17, 17}));
}

TEST(Replay, AGuestThatWaitsForEachAnswerAsksEarlier) {
  // One under way at a time, 5 of thinking in between.
  auto jobs = served({0, 25, 50, 75}, 0, 20, 0);
  for (Job& job : jobs) job.lessBusy = 15;
  const auto open = replay(jobs, Load::Open, 0), closed = replay(jobs, Load::Closed, 0);
  EXPECT_EQ(open.back().end, 75 + 5);
  EXPECT_EQ(closed.back().end, 3 * (5 + 5) + 5);
  EXPECT_EQ(latencies(closed), (std::vector<Ns>{5, 5, 5, 5}));
}

TEST(Replay, ABatchIsPublishedAfterItsLast) {
  auto jobs = served({0, 0, 0}, 0, 10, 0);
  for (Job& job : jobs) job.published = 2, job.end = 33;  // 3 to publish
  EXPECT_EQ(latencies(replay(jobs, Load::Open, 0)), (std::vector<Ns>{33, 33, 33}));
  for (Job& job : jobs) job.lessBusy = 6;
  EXPECT_EQ(latencies(replay(jobs, Load::Open, 0)), (std::vector<Ns>{15, 15, 15}));
}

TEST(Replay, NoMoreAreUnderWayThanEverWere) {
  auto jobs = served({0, 10, 20, 30}, 0, 10, 0);
  for (std::size_t i = 1; i < jobs.size(); ++i) jobs[i].after = i - 1;
  for (Job& job : jobs) job.lessBusy = -10;
  EXPECT_EQ(latencies(replay(jobs, Load::Open, 0)), (std::vector<Ns>{20, 20, 20, 20}));
}

TEST(Replay, PacketsFromOutsideComeWhenTheyCame) {
  auto jobs = served({0, 25, 50}, 0, 20, 0);
  for (Job& job : jobs) job.lessBusy = 15, job.external = true;
  EXPECT_EQ(replay(jobs, Load::Closed, 0).back().begin, 50);
}

TEST(Replay, NothingBecomesNegative) {
  auto jobs = served({0, 10, 20}, 5, 10, 5);
  for (Job& job : jobs) job.lessBefore = job.lessNotice = job.lessBusy = job.lessGap = job.lessAfter = 1000;
  for (const Load load : {Load::Open, Load::Closed})
    for (const Ns latency : latencies(replay(jobs, load, 5))) EXPECT_GE(latency, 0);
}

TEST(Replay, ResultsAreKeptOnlyWhileTheWorkerFindsMoreToDo) {
  // Each misses for 20 of its 25, one every 10; without the misses 5 of work: the worker is idle before the next comes.
  auto jobs = served({0, 10, 20, 30}, 0, 25, 0);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].lessBusy = 20;
    jobs[i].published = jobs.size() - 1;
    jobs[i].untilIdle = i + 1 < jobs.size();
  }
  EXPECT_EQ(latencies(replay(jobs, Load::Open, 0)), (std::vector<Ns>{5, 5, 5, 5}));
  // With 15 of work it is not, and publishes all of them at the end, at 60.
  for (Job& job : jobs) job.lessBusy = 10;
  EXPECT_EQ(latencies(replay(jobs, Load::Open, 0)), (std::vector<Ns>{60, 50, 40, 30}));
  // Unless the guest does not go on before it has the first.
  jobs[2].after = 0;
  EXPECT_EQ(latencies(replay(jobs, Load::Open, 0)), (std::vector<Ns>{30, 20, 30, 30}));
}

}  // namespace
}  // namespace descry
