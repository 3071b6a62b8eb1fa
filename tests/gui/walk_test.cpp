// SPDX-License-Identifier: GPL-2.0-or-later
// A walk through the program in a real window: traces are opened, a time is brushed, zoomed, filtered, a chain is
// chosen, and what was found is exported.
#include <QFile>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenuBar>
#include <QTableView>
#include <QTemporaryDir>

#include "gui/timeline/timeline_widget.hpp"
#include "gui/view/chain_view.hpp"
#include "gui/view/chains_view.hpp"
#include "gui/view/condition_edit.hpp"
#include "gui/view/timeline_view.hpp"
#include "gui/window/command_palette.hpp"
#include "gui/window/import_job.hpp"
#include "gui/window/picture.hpp"
#include "tests/gui/fixture.hpp"

namespace descry::gui {
namespace {

/// Presses at one place and lets go at another, with all the moves between.
void drag(QWidget& widget, QPoint from, QPoint to, Qt::KeyboardModifiers modifiers) {
  QTest::mousePress(&widget, Qt::LeftButton, modifiers, from);
  for (int step = 1; step <= 10; ++step) {
    const QPoint at = from + (to - from) * step / 10;
    QMouseEvent move(QEvent::MouseMove, at, widget.mapToGlobal(at), Qt::LeftButton, Qt::LeftButton, modifiers);
    QApplication::sendEvent(&widget, &move);
  }
  QTest::mouseRelease(&widget, Qt::LeftButton, modifiers, to);
}

TEST(Walk, FromTracesToTheExportOfAChain) {
  QTemporaryDir folder;
  MainWindow window(ThemeChoice::Light);
  window.setKeepsState(false);
  window.resize(1500, 900);
  static_cast<QWidget&>(window).show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
  // There is no window manager that would make it the active one.
  QApplication::setActiveWindow(&window);
  bool opened = false;
  QString failure;
  QObject::connect(&window, &MainWindow::opened, &window, [&] { opened = true; });
  QObject::connect(&window, &MainWindow::openFailed, &window, [&](const QString& message) { failure = message; });

  // Open: traces straight away, imported in the background.
  window.importTraces({QStringLiteral(DESCRY_TRACES "/vhost-net-needless")},
                      folder.filePath(QStringLiteral("case.db")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return opened || !failure.isEmpty(); }, 60'000));
  ASSERT_TRUE(opened) << failure.toStdString();
  QApplication::setActiveWindow(&window);
  Session& session = *window.session();
  const auto settle = [&] {
    int quiet = 0;
    return waitFor([&] { return (quiet = session.activity().isBusy() ? 0 : quiet + 1) > 6; });
  };
  ASSERT_TRUE(settle());

  // Brush a time in the timeline.
  auto* timelineView = qobject_cast<TimelineView*>(window.view(QStringLiteral("timeline")));
  TimelineWidget& timeline = timelineView->timeline();
  const int header = timeline.width() - timeline.viewport().width;
  drag(timeline, {header + 100, 50}, {header + 400, 60}, Qt::ShiftModifier);
  ASSERT_TRUE(session.selection().time);
  EXPECT_NEAR(timeline.viewport().xOf(session.selection().time->begin), 100, 20);

  // Zoom to it with the keyboard, and closer with the wheel.
  timeline.setFocus();
  QTest::keyClick(&timeline, Qt::Key_Z);
  const double scale = timeline.viewport().nsPerPixel;
  const QPointF middle(timeline.width() / 2.0, timeline.height() / 2.0);
  QWheelEvent wheel(middle, timeline.mapToGlobal(middle), {}, {0, 240}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                    false);
  QApplication::sendEvent(&timeline, &wheel);
  EXPECT_LT(timeline.viewport().nsPerPixel, scale);
  ASSERT_TRUE(settle());
  QTest::keyClick(&window, Qt::Key_Escape);
  EXPECT_FALSE(session.selection().time);

  // Filter: typed into the line that Ctrl+F goes to.
  QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier);
  auto* chains = qobject_cast<ChainsView*>(window.view(QStringLiteral("chains")));
  QTest::keyClicks(chains->filter(), QStringLiteral("queue == rx0 and iotlb > 50us"));
  QTest::keyClick(chains->filter(), Qt::Key_Escape);
  QTest::keyClick(chains->filter(), Qt::Key_Return);
  ASSERT_TRUE(settle());
  const Database database = Database::openReadOnly(folder.filePath(QStringLiteral("case.db")).toStdString());
  auto* table = chains->findChild<QTableView*>();
  EXPECT_EQ(
      table->model()->rowCount(),
      database
          .queryInteger("SELECT count(*) FROM chain_view WHERE queue_name = 'rx0' AND iotlb_ns > 50000 AND complete")
          .value_or(-1));
  ASSERT_GT(table->model()->rowCount(), 0);

  // Select a chain with the mouse; timeline and waterfall follow.
  ASSERT_TRUE(waitFor([&] { return table->model()->index(0, 1).data().toString() != QStringLiteral("…"); }));
  QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(table->model()->index(0, 1)).center());
  ASSERT_TRUE(waitFor([&] { return session.selection().chain.valid(); }));
  ASSERT_TRUE(settle());
  auto* chain = qobject_cast<ChainView*>(window.view(QStringLiteral("chain")));
  EXPECT_TRUE(chain->asText().contains(QStringLiteral("rx0")));

  // The palette by keyboard alone. Without a window manager the list of completions has taken the focus with it.
  QApplication::setActiveWindow(&window);
  table->setFocus();
  QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
  auto* palette = window.findChild<CommandPalette*>();
  ASSERT_NE(palette, nullptr);
  QTest::keyClicks(palette->findChild<QLineEdit*>(), QStringLiteral("select everything"));
  QTest::keyClick(palette->findChild<QLineEdit*>(), Qt::Key_Return);
  ASSERT_TRUE(waitFor([&] { return !session.selection().narrows(); }));
  ASSERT_TRUE(settle());

  // Export.
  EXPECT_EQ(savePicture(window, folder.filePath(QStringLiteral("window.png")), {}, false), QString());
  EXPECT_EQ(saveTable(*chains, folder.filePath(QStringLiteral("chains.csv")), session, false), QString());
  EXPECT_GT(QFileInfo(folder.filePath(QStringLiteral("window.png"))).size(), 20'000);
  QFile csv(folder.filePath(QStringLiteral("chains.csv")));
  ASSERT_TRUE(csv.open(QIODevice::ReadOnly));
  EXPECT_GT(csv.readAll().count('\n'), 100);
}

TEST(Walk, CancelsAnImportAndLeavesNothingBehind) {
  QTemporaryDir folder;
  ImportJob job({QStringLiteral(DESCRY_TRACES "/pci-blk-swiotlb")}, folder.filePath(QStringLiteral("case.db")),
                nullptr);
  QString failure;
  bool done = false;
  QObject::connect(&job, &ImportJob::failed, &job, [&](const QString& message) { failure = message; });
  QObject::connect(&job, &ImportJob::finished, &job, [&] { done = true; });
  QObject::connect(&job, &ImportJob::progressed, &job, [&] { job.cancel(); });
  job.start();
  ASSERT_TRUE(waitFor([&] { return done || !failure.isEmpty(); }));
  EXPECT_FALSE(done);
  EXPECT_TRUE(failure.contains(QStringLiteral("cancelled"))) << failure.toStdString();
  EXPECT_FALSE(QFile::exists(folder.filePath(QStringLiteral("case.db"))));
}

}  // namespace
}  // namespace descry::gui
