// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/chain_list.hpp"

#include <gtest/gtest.h>

#include "schemas/model/error.hpp"
#include "tests/gui/databases.hpp"

namespace descry::gui {
namespace {

ChainIndex listOf(const Opened& opened, const Selection& selection, ChainOrder order) {
  ChainIndex last;
  buildChainIndex(opened.database, *opened.all, selection, order, [&](ChainIndex index) { last = std::move(index); });
  return last;
}

TEST(ChainList, InOrderOfTheFileHoldsEveryChainOnce) {
  const Opened opened("many");
  const ChainIndex index = listOf(opened, {}, ChainOrder::Key);
  EXPECT_TRUE(index.isComplete());
  EXPECT_EQ(index.count(), opened.number("SELECT count(*) FROM chain"));
  Statement rows =
      opened.database.prepare("SELECT queue_id, epoch, position FROM chain ORDER BY queue_id, epoch, position");
  std::int64_t row = 0;
  for (std::int64_t page = 0; page * ChainIndex::kPage < index.count(); ++page)
    for (const ChainRecord& record : readChainPage(opened.database, *opened.all, index, page)) {
      ASSERT_TRUE(rows.step());
      ASSERT_EQ(record.key, rows.chainId(0)) << "row " << row;
      ++row;
    }
  EXPECT_FALSE(rows.step());
}

TEST(ChainList, PutsTheSlowestFirstAsTheViewDoes) {
  for (const char* name : {"vhost-net-needless", "many"}) {
    const Opened opened(name);
    for (const auto& [order, column] : {std::pair{ChainOrder::Total, "total_ns"}, {orderOf(Cause::Ring), "ring_ns"}}) {
      const ChainIndex index = listOf(opened, {}, order);
      const auto page = readChainPage(opened.database, *opened.all, index, 0);
      Statement rows = opened.database.prepare(
          std::string("SELECT ") + column + " FROM chain_view WHERE complete ORDER BY " + column + " DESC LIMIT 100");
      for (std::size_t row = 0; row < 100 && rows.step(); ++row) {
        const Ns value = order == ChainOrder::Total ? page.at(row).total
                                                    : page.at(row).causes[static_cast<std::size_t>(Cause::Ring)];
        ASSERT_EQ(value, rows.integer(0)) << name << ' ' << column << " row " << row;
      }
    }
  }
}

TEST(ChainList, ShowsWhatTheAnalysisPutAsideBeforeItHasLookedAtAll) {
  const Opened opened("many");
  std::vector<ChainIndex> shown;
  buildChainIndex(opened.database, *opened.all, {}, ChainOrder::Total,
                  [&](ChainIndex index) { shown.push_back(std::move(index)); });
  ASSERT_GE(shown.size(), 2U);
  EXPECT_FALSE(shown.front().isComplete());
  EXPECT_EQ(readChainPage(opened.database, *opened.all, shown.front(), 0).front().key,
            readChainPage(opened.database, *opened.all, shown.back(), 0).front().key);
}

TEST(ChainList, NarrowsByCondition) {
  const Opened opened("vhost-net-needless");
  Selection selection;
  selection.expression = "queue == rx0 and iotlb > 50us";
  const ChainIndex index = listOf(opened, selection, ChainOrder::Key);
  EXPECT_EQ(index.count(),
            opened.number("SELECT count(*) FROM chain_view WHERE queue_name = 'rx0' AND iotlb_ns > 50000"));
  EXPECT_GT(index.count(), 0);
  selection.expression = "iotlb >";
  EXPECT_THROW(listOf(opened, selection, ChainOrder::Key), ConditionError);
}

TEST(ChainList, FindsTheRowOfAChain) {
  const Opened opened("vhost-net-needless");
  const ChainIndex index = listOf(opened, {}, ChainOrder::Total);
  const auto page = readChainPage(opened.database, *opened.all, index, 0);
  EXPECT_EQ(index.rowOf(page.at(3).key), 3);
  EXPECT_EQ(index.rowOf({QueueId{99}, 0, 0}), std::nullopt);
}

}  // namespace
}  // namespace descry::gui
