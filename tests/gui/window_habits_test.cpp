// SPDX-License-Identifier: GPL-2.0-or-later
// What hands expect of keys, filters, bookmarks and the way back.
#include <QAction>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTreeView>

#include "gui/timeline/timeline_widget.hpp"
#include "gui/view/chains_view.hpp"
#include "gui/view/condition_edit.hpp"
#include "gui/view/overview_view.hpp"
#include "gui/view/sql_view.hpp"
#include "gui/view/timeline_view.hpp"
#include "gui/window/screenshot.hpp"
#include "tests/gui/fixture.hpp"

namespace descry::gui {
namespace {

using testing::HasSubstr;

int actionsWith(const MainWindow& window, const QKeySequence& keys) {
  int count = 0;
  for (const QAction* action : window.findChildren<QAction*>()) count += action->shortcut() == keys ? 1 : 0;
  return count;
}

TEST(Habits, EachKeyBelongsToOneCommandAlsoAfterBookmarks) {
  OpenWindow open("pci-blk-swiotlb");
  for (int i = 0; i < 3; ++i) {
    open.window().addBookmark(QStringLiteral("place %1").arg(i));
    open.settle();
  }
  EXPECT_EQ(actionsWith(open.window(), QKeySequence(QStringLiteral("Ctrl+D"))), 1);
  EXPECT_EQ(actionsWith(open.window(), QKeySequence(QStringLiteral("Ctrl+Shift+N"))), 1);
}

TEST(Habits, ABookmarkBringsItsConditionBack) {
  OpenWindow open("pci-blk-swiotlb");
  Selection selection;
  selection.expression = "swiotlb > 1us";
  open.session().select(selection);
  ASSERT_TRUE(open.window().goToPosition(QStringLiteral("virtio0 req0 231")));
  open.window().addBookmark(QStringLiteral("here"));
  const Bookmark bookmark = open.window().sidecar()->bookmarks.back();
  open.session().select({});
  open.window().goToBookmark(bookmark);
  EXPECT_EQ(open.session().selection().expression, "swiotlb > 1us");
  EXPECT_EQ(open.session().selection().chain.position, 231);
  open.settle();
}

TEST(Habits, AFilterThatIsClearedAfterAnErrorIsGone) {
  OpenWindow open("pci-blk-swiotlb");
  auto* filter = open.view<ChainsView>("chains").filter();
  filter->setFocus();
  QTest::keyClicks(filter, QStringLiteral("total > 1us"));
  QTest::keyClick(filter, Qt::Key_Return);
  EXPECT_EQ(open.session().selection().expression, "total > 1us");
  QTest::keyClicks(filter, QStringLiteral(" and"));
  filter->selectAll();
  QTest::keyClick(filter, Qt::Key_Delete);
  EXPECT_EQ(open.session().selection().expression, "");
}

TEST(Habits, AStatementThatAKeyStartedCanBeStopped) {
  OpenWindow open("pci-blk-swiotlb");
  open.window().showView(QStringLiteral("sql"));
  open.settle();
  auto& view = open.view<SqlView>("sql");
  auto* text = view.findChild<QPlainTextEdit*>();
  text->setPlainText(
      QStringLiteral("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"));
  text->setFocus();
  QTest::keyClick(text, Qt::Key_Return, Qt::ControlModifier);
  QPushButton* stop = nullptr;
  for (QPushButton* button : view.findChildren<QPushButton*>())
    if (button->text() == QStringLiteral("Stop")) stop = button;
  ASSERT_NE(stop, nullptr);
  ASSERT_TRUE(stop->isEnabled());
  stop->click();
  open.settle();
  EXPECT_FALSE(open.session().activity().isBusy());
}

TEST(Habits, ChainsWithoutAnEndAreListed) {
  OpenWindow open("vhost-net-needless");
  const Opened opened("vhost-net-needless");
  const auto withoutEnd = opened.number("SELECT sum(NOT complete) FROM chain_view");
  ASSERT_GT(withoutEnd, 0);
  open.window().showView(QStringLiteral("chains"));
  for (const auto& [condition, count] : {std::pair{std::string("not complete"), withoutEnd},
                                         {std::string(), opened.number("SELECT count(*) FROM chain_view")}}) {
    Selection selection;
    selection.expression = condition;
    open.session().select(selection);
    open.settle();
    QString texts;
    for (const QLabel* label : open.view<ChainsView>("chains").findChildren<QLabel*>())
      texts += label->text() + QLatin1Char('\n');
    EXPECT_THAT(texts.toStdString(), HasSubstr(std::to_string(count) + " of ")) << condition;
  }
}

TEST(Habits, TheWayBackUndoesTheZoomAndTheMarkOfTheRow) {
  OpenWindow open("pci-blk-swiotlb");
  auto& view = open.view<TimelineView>("timeline");
  const auto& overview = open.view<OverviewView>("overview");
  const auto* rows = overview.findChild<QTreeView*>();
  const Viewport before = view.timeline().viewport();
  ASSERT_FALSE(rows->selectionModel()->hasSelection());
  open.window().goToWorst();
  ASSERT_TRUE(waitFor([&] { return view.timeline().viewport().nsPerPixel < before.nsPerPixel / 2; }));
  EXPECT_TRUE(rows->selectionModel()->hasSelection());
  while (open.session().canGoBack()) QTest::keyClick(&open.window(), Qt::Key_Left, Qt::AltModifier);
  EXPECT_NEAR(view.timeline().viewport().nsPerPixel, before.nsPerPixel, before.nsPerPixel / 100);
  EXPECT_FALSE(rows->selectionModel()->hasSelection());
  open.settle();
}

TEST(Habits, BackspaceUndoesAZoomInTheTimeline) {
  OpenWindow open("pci-blk-swiotlb");
  auto& timeline = open.view<TimelineView>("timeline").timeline();
  const double before = timeline.viewport().nsPerPixel;
  timeline.zoomTo({open.session().all().range.begin, open.session().all().range.begin + 1'000'000});
  ASSERT_LT(timeline.viewport().nsPerPixel, before / 2);
  QTest::keyClick(&timeline, Qt::Key_Backspace);
  EXPECT_DOUBLE_EQ(timeline.viewport().nsPerPixel, before);
  QTest::keyClick(&timeline, Qt::Key_W);
  EXPECT_LT(timeline.viewport().nsPerPixel, before);
  open.settle();
}

TEST(Habits, WishesOfTheCommandLineAreMetWithoutAPicture) {
  OpenWindow open("pci-blk-swiotlb");
  applyWanted(open.window(), {{}, QStringLiteral("chains"), QStringLiteral("swiotlb > 1us"), false, false});
  EXPECT_EQ(open.session().selection().expression, "swiotlb > 1us");
  EXPECT_TRUE(open.window().view(QStringLiteral("chains"))->isVisibleTo(&open.window()));
  EXPECT_FALSE(open.window().view(QStringLiteral("overview"))->isVisibleTo(&open.window()));
  open.settle();
}

}  // namespace
}  // namespace descry::gui
