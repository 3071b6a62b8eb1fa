// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/tile.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/gui/databases.hpp"

namespace descry::gui {
namespace {

std::vector<QueueId> queuesOf(const Case& all) {
  std::vector<QueueId> ids;
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

TEST(Tile, NoTwoChainsLieOverEachOther) {
  for (const char* name : {"lossy-host", "loop-miss", "vhost-net-needless"}) {
    const Opened opened(name);
    const Case& all = *opened.all;
    int near = 0;
    // A hundred stretches, near enough for chains.
    for (int part = 0; part < 100; ++part) {
      const Ns length = std::max<Ns>(all.range.length() / 100, 1000);
      const Ns begin = all.range.begin + part * length;
      const Tile tile =
          readTile(opened.database, all, queuesOf(all), {begin, begin + length}, static_cast<double>(length) / 3000);
      for (const TileLane& lane : tile.lanes) {
        near += lane.near && !lane.chains.empty() ? 1 : 0;
        std::map<int, std::vector<std::pair<Ns, Ns>>> rows;
        for (const TileChain& chain : lane.chains) {
          ASSERT_LT(chain.row, lane.rows);
          rows[chain.row].emplace_back(chain.begin, chain.end());
        }
        for (auto& [row, lives] : rows) {
          std::sort(lives.begin(), lives.end());
          for (std::size_t i = 1; i < lives.size() && lane.rows < kMostRows; ++i)
            EXPECT_LE(lives[i - 1].second, lives[i].first) << name << " row " << row;
        }
      }
    }
    EXPECT_GT(near, 10) << name;
  }
}

TEST(Tile, NearInHoldsEveryChainThatReachesIntoIt) {
  for (const char* name : {"many", "vhost-net-needless", "lossy-host"}) {
    const Opened opened(name);
    const Case& all = *opened.all;
    // The chain in the middle of all: the middle of the time may be a pause.
    const Ns middle = all.axis.fromTraceTime(opened.number(
        "SELECT start_ns FROM chain_view WHERE complete AND start_ns IS NOT NULL ORDER BY start_ns LIMIT 1"
        " OFFSET (SELECT count(*) / 2 FROM chain_view WHERE complete AND start_ns IS NOT NULL)"));
    const Ns length = std::max<Ns>(all.range.length() / 500, 1000);
    const TimeRange range{middle, middle + length};
    const Tile tile = readTile(opened.database, all, queuesOf(all), range, static_cast<double>(length) / 3000);
    for (const TileLane& lane : tile.lanes) {
      if (!lane.near) continue;
      const QueueInfo* queue = all.queue(lane.queueId);
      if (queue->captureId != all.axis.capture()) continue;
      const std::string expected =
          "SELECT count(*) FROM chain_view WHERE complete AND queue_id = " + std::to_string(numberOf(lane.queueId)) +
          " AND start_ns + coalesce(stock_ns, 0) < " + std::to_string(all.axis.traceTime(range.end)) +
          " AND start_ns + coalesce(stock_ns, 0) + total_ns > " + std::to_string(all.axis.traceTime(range.begin));
      const auto complete = std::count_if(lane.chains.begin(), lane.chains.end(),
                                          [](const TileChain& chain) { return seen(chain.total); });
      EXPECT_EQ(complete, opened.number(expected)) << name << " queue " << numberOf(lane.queueId);
    }
  }
}

TEST(Tile, ItsChainsAndBucketsHaveTheCausesOfTheColumns) {
  for (const char* name : {"loop-miss", "vhost-net-plain", "pci-blk-swiotlb"}) {
    const Opened opened(name);
    const Case& all = *opened.all;
    std::array<Ns, kCauses> far{};
    const TimeRange wide{all.range.begin - 1'000'000, all.range.end + 1'000'000};
    for (const TileLane& lane : readTile(opened.database, all, queuesOf(all), wide, 1e12).lanes)
      for (const TileBucket& bucket : lane.buckets)
        for (std::size_t cause = 0; cause < kCauses; ++cause) far[cause] += bucket.causes[cause];
    for (std::size_t cause = 0; cause < kCauses; ++cause)
      EXPECT_EQ(far[cause],
                opened.number("SELECT sum(" + std::string(kCauseNames[cause]) + "_ns) FROM chain_view WHERE complete"))
          << name << " far out, " << kCauseNames[cause];
    // The chain in the middle of all: the middle of the time may be a pause.
    const Ns middle = all.axis.fromTraceTime(opened.number(
        "SELECT start_ns FROM chain_view WHERE complete AND start_ns IS NOT NULL ORDER BY start_ns LIMIT 1"
        " OFFSET (SELECT count(*) / 2 FROM chain_view WHERE complete AND start_ns IS NOT NULL)"));
    int near = 0;
    for (const Ns length : {all.range.length() / 50, all.range.length() / 5}) {
      const TimeRange range{middle, middle + length};
      for (const TileLane& lane :
           readTile(opened.database, all, queuesOf(all), range, static_cast<double>(length) / 3000).lanes)
        for (const TileChain& chain : lane.chains) {
          ++near;
          std::array<Ns, kCauses> sums{};
          Ns last = chain.begin;
          for (const CauseSpan& span : chain.spans) {
            ASSERT_EQ(span.begin, last);
            last = span.end;
            sums[static_cast<std::size_t>(span.cause)] += span.length();
          }
          if (seen(chain.total)) {
            ASSERT_EQ(last, chain.end());
          }
          for (std::size_t cause = 0; cause < kCauses; ++cause)
            ASSERT_EQ(sums[cause], opened.number("SELECT coalesce(" + std::string(kCauseNames[cause]) +
                                                 "_ns, 0) FROM chain_view WHERE queue_id = " +
                                                 std::to_string(numberOf(chain.key.queueId)) +
                                                 " AND epoch = " + std::to_string(chain.key.epoch) +
                                                 " AND position = " + std::to_string(chain.key.position)));
        }
    }
    EXPECT_GT(near, 10) << name;
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

TEST(Tile, IsNarrowedToWhatFitsACondition) {
  const Opened opened("many");
  const Case& all = *opened.all;
  Selection selection;
  selection.expression = "total > 200us";
  selection.causes = 1;  // is drawn without a look at every chain
  const Selection wanted = narrowing(selection);
  EXPECT_EQ(wanted.causes, 0U);
  const Ns middle = all.range.begin + all.range.length() / 2;
  for (const TimeRange& range : {all.range, TimeRange{middle, middle + 5'000'000}}) {
    Tile tile = readTile(opened.database, all, queuesOf(all), range, static_cast<double>(range.length()) / 1000);
    narrowTile(opened.database, all, wanted, tile);
    EXPECT_EQ(tile.narrowedBy, wanted);
    std::int64_t fitting = 0, slow = 0, chains = 0;
    for (const TileLane& lane : tile.lanes) {
      for (const TileBucket& bucket : lane.fitting) {
        fitting += bucket.chains;
        EXPECT_GT(bucket.worst, 200'000);
      }
      for (const TileChain& chain : lane.chains) {
        if (!seen(chain.total)) continue;
        ++chains;
        slow += chain.total > 200'000 ? 1 : 0;
        EXPECT_EQ(chain.fits, chain.total > 200'000) << chain.key.position;
      }
    }
    if (tile.lanes.front().near) {
      EXPECT_GT(slow, 0);
      EXPECT_LT(slow, chains);
    } else {
      EXPECT_EQ(fitting, opened.number("SELECT count(*) FROM chain_view WHERE total_ns > 200000"));
    }
  }
}

TEST(Tile, MarksBouncesForAsLongAsTheyTook) {
  const Opened opened("pci-blk-swiotlb");
  const Case& all = *opened.all;
  const Tile tile =
      readTile(opened.database, all, queuesOf(all), all.range, static_cast<double>(all.range.length()) / 20'000);
  Ns took = 0;
  for (const TileLane& lane : tile.lanes)
    for (const TileMark& mark : lane.marks)
      if (mark.kind == MarkKind::Bounce) took += mark.length;
  EXPECT_EQ(took, opened.number("SELECT sum(swiotlb_out_ns * (m_ns IS NOT NULL) + swiotlb_in_ns * (d_ns IS NOT NULL))"
                                " FROM guest_half"));
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
