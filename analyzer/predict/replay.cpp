// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/predict/replay.hpp"

#include <algorithm>
#include <numeric>

#include "schemas/store/rows.hpp"

namespace descry {

namespace {

/// When things happened, and when they happen now; later lookups find the last one before a given time.
class Milestones {
 public:
  /// `was` of all jobs must be known before the first lookup.
  explicit Milestones(std::vector<Ns> was) : m_was(std::move(was)), m_order(m_was.size()), m_now(m_was.size()) {
    std::iota(m_order.begin(), m_order.end(), std::size_t{0});
    std::stable_sort(m_order.begin(), m_order.end(), [&](auto a, auto b) { return m_was[a] < m_was[b]; });
    m_done.resize(m_was.size());
  }

  void happens(std::size_t job, Ns now) {
    m_now[job] = now;
    m_done[job] = true;
  }

  struct Milestone {
    Ns was = kUnseen, now = 0;
  };
  /// The last one that was at or before `time`, of those that were replayed.
  Milestone before(Ns time) const {
    auto at = std::upper_bound(m_order.begin(), m_order.end(), time,
                               [&](Ns value, std::size_t job) { return value < m_was[job]; });
    while (at != m_order.begin()) {
      const std::size_t job = *--at;
      if (m_done[job]) return {m_was[job], m_now[job]};
    }
    return {};
  }

 private:
  std::vector<Ns> m_was;
  std::vector<std::size_t> m_order;
  std::vector<Ns> m_now;
  std::vector<bool> m_done;
};

std::vector<Ns> endsOf(const std::vector<Job>& jobs) {
  std::vector<Ns> ends;
  for (const Job& job : jobs) ends.push_back(job.end);
  return ends;
}

std::vector<std::size_t> orderOfPublication(const std::vector<Job>& jobs) {
  std::vector<std::size_t> order(jobs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return jobs[a].published < jobs[b].published; });
  return order;
}

}  // namespace

std::vector<Replayed> replay(const std::vector<Job>& jobs, Load load, Ns idleNotice) {
  std::vector<Replayed> result(jobs.size());
  Milestones completions(endsOf(jobs));
  Ns freeWas = 0, freeNow = 0;  // the worker, since its last job
  Milestones::Milestone lastReady;
  const std::vector<std::size_t> order = orderOfPublication(jobs);
  std::size_t next = 0;
  const auto publish = [&] {
    const Job& done = jobs[order[next]];
    Replayed& chain = result[order[next]];
    chain.end = std::max(chain.begin, freeNow + std::max<Ns>(0, done.end - freeWas - done.lessAfter));
    completions.happens(order[next++], chain.end);
  };
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Job& job = jobs[i];
    Ns begin = job.begin;
    if (load == Load::Closed && !job.external) {
      // The guest came to this chain after it had published the one before, or after a completion: whichever was last.
      auto last = completions.before(job.begin);
      if (i > 0 && lastReady.was <= job.begin && lastReady.was >= last.was) last = lastReady;
      if (seen(last.was)) begin = last.now + (job.begin - last.was);
    }
    // The guest waits for a result that the worker kept for later: it runs out of work, and publishes.
    if (job.after != Job::kNone && next < order.size() && order[next] <= job.after)
      while (next < order.size() && order[next] < i) publish();
    if (job.after != Job::kNone) begin = std::max(begin, result[job.after].end);
    const Ns ready = begin + std::max<Ns>(0, job.ready - job.begin - job.lessBefore);
    if (i > 0 && jobs[i - 1].untilIdle && ready > freeNow)
      while (next < order.size() && order[next] < i) publish();
    Ns start = 0;
    if (job.waited) {
      const Ns gap = std::max<Ns>(0, job.start - freeWas - job.lessGap);
      start = ready < freeNow ? freeNow + gap : ready + std::max<Ns>(0, idleNotice - job.lessNotice);
    } else {
      start = std::max(ready + std::max<Ns>(0, job.start - job.ready - job.lessNotice), i > 0 ? freeNow : 0);
    }
    result[i].begin = begin;
    freeWas = job.start + job.busy;
    freeNow = start + std::max<Ns>(0, job.busy - job.lessBusy);
    lastReady = {job.ready, ready};
    while (next < order.size() && jobs[order[next]].published <= i) publish();
  }
  return result;
}

Ns idleNoticeOf(const std::vector<Job>& jobs) {
  std::vector<Ns> notices;
  for (const Job& job : jobs)
    if (!job.waited && job.start >= job.ready) notices.push_back(job.start - job.ready);
  if (notices.empty()) return 0;
  const auto middle = notices.begin() + static_cast<std::ptrdiff_t>(notices.size() / 2);
  std::nth_element(notices.begin(), middle, notices.end());
  return *middle;
}

}  // namespace descry
