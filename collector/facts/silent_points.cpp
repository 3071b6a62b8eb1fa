// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/silent_points.hpp"

#include <fmt/format.h>

namespace descry {

namespace {

/// Less may be what was under way when the recording began.
constexpr std::int64_t kSurelySeen = 8;

struct Needed {
  std::int64_t QueueEpochRow::*hits;
  std::int64_t QueueEpochRow::*needs;  ///< does not happen without a hit
  const char* what;
  const char* function;
};

constexpr Needed kNeeded[] = {
    {&QueueEpochRow::misses, &QueueEpochRow::eagainFetches, "fetches waited for a translation, but no IOTLB miss",
     "vhost_iotlb_miss"},
    {&QueueEpochRow::doorbellDecisions, &QueueEpochRow::doorbellsRung, "doorbells were rung, but no decision for one",
     "virtqueue_kick_prepare"},
};

}  // namespace

std::vector<std::string> silentPoints(const QueueEpochRow& counts) {
  std::vector<std::string> silent;
  for (const Needed& point : kNeeded)
    if (counts.*point.hits == 0 && counts.*point.needs >= kSurelySeen)
      silent.push_back(fmt::format("{} {} was seen: in this kernel {} is not called for them, or its probe is missing",
                                   counts.*point.needs, point.what, point.function));
  return silent;
}

void addCounts(QueueEpochRow& sum, const QueueEpochRow& counts) {
  for (const Needed& point : kNeeded) {
    sum.*point.hits += counts.*point.hits;
    sum.*point.needs += counts.*point.needs;
  }
}

}  // namespace descry
