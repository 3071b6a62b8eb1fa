// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/timeline/tile.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/gui/databases.hpp"

namespace descry::gui {
namespace {

std::vector<std::int64_t> queuesOf(const Case& all) {
  std::vector<std::int64_t> ids;
  for (const QueueInfo& queue : all.queues) ids.push_back(queue.queueId);
  return ids;
}

TEST(Tile, FarOutHoldsEveryChainInItsBuckets) {
  const Opened opened("many");
  const Case& all = *opened.all;
  const TimeRange wide{all.range.begin - 1'000'000, all.range.end + 1'000'000};
  const Tile tile = readTile(opened.database, all, queuesOf(all), wide, static_cast<double>(wide.length()) / 1000);
  std::int64_t chains = 0;
  Ns worst = 0;
  for (const TileLane& lane : tile.lanes) {
    EXPECT_FALSE(lane.near);
    EXPECT_LE(lane.buckets.size(), 4100U) << "at most four per pixel";
    for (const TileBucket& bucket : lane.buckets) {
      chains += bucket.chains;
      worst = std::max(worst, bucket.worst);
    }
  }
  EXPECT_EQ(chains, opened.number("SELECT sum(complete) FROM chain_view"));
  EXPECT_EQ(worst, opened.number("SELECT max(total_ns) FROM chain_view")) << "the worst chain shows at any distance";
}

TEST(Tile, NearInHoldsEveryChainThatReachesIntoIt) {
  for (const char* name : {"many", "vhost-net-needless", "lossy-host"}) {
    const Opened opened(name);
    const Case& all = *opened.all;
    const Ns middle = all.range.begin + all.range.length() / 2;
    const Ns length = std::max<Ns>(all.range.length() / 500, 1000);
    const TimeRange range{middle, middle + length};
    const Tile tile = readTile(opened.database, all, queuesOf(all), range, static_cast<double>(length) / 3000);
    for (const TileLane& lane : tile.lanes) {
      if (!lane.near) continue;
      const QueueInfo* queue = all.queue(lane.queueId);
      if (queue->captureId != all.axis.capture()) continue;
      const std::string expected =
          "SELECT count(*) FROM chain_view WHERE complete AND queue_id = " + std::to_string(lane.queueId) +
          " AND start_ns + coalesce(stock_ns, 0) < " + std::to_string(all.axis.traceTime(range.end)) +
          " AND start_ns + coalesce(stock_ns, 0) + total_ns > " + std::to_string(all.axis.traceTime(range.begin));
      const auto complete = std::count_if(lane.chains.begin(), lane.chains.end(),
                                          [](const TileChain& chain) { return seen(chain.total); });
      EXPECT_EQ(complete, opened.number(expected)) << name << " queue " << lane.queueId;
    }
  }
}

TEST(Tile, HasTheMissesOfItsStretch) {
  const Opened opened("vhost-net-needless");
  const Case& all = *opened.all;
  // Ring metadata is missed before there is any chain: some minutes around them.
  const Ns minutes = 200'000'000'000;
  const TimeRange wide{all.range.begin - minutes, all.range.end + minutes};
  const Tile tile = readTile(opened.database, all, queuesOf(all), wide, static_cast<double>(wide.length()) / 20'000);
  // A queue of the host may be shown in two lanes: its own, and that of the guest's queue it served.
  std::set<std::pair<Ns, std::uint64_t>> misses;
  for (const TileLane& lane : tile.lanes)
    for (const TileMark& mark : lane.marks)
      if (mark.kind == MarkKind::Miss) misses.emplace(mark.at, mark.iova);
  EXPECT_EQ(misses.size(), 62U);  // samples/traces/vhost-net-needless/case.md
}

TEST(Tile, ServesWhatItCoversAtAboutItsScale) {
  Tile tile;
  tile.range = {0, 3000};
  tile.nsPerPixel = 1;
  EXPECT_TRUE(tile.serves({1000, 1, 1000}));
  EXPECT_TRUE(tile.serves({1900, 1.2, 900}));
  EXPECT_FALSE(tile.serves({2500, 1, 1000})) << "past its end";
  EXPECT_FALSE(tile.serves({1000, 0.4, 1000})) << "too coarse";
  EXPECT_FALSE(tile.serves({0, 2.5, 1000})) << "too fine";
}

}  // namespace
}  // namespace descry::gui
