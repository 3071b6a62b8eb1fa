// SPDX-License-Identifier: GPL-2.0-or-later
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QTemporaryDir>

#include "gui/timeline/timeline_widget.hpp"
#include "gui/view/chain_view.hpp"
#include "gui/view/timeline_view.hpp"
#include "gui/window/case_cache.hpp"
#include "gui/window/import_job.hpp"
#include "gui/window/picture.hpp"
#include "schemas/store/table_io.hpp"
#include "tests/gui/fixture.hpp"

namespace descry::gui {
namespace {

using testing::HasSubstr;

TEST(MainWindow, ExplainsWhatItCannotOpenAndStaysUsable) {
  for (const auto& [name, reason] : {std::pair{"empty-file", "the file is empty"},
                                     {"newer", "schema version 99"},
                                     {"cut", "is cut short"},
                                     {"no-pyramid", "descry analyze"},
                                     {"nowhere", "no such file"}}) {
    OpenWindow open(name);
    EXPECT_THAT(open.failure().toStdString(), HasSubstr(reason)) << name;
    EXPECT_EQ(open.window().session(), nullptr);
    bool shown = false;
    for (const QLabel* label : open.window().findChildren<QLabel*>())
      shown = shown || label->text().contains(QString::fromUtf8(reason));
    EXPECT_TRUE(shown) << name;
  }
}

TEST(MainWindow, ReadsADatabaseThatAnotherProgramHasLocked) {
  QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("locked.db"));
  ASSERT_TRUE(QFile::copy(QString::fromStdString(databasePath("lossy-host").string()), path));
  Database writer = Database::openForAnalysis(path.toStdString());
  writer.execute("UPDATE meta SET value = value");
  writer.execute("COMMIT; BEGIN EXCLUSIVE");
  MainWindow window(ThemeChoice::Light);
  window.setKeepsState(false);
  QString failure;
  QObject::connect(&window, &MainWindow::openFailed, &window, [&](const QString& message) { failure = message; });
  window.open(path.toStdString());
  ASSERT_TRUE(waitFor([&] { return !failure.isEmpty(); }));
  EXPECT_THAT(failure.toStdString(), HasSubstr("another program is using the file"));
}

TEST(MainWindow, SaysWhatAnEmptyCaseMeans) {
  OpenWindow open("no-chains");
  ASSERT_NE(open.window().session(), nullptr) << open.failure().toStdString();
  QString texts;
  for (const QLabel* label : open.window().findChildren<QLabel*>()) texts += label->text();
  EXPECT_THAT(texts.toStdString(), HasSubstr("no chain"));
}

TEST(MainWindow, ReachesTheSlowestChainOfTheWorstCauseWithOneKey) {
  for (const auto& [name, cause] : {std::pair{"pci-blk-swiotlb", Cause::Swiotlb},
                                    {"ccw-blk-swiotlb", Cause::Swiotlb},
                                    {"vhost-net-needless", Cause::Ring}}) {
    OpenWindow open(name);
    QTest::keyClick(&open.window(), Qt::Key_W, Qt::ShiftModifier);
    ASSERT_TRUE(waitFor([&] { return open.session().selection().chain.valid(); })) << name;
    open.settle();
    const ChainId chain = open.session().selection().chain;
    const Opened opened(name);
    const std::string column = std::string(kCauseNames[static_cast<std::size_t>(cause)]) + "_ns";
    EXPECT_EQ(chain.position, opened.number("SELECT position FROM chain_view WHERE queue_id = " +
                                            std::to_string(numberOf(chain.queueId)) + " AND complete ORDER BY " +
                                            column + " DESC LIMIT 1"))
        << name;
    EXPECT_TRUE(open.view<ChainView>("chain").isVisible());
  }
}

TEST(MainWindow, GoesBackAndForwardThroughSelections) {
  OpenWindow open("vhost-net-needless");
  Selection selection;
  selection.causes = 1;
  open.session().select(selection);
  QTest::keyClick(&open.window(), Qt::Key_Left, Qt::AltModifier);
  EXPECT_EQ(open.session().selection().causes, 0U);
  QTest::keyClick(&open.window(), Qt::Key_Right, Qt::AltModifier);
  EXPECT_EQ(open.session().selection().causes, 1U);
  QTest::keyClick(&open.window(), Qt::Key_Escape);
  EXPECT_FALSE(open.session().selection().narrows());
}

TEST(MainWindow, GoesToTimesAndPositions) {
  OpenWindow open("pci-blk-swiotlb");
  EXPECT_TRUE(open.window().goToPosition(QStringLiteral("virtio0 req0 231")));
  open.settle();
  EXPECT_EQ(open.session().selection().chain.position, 231);
  EXPECT_FALSE(open.window().goToPosition(QStringLiteral("virtio9 req0 231")));
  EXPECT_FALSE(open.window().goToTime(QStringLiteral("soon")));
  EXPECT_TRUE(open.window().goToTime(QStringLiteral("100ms")));
  open.settle();
  EXPECT_TRUE(open.view<TimelineView>("timeline").timeline().viewport().range().contains(100'000'000));
}

TEST(Sidecar, KeepsBookmarksAndNotesBesideTheDatabase) {
  QTemporaryDir folder;
  const auto database = std::filesystem::path(folder.filePath(QStringLiteral("case.db")).toStdString());
  {
    Sidecar sidecar(database);
    EXPECT_EQ(sidecar.save(), QString());
    EXPECT_FALSE(QFile::exists(sidecar.path())) << "nothing to keep";
    sidecar.notes = QStringLiteral("slow since Tuesday");
    sidecar.bookmarks.push_back({QStringLiteral("worst"), {QueueId{3}, 1, (std::int64_t{1} << 60) + 1}, {-5, 7}});
    EXPECT_EQ(sidecar.save(), QString());
  }
  const Sidecar again(database);
  EXPECT_EQ(again.notes, QStringLiteral("slow since Tuesday"));
  ASSERT_EQ(again.bookmarks.size(), 1U);
  EXPECT_EQ(again.bookmarks[0].chain, (ChainId{QueueId{3}, 1, (std::int64_t{1} << 60) + 1}));
  EXPECT_EQ(again.bookmarks[0].range, (TimeRange{-5, 7}));
}

TEST(Sidecar, LeavesWhatItCannotReadAsItIs) {
  QTemporaryDir folder;
  const auto database = std::filesystem::path(folder.filePath(QStringLiteral("case.db")).toStdString());
  for (const char* content : {"{\"version\": 99}", "not json"}) {
    QFile file(QString::fromStdString(database.string()) + QStringLiteral(".notes.json"));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write(content);
    file.close();
    Sidecar sidecar(database);
    EXPECT_FALSE(sidecar.problem().isEmpty());
    sidecar.notes = QStringLiteral("new");
    EXPECT_FALSE(sidecar.save().isEmpty());
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_EQ(file.readAll(), content);
    file.close();
  }
}

TEST(Picture, IsWrittenAsPngAndSvgOrSaysWhyNot) {
  OpenWindow open("pci-blk-swiotlb");
  QTemporaryDir folder;
  View& overview = *open.window().view(QStringLiteral("overview"));
  for (const char* name : {"a.png", "a.svg"}) {
    const QString path = folder.filePath(QString::fromUtf8(name));
    EXPECT_EQ(savePicture(overview, path, {}, false), QString());
    EXPECT_GT(QFileInfo(path).size(), 3000) << name;
  }
  EXPECT_EQ(QImage(folder.filePath(QStringLiteral("a.png"))).size(), overview.size());
  EXPECT_THAT(savePicture(overview, QStringLiteral("/nowhere/a.png"), {}, false).toStdString(),
              HasSubstr("directory /nowhere does not exist"));
}

TEST(Picture, ReplacesOneThatDescryMadeAndNoOther) {
  OpenWindow open("pci-blk-swiotlb");
  QTemporaryDir folder;
  View& overview = *open.window().view(QStringLiteral("overview"));
  for (const char* name : {"a.png", "a.svg"}) {
    const QString path = folder.filePath(QString::fromUtf8(name));
    if (path.endsWith(QStringLiteral("png"))) {
      ASSERT_TRUE(QImage(8, 8, QImage::Format_RGB32).save(path));
    } else {
      QFile file(path);
      ASSERT_TRUE(file.open(QIODevice::WriteOnly));
      file.write("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n");
    }
    EXPECT_THAT(savePicture(overview, path, {}, false).toStdString(), HasSubstr("already exists")) << name;
    EXPECT_EQ(savePicture(overview, path, {}, true), QString()) << name;
    EXPECT_EQ(savePicture(overview, path, {}, false), QString()) << name;
  }
  InputFiles inputs;
  inputs.add(folder.filePath(QStringLiteral("a.png")).toStdString());
  EXPECT_THAT(savePicture(overview, folder.filePath(QStringLiteral("a.png")), inputs, true).toStdString(),
              HasSubstr("is an input"));
}

TEST(ImportJob, ExplainsTracesThatCannotBeRead) {
  QTemporaryDir folder;
  QFile trace(folder.filePath(QStringLiteral("nonsense.txt")));
  ASSERT_TRUE(trace.open(QIODevice::WriteOnly));
  trace.write("nothing that any tracer writes\n");
  trace.close();
  EXPECT_TRUE(looksLikeTraces(trace.fileName()));
  EXPECT_FALSE(looksLikeTraces(QString::fromStdString(databasePath("many").string())));
  ImportJob job({trace.fileName()}, folder.filePath(QStringLiteral("out.db")), nullptr);
  QString failure;
  QObject::connect(&job, &ImportJob::failed, &job, [&](const QString& message) { failure = message; });
  job.start();
  ASSERT_TRUE(waitFor([&] { return !failure.isEmpty(); }));
  EXPECT_THAT(failure.toStdString(), HasSubstr("nonsense.txt"));
  EXPECT_FALSE(QFile::exists(folder.filePath(QStringLiteral("out.db"))));
}

}  // namespace
}  // namespace descry::gui
