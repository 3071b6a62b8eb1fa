// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/heard_times.hpp"

#include <set>

namespace descry {

void noteHeard(FactStore& store, std::int64_t captureId, Ns origin, const TraceInfo& info) {
  std::set<Ns> times(info.heard.times().begin(), info.heard.times().end());
  if (info.last) times.insert(*info.last);
  for (auto time = times.lower_bound(origin); time != times.end(); ++time)
    store.captureTimes.push_back({captureId, *time - origin});
}

}  // namespace descry
