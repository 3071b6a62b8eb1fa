// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/chain_detail.hpp"

#include <gtest/gtest.h>

#include "gui/data/chain_list.hpp"
#include "tests/gui/databases.hpp"

namespace descry::gui {
namespace {

std::vector<ChainId> someChains(const Opened& opened) {
  std::vector<ChainId> keys;
  Statement rows = opened.database.prepare(
      "SELECT queue_id, epoch, position FROM chain ORDER BY queue_id, epoch, position LIMIT 3000");
  while (rows.step()) keys.push_back(rows.chainId(0));
  return keys;
}

TEST(ChainDetail, CutsTheWholeLatencyIntoPhasesWithoutHoles) {
  for (const char* name : {"vhost-net-needless", "pci-blk-swiotlb", "ccw-blk-swiotlb", "lossy-host", "clock-step"}) {
    const Opened opened(name);
    int complete = 0;
    for (const ChainId& key : someChains(opened)) {
      const auto chain = readChainDetail(opened.database, *opened.all, key);
      ASSERT_TRUE(chain);
      Ns counted = 0;
      for (std::size_t i = 0; i < chain->phases.size(); ++i) {
        const PhaseSpan& span = chain->phases[i];
        EXPECT_LE(span.begin, span.end);
        EXPECT_FALSE(span.name.empty());
        EXPECT_EQ(span.begin, i > 0 ? chain->phases[i - 1].end : span.begin);
        if (span.counted) counted += span.end - span.begin;
      }
      if (!seen(chain->total)) continue;
      ++complete;
      EXPECT_EQ(counted, chain->total) << name << " queue " << numberOf(key.queueId) << " position " << key.position;
    }
    EXPECT_GT(complete, 100) << name;
  }
}

TEST(ChainDetail, PhasesAreMadeOfTheCausesThatTheColumnsHave) {
  for (const char* name :
       {"vhost-net-needless", "vhost-net-plain", "pci-blk-swiotlb", "ccw-blk-swiotlb", "lossy-host", "loop-miss"}) {
    const Opened opened(name);
    for (const ChainId& key : someChains(opened)) {
      const auto chain = readChainDetail(opened.database, *opened.all, key);
      ASSERT_TRUE(chain);
      std::array<Ns, kCauses> sums{};
      Ns induced = 0;
      for (const PhaseSpan& phase : chain->phases) {
        EXPECT_TRUE(phase.counted || phase.causes.empty()) << "what is not latency has no cause";
        Ns last = phase.begin;
        for (const CauseSpan& part : phase.causes) {
          EXPECT_EQ(part.begin, last);
          last = part.end;
          sums[static_cast<std::size_t>(part.cause)] += part.length();
          induced += part.induced ? part.length() : 0;
        }
        if (phase.counted) {
          EXPECT_EQ(last, phase.end);
        }
      }
      ASSERT_EQ(sums, chain->causes) << name << " queue " << numberOf(key.queueId) << " position " << key.position;
      ASSERT_EQ(induced, chain->induced);
    }
  }
}

const PhaseSpan* phaseNamed(const ChainDetail& chain, const std::string& name) {
  for (const PhaseSpan& phase : chain.phases)
    if (phase.name == name) return &phase;
  return nullptr;
}

TEST(ChainDetail, ABounceOutIsThePartOfPreparationThatWasMeasured) {
  const Opened opened("pci-blk-swiotlb");
  int looked = 0;
  for (const ChainId& key : someChains(opened)) {
    const auto chain = readChainDetail(opened.database, *opened.all, key);
    const PhaseSpan* prepare = phaseNamed(*chain, "prepare");
    if (prepare == nullptr || !seen(chain->swiotlbOut) || chain->swiotlbOut == 0) continue;
    ++looked;
    const CauseSpan& last = prepare->causes.back();
    EXPECT_EQ(last.cause, Cause::Swiotlb);
    EXPECT_EQ(last.length(), std::min(chain->swiotlbOut, prepare->end - prepare->begin));
    EXPECT_EQ(last.end, prepare->end) << "mapping ends the preparation";
    EXPECT_TRUE(last.somewhere);
  }
  EXPECT_GT(looked, 50);
}

TEST(ChainDetail, WaitingForTheMissesOfOthersIsIotlbWhereTheyWere) {
  // samples/traces/loop-miss/case.md: every packet waits for the translations of the ones before it.
  const Opened opened("loop-miss");
  Ns waits = 0, induced = 0;
  for (const ChainId& key : someChains(opened)) {
    const auto chain = readChainDetail(opened.database, *opened.all, key);
    for (const PhaseSpan& phase : chain->phases) {
      if (phase.to != Point::t) continue;
      waits += phase.end - phase.begin;
      for (const CauseSpan& part : phase.causes) induced += part.cause == Cause::Iotlb ? part.length() : 0;
    }
  }
  EXPECT_GT(waits, 0);
  EXPECT_GT(induced * 10, waits * 8);
  EXPECT_EQ(induced, opened.number("SELECT sum(iotlb_induced_ns) FROM chain_view"));
}

TEST(ChainDetail, KnowsTheNeighboursAndTheEndsOfTheQueue) {
  const Opened opened("many");
  const auto keys = someChains(opened);
  const auto first = readChainDetail(opened.database, *opened.all, keys[0]);
  EXPECT_FALSE(first->previous.valid());
  EXPECT_EQ(first->next, keys[1]);
  EXPECT_EQ(readChainDetail(opened.database, *opened.all, keys[1])->previous, keys[0]);
  EXPECT_FALSE(readChainDetail(opened.database, *opened.all, {keys[0].queueId, 0, 99'999'999}));
}

TEST(ChainDetail, ShowsTheMissesThatTheChainSuffered) {
  const Opened opened("vhost-net-needless");
  Statement row = opened.database.prepare(
      "SELECT queue_id, epoch, position FROM chain_view c WHERE EXISTS (SELECT 1 FROM iotlb_miss m WHERE m.queue_id = "
      "c.host_queue_id"
      " AND m.epoch = c.host_epoch AND m.position = c.host_position) LIMIT 1");
  ASSERT_TRUE(row.step());
  const auto chain = readChainDetail(opened.database, *opened.all, row.chainId(0));
  ASSERT_TRUE(chain);
  ASSERT_FALSE(chain->misses.empty());
  EXPECT_EQ(chain->misses.front().grantedBytes, 4096);  // samples/traces/vhost-net-needless/case.md
}

}  // namespace
}  // namespace descry::gui
