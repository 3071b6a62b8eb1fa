// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/selection.hpp"

#include <gtest/gtest.h>

#include "gui/data/distribution.hpp"
#include "tests/gui/databases.hpp"

namespace descry::gui {
namespace {

std::int64_t scanned(const Opened& opened, const Selection& selection) {
  std::int64_t count = 0;
  scanChains(opened.database, *opened.all, selection, [&](const ChainFact& fact) {
    count += seen(fact.total) ? 1 : 0;
    return true;
  });
  return count;
}

/// What the SQL shown for a selection counts, run on the public view by SQLite.
std::int64_t counted(const Opened& opened, const Selection& selection) {
  return opened.number("SELECT count(*) FROM chain_view WHERE " + selectionSql(*opened.all, selection));
}

TEST(SelectionScan, FindsWhatTheSqlShownForItFinds) {
  for (const char* name : {"vhost-net-needless", "lossy-host", "many"}) {
    const Opened opened(name);
    const TimeRange whole = opened.all->range;
    std::vector<Selection> selections(7);
    selections[1].queues = {opened.all->queues.front().queueId};
    selections[2].time = TimeRange{whole.begin + whole.length() / 3, whole.begin + whole.length() / 2};
    selections[3].causes = 1U << static_cast<unsigned>(Cause::Iotlb) | 1U << static_cast<unsigned>(Cause::Unattributed);
    selections[4].latency = TimeRange{100'000, 1'000'000};
    selections[5].side = SideFilter::Host;
    selections[6] = selections[2];
    selections[6].latency = selections[4].latency;
    selections[6].expression = "ring > 0.1 * total and not suspect";
    for (std::size_t i = 0; i < selections.size(); ++i)
      EXPECT_EQ(scanned(opened, selections[i]), counted(opened, selections[i])) << name << " selection " << i;
    EXPECT_GT(scanned(opened, selections[0]), 0) << name;
  }
}

TEST(SelectionScan, OfATimeRangeReadsOnlyItsStretch) {
  const Opened opened("many");
  Selection selection;
  const TimeRange whole = opened.all->range;
  selection.time =
      TimeRange{whole.begin + whole.length() / 2, whole.begin + whole.length() / 2 + whole.length() / 1000};
  EXPECT_GT(scanned(opened, selection), 0);
  EXPECT_LT(scanned(opened, selection), opened.all->chains / 200);
}

TEST(SelectionHistory, GoesBackAndForwardAndForgetsWhatWasLeft) {
  SelectionHistory history;
  Selection first, second;
  first.queues = {QueueId{1}};
  second.queues = {QueueId{2}};
  EXPECT_FALSE(history.push(Selection{})) << "it is the current one already";
  EXPECT_TRUE(history.push(first));
  EXPECT_TRUE(history.push(second));
  EXPECT_TRUE(history.back());
  EXPECT_EQ(history.current(), first);
  EXPECT_TRUE(history.forward());
  EXPECT_EQ(history.current(), second);
  EXPECT_FALSE(history.forward());
  history.back();
  history.back();
  EXPECT_FALSE(history.canGoBack());
  history.push(second);
  EXPECT_FALSE(history.canGoForward());
}

TEST(Selection, OfAChainNarrowsNothing) {
  Selection selection;
  selection.chain = {QueueId{1}, 0, 5};
  EXPECT_FALSE(selection.narrows());
  EXPECT_TRUE(selection.sameChains(Selection{}));
}

}  // namespace
}  // namespace descry::gui
