// SPDX-License-Identifier: GPL-2.0-or-later
// What the window does with files: nothing of the user's is replaced, nothing that is open is lost, nothing old is
// shown.
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QLabel>
#include <QMessageBox>
#include <QSettings>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTemporaryDir>

#include "gui/view/sql_view.hpp"
#include "gui/window/case_cache.hpp"
#include "gui/window/sidecar.hpp"
#include "tests/gui/fixture.hpp"

namespace descry::gui {
namespace {

using testing::HasSubstr;

/// A capture folder of one's own, and a window.
class WindowFiles : public testing::Test {
 protected:
  void SetUp() override {
    QDir(QStandardPaths::writableLocation(QStandardPaths::CacheLocation) + QStringLiteral("/cases"))
        .removeRecursively();
    const QDir from(QStringLiteral(DESCRY_TRACES "/pci-blk-packed"));
    QDirIterator files(from.path(), QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
      const QString file = files.next(), to = m_traces + QLatin1Char('/') + from.relativeFilePath(file);
      ASSERT_TRUE(QDir().mkpath(QFileInfo(to).absolutePath()) && QFile::copy(file, to));
    }
    m_window.setKeepsState(false);
    QObject::connect(&m_window, &MainWindow::openFailed, &m_window, [this](const QString& text) { m_failure = text; });
    QObject::connect(&m_window, &MainWindow::opened, &m_window, [this] { ++m_opened; });
  }
  /// Opens and waits; false when it failed.
  bool open(const QString& path) {
    const int before = m_opened;
    m_failure.clear();
    m_window.open(path.toStdString());
    return waitFor([&] { return m_opened > before || !m_failure.isEmpty(); }) && m_failure.isEmpty();
  }
  QString shown() const { return QString::fromStdString(m_window.session()->all().path.string()); }
  QLabel* changed() const {
    for (QLabel* label : m_window.statusBar()->findChildren<QLabel*>())
      if (label->text().contains(QStringLiteral("changed on the disk"))) return label;
    return nullptr;
  }

  QTemporaryDir m_folder;
  QString m_traces = m_folder.filePath(QStringLiteral("night"));
  MainWindow m_window{ThemeChoice::Light};
  QString m_failure;
  int m_opened = 0;
};

TEST_F(WindowFiles, TracesAreImportedIntoTheCacheAndNothingBesideThemIsTouched) {
  const QString beside = m_folder.filePath(QStringLiteral("night.db"));
  ASSERT_TRUE(QFile::copy(QString::fromStdString(databasePath("many").string()), beside));
  const auto before = FileState::of(beside.toStdString());
  ASSERT_TRUE(open(m_traces)) << m_failure.toStdString();
  EXPECT_EQ(FileState::of(beside.toStdString()), before);
  EXPECT_EQ(QDir(m_folder.path()).entryList(QDir::NoDotAndDotDot | QDir::AllEntries).size(), 2);
  EXPECT_TRUE(shown().startsWith(QStandardPaths::writableLocation(QStandardPaths::CacheLocation)));
  EXPECT_TRUE(shown().endsWith(QStringLiteral("/night.db")));
}

TEST_F(WindowFiles, UnchangedTracesAreNotImportedAgain) {
  ASSERT_TRUE(open(m_traces));
  const QString first = shown();
  const auto state = FileState::of(first.toStdString());
  m_window.reload();
  ASSERT_TRUE(waitFor([&] { return m_opened == 2; }));
  EXPECT_EQ(shown(), first);
  EXPECT_EQ(FileState::of(first.toStdString()), state);
  // One more file in the folder is another state.
  QFile facts(m_traces + QStringLiteral("/facts.json"));
  ASSERT_TRUE(facts.open(QIODevice::WriteOnly));
  facts.write("{}");
  facts.close();
  m_window.reload();
  ASSERT_TRUE(waitFor([&] { return m_opened == 3; })) << m_failure.toStdString();
  EXPECT_NE(shown(), first);
}

TEST_F(WindowFiles, NotesOnTracesOutliveAChangeOfTheTraces) {
  const QString before = cachedCaseOf({m_traces});
  QFile more(m_traces + QStringLiteral("/more.txt"));
  ASSERT_TRUE(more.open(QIODevice::WriteOnly));
  more.write("x");
  more.close();
  const QString after = cachedCaseOf({m_traces});
  EXPECT_NE(before, after);
  EXPECT_EQ(Sidecar(before.toStdString()).path(), Sidecar(after.toStdString()).path());
  EXPECT_FALSE(Sidecar(before.toStdString()).path().startsWith(QFileInfo(before).absolutePath()));
}

TEST_F(WindowFiles, AFileThatCannotBeOpenedLeavesTheOpenCaseOpen) {
  ASSERT_TRUE(open(QString::fromStdString(databasePath("pci-blk-swiotlb").string())));
  const QString first = shown();
  EXPECT_FALSE(open(QString::fromStdString(databasePath("cut").string())));
  ASSERT_NE(m_window.session(), nullptr);
  EXPECT_EQ(shown(), first);
  const auto* box = m_window.findChild<QMessageBox*>();
  ASSERT_NE(box, nullptr);
  EXPECT_THAT(box->text().toStdString(), HasSubstr("is cut short"));
}

TEST_F(WindowFiles, ADatabaseThatWasReplacedIsNoticedAndNotMixedIn) {
  const QString path = m_folder.filePath(QStringLiteral("case.db"));
  ASSERT_TRUE(QFile::copy(QString::fromStdString(databasePath("pci-blk-swiotlb").string()), path));
  ASSERT_TRUE(open(path));
  static_cast<QWidget&>(m_window).show();
  ASSERT_TRUE(QFile::remove(path) && QFile::copy(QString::fromStdString(databasePath("lossy-host").string()), path));
  ASSERT_TRUE(waitFor([&] { return changed()->isVisible(); }));
  auto* sql = qobject_cast<SqlView*>(m_window.view(QStringLiteral("sql")));
  sql->ask(QStringLiteral("SELECT 1"));
  ASSERT_TRUE(waitFor([&] {
    for (const QLabel* label : sql->findChildren<QLabel*>())
      if (label->text().contains(QStringLiteral("F5 reads it again"))) return true;
    return false;
  }));
  QTest::keyClick(&m_window, Qt::Key_F5);
  ASSERT_TRUE(waitFor([&] { return m_opened == 2; }));
  EXPECT_FALSE(changed()->isVisible());
  EXPECT_FALSE(m_window.session()->all().losses.empty()) << "the new file";
}

TEST_F(WindowFiles, RecentHasEachFileOnce) {
  QSettings().setValue(QStringLiteral("recent"), QStringList{QStringLiteral("case.db")});
  const QString path = m_folder.filePath(QStringLiteral("case.db")),
                link = m_folder.filePath(QStringLiteral("link.db"));
  ASSERT_TRUE(QFile::copy(QString::fromStdString(databasePath("pci-blk-swiotlb").string()), path));
  ASSERT_TRUE(QFile::link(path, link));
  m_window.setKeepsState(true);
  for (const QString& name : {path, m_folder.path() + QStringLiteral("/./case.db"), link}) ASSERT_TRUE(open(name));
  EXPECT_EQ(QSettings().value(QStringLiteral("recent")).toStringList(),
            QStringList{QFileInfo(path).canonicalFilePath()});
  m_window.setKeepsState(false);
}

}  // namespace
}  // namespace descry::gui
