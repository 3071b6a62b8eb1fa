// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "schemas/model/ids.hpp"
#include "schemas/model/points.hpp"

namespace descry {

/// What happened to one chain, as a job of the worker that serves its queue. Times are on one axis, in ns.
struct Job {
  QueueId queueId = kNoQueue;
  Ns begin = 0;  ///< its latency starts
  Ns ready = 0;  ///< it could have been served: published, or the packet was there
  Ns start = 0;  ///< the worker began with it (the first fetch attempt)
  Ns busy = 0;   ///< until the worker was done with it, from start
  Ns end = 0;    ///< its latency ends
  /// The job after which the worker published the results, in the same list: a later one where it does so for many at
  /// once, else itself.
  std::size_t published = 0;
  /// It shares that with the next job only if the worker, as it is done with this one, finds the next one waiting.
  bool untilIdle = false;
  /// The job that must have ended before this one can begin: the guest never had more under way. kNone: nothing to wait
  /// for.
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t after = kNone;
  bool waited = false;    ///< the worker was busy with another when it became ready
  bool external = false;  ///< it begins when something outside comes (a packet), not when the guest gets around to it

  // What of these durations a change takes away; negative: what it adds.
  Ns lessBefore = 0;  ///< of begin..ready
  Ns lessNotice = 0;  ///< of ready..start, where the worker was idle
  Ns lessGap = 0;     ///< of the worker's pause before start, where it was not
  Ns lessBusy = 0;    ///< of busy
  Ns lessAfter = 0;   ///< of what follows busy (of the job `published`), up to end
};

/// Who decides when the next chain comes.
enum class Load : std::uint8_t {
  Open,   ///< a clock or the outside: chains begin when they began
  Closed  ///< the guest, when it gets around to it: chains keep their distance to what came before them
};

struct Replayed {
  Ns begin = 0, end = 0;
  Ns latency() const { return end - begin; }
};

/// Replays the jobs of one worker, first come first served, without what the changes take away. `jobs` must be in the
/// order of their start; the result is in the same order. `idleNotice`: what a chain waits for an idle worker, for
/// chains that waited for a busy one when they were recorded.
std::vector<Replayed> replay(const std::vector<Job>& jobs, Load load, Ns idleNotice);

/// Median of ready..start over the chains that found the worker idle; 0 where none did.
Ns idleNoticeOf(const std::vector<Job>& jobs);

}  // namespace descry
