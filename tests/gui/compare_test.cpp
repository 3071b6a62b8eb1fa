// SPDX-License-Identifier: GPL-2.0-or-later
// The view that compares two cases: against what `descry diff` says and what the two databases hold.
#include <QComboBox>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTextBrowser>

#include "gui/view/compare_bars.hpp"
#include "gui/view/compare_view.hpp"
#include "gui/view/spread_plot.hpp"
#include "schemas/store/table_io.hpp"
#include "tests/gui/fixture.hpp"

namespace descry::gui {
namespace {

using testing::HasSubstr;

QJsonObject diffOf(const std::string& base, const std::string& now) {
  QProcess descry;
  descry.start(QStringLiteral("descry"), {QStringLiteral("diff"), QString::fromStdString(databasePath(base).string()),
                                          QString::fromStdString(databasePath(now).string()),
                                          QStringLiteral("--format"), QStringLiteral("json")});
  descry.waitForFinished(60'000);
  return QJsonDocument::fromJson(descry.readAllStandardOutput()).object();
}

QString textsIn(QWidget& widget) {
  QString text;
  for (const QLabel* label : widget.findChildren<QLabel*>())
    if (label->isVisibleTo(&widget)) text += label->text() + QStringLiteral("\n");
  return text;
}

QString csvOf(View& view) {
  QString text;
  QTextStream out(&text);
  view.writeCsv(out);
  return text;
}

/// A window that shows one case against another.
struct Compared {
  Compared(const std::string& base, const std::string& now) : open(now), view(open.view<CompareView>("compare")) {
    open.window().showAlone(QStringLiteral("compare"));
    open.window().compareWith(databasePath(base));
    open.settle();
  }
  QPushButton* button(const QString& text) {
    for (QPushButton* each : view.findChildren<QPushButton*>())
      if (each->text() == text && each->isVisibleTo(&view)) return each;
    return nullptr;
  }
  OpenWindow open;
  CompareView& view;
};

void choose(CompareView& view, const QString& place) {
  for (QComboBox* box : view.findChildren<QComboBox*>())
    for (int index = 0; index < box->count(); ++index)
      if (box->itemText(index).trimmed() == place) box->setCurrentIndex(index);
}

TEST(CompareView, SaysWhatDescryDiffSays) {
  const QJsonObject diff = diffOf("vhost-net-plain", "vhost-net-needless");
  Compared compared("vhost-net-plain", "vhost-net-needless");
  ASSERT_TRUE(compared.view.shown()) << compared.view.problem().toStdString();
  const QString said = compared.view.findChild<QTextBrowser*>()->toPlainText();
  ASSERT_FALSE(diff[QLatin1String("verdict")].toArray().isEmpty());
  ASSERT_FALSE(diff[QLatin1String("changed")].toArray().isEmpty());
  for (const char* part : {"verdict", "changed", "unmatched"})
    for (const QJsonValue& line : diff[QLatin1String(part)].toArray())
      EXPECT_TRUE(said.contains(line.toString())) << line.toString().toStdString();

  const QString csv = csvOf(compared.view);
  int numbers = 0;
  for (const QJsonValue& each : diff[QLatin1String("levels")].toArray()) {
    const QJsonObject level = each.toObject();
    if (level[QLatin1String("level")].toString() != QStringLiteral("queue")) continue;
    const QString name =
        level[QLatin1String("device")].toString() + QLatin1Char(' ') + level[QLatin1String("queue")].toString();
    const QJsonObject causes = level[QLatin1String("causes")].toObject();
    for (const QString& cause : causes.keys()) {
      const QJsonObject mean = causes[cause].toObject()[QLatin1String("mean_ns")].toObject();
      const QString line = QStringLiteral("queue,%1,%2,%3,%4,")
                               .arg(name, cause, QString::number(mean[QLatin1String("base")].toInteger()),
                                    QString::number(mean[QLatin1String("now")].toInteger()));
      EXPECT_TRUE(csv.contains(line)) << line.toStdString();
      ++numbers;
    }
  }
  EXPECT_GE(numbers, 14) << "two queues with seven sums each";
  EXPECT_TRUE(compared.view.findChild<QLineEdit*>()->text().startsWith(QStringLiteral("descry diff ")));
}

/// The tables mark significant changes: the verdict does not deny them.
TEST(CompareView, NamesInTheVerdictWhatTheBarsMark) {
  Compared compared("vhost-net-plain", "vhost-net-needless");
  auto* bars = compared.view.findChild<CompareBars*>();
  const Change& iotlb = compared.view.shown()->levels.at(1).cause("iotlb").mean;
  ASSERT_TRUE(iotlb.significant) << "the new case translates through the IOTLB, the base does not";
  EXPECT_TRUE(bars->textOf(static_cast<int>(Cause::Iotlb)).contains(QStringLiteral("\nsignificant")));
  const QString said = compared.view.findChild<QTextBrowser*>()->toPlainText();
  EXPECT_FALSE(said.contains(QStringLiteral("no significant change")));
  EXPECT_TRUE(said.contains(QStringLiteral("iotlb +"))) << said.toStdString();
}

TEST(CompareView, DrawsCauseByCauseWithExactNumbersBehind) {
  Compared compared("vhost-net-plain", "vhost-net-needless");
  auto* bars = compared.view.findChild<CompareBars*>();
  const Opened base("vhost-net-plain"), now("vhost-net-needless");
  // The first device is what is shown first; its means are sum / chains of the databases.
  const std::string mean =
      "SELECT CAST(round(1.0 * sum(total_ns) / sum(chains)) AS INTEGER) FROM cause_view WHERE device = 'virtio0' AND "
      "cause = ";
  ASSERT_GT(base.number(mean + "'latency'"), 0);
  for (const int row : bars->rows()) {
    const std::string cause = row < 0 ? "latency" : std::string(kCauseNames[static_cast<std::size_t>(row)]);
    const QString text = bars->textOf(row);
    for (const Opened* opened : {&base, &now}) {
      const QString number = QStringLiteral("%L1 ns").arg(opened->number(mean + "'" + cause + "'"));
      EXPECT_TRUE(QString(text).remove(QLatin1Char(',')).contains(QString(number).remove(QLatin1Char(','))))
          << cause << ": " << number.toStdString() << " in " << text.toStdString();
    }
  }
  ASSERT_GE(bars->rows().size(), 3U);
  const QImage image = bars->grab().toImage();
  EXPECT_GT(pixelsOf(image, Theme::light().accent), 200) << "the bar of the whole latency";
  EXPECT_GT(pixelsOf(image, Theme::light().cause(Cause::Ring)), 200);

  // A click on a row and the arrow keys choose what the distributions count.
  QTest::mouseClick(bars, Qt::LeftButton, {}, bars->rowRect(1).center());
  compared.open.settle();
  ASSERT_TRUE(compared.view.nowSpread());
  EXPECT_EQ(compared.view.nowSpread()->cause, bars->rows()[1]);
  QTest::keyClick(bars, Qt::Key_Up);
  compared.open.settle();
  EXPECT_EQ(compared.view.nowSpread()->cause, kWholeLatency);
}

TEST(CompareView, OverlaysTheDistributionsOfBothDatabases) {
  Compared compared("vhost-net-plain", "vhost-net-needless");
  choose(compared.view, QStringLiteral("virtio0 rx0"));
  compared.open.settle();
  ASSERT_TRUE(compared.view.baseSpread() && compared.view.nowSpread());
  const std::string of = " FROM cause_view WHERE device = 'virtio0' AND queue_name = 'rx0' AND cause = 'latency'";
  for (const auto& [spread, name] :
       {std::pair{compared.view.baseSpread(), "vhost-net-plain"}, {compared.view.nowSpread(), "vhost-net-needless"}}) {
    const Opened opened(name);
    ASSERT_GT(opened.number("SELECT chains" + of), 0) << name;
    EXPECT_EQ(spread->all.count(), opened.number("SELECT chains" + of)) << name;
    EXPECT_EQ(spread->all.p50, opened.number("SELECT p50_ns" + of)) << name;
    EXPECT_EQ(spread->all.p99, opened.number("SELECT p99_ns" + of)) << name;
  }
  auto* plot = compared.view.findChild<SpreadPlot*>();
  EXPECT_EQ(plot->graphCount(), 4) << "a histogram and a cumulated line of each";
  EXPECT_EQ(plot->legend->itemCount(), 2);
  EXPECT_NE(plot->graph(0)->pen().style(), plot->graph(2)->pen().style()) << "told apart without colours";
  // Half of the base's chains are at most as slow as its median, in the tooltip too.
  const QString at = plot->textAt(static_cast<double>(compared.view.baseSpread()->all.p50));
  EXPECT_TRUE(at.contains(QStringLiteral("base: "))) << at.toStdString();
}

TEST(CompareView, SaysThatNothingChangedAgainstItself) {
  Compared compared("many", "many");
  ASSERT_TRUE(compared.view.shown()) << compared.view.problem().toStdString();
  EXPECT_FALSE(compared.view.shown()->slower);
  EXPECT_FALSE(compared.view.shown()->faster);
  auto* bars = compared.view.findChild<CompareBars*>();
  EXPECT_TRUE(bars->textOf(kWholeLatency).contains(QStringLiteral("not significant")));
}

TEST(CompareView, ExplainsABaseItCannotReadAndStaysUsable) {
  for (const auto& [name, reason] : {std::pair{"empty-file", "the file is empty"},
                                     {"text", "is no"},
                                     {"newer", "schema version 99"},
                                     {"cut", "is cut short"},
                                     {"nowhere", "no such file"}}) {
    Compared compared(name, "vhost-net-needless");
    EXPECT_FALSE(compared.view.shown());
    EXPECT_THAT(textsIn(compared.view).toStdString(), HasSubstr(reason)) << name;
    EXPECT_THAT(textsIn(compared.view).toStdString(), HasSubstr("Choose another database")) << name;
    compared.open.window().compareWith(databasePath("vhost-net-plain"));
    compared.open.settle();
    EXPECT_TRUE(compared.view.shown()) << "after " << name;
  }
}

TEST(CompareView, ExplainsABaseThatAnotherProgramHasLocked) {
  QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("locked.db"));
  ASSERT_TRUE(QFile::copy(QString::fromStdString(databasePath("lossy-host").string()), path));
  Compared compared("nowhere", "lossy-host");
  {
    Database writer = Database::openForAnalysis(path.toStdString());
    writer.execute("UPDATE meta SET value = value");
    writer.execute("COMMIT; BEGIN EXCLUSIVE");
    compared.open.window().compareWith(path.toStdString());
    compared.open.settle();
    EXPECT_THAT(textsIn(compared.view).toStdString(), HasSubstr("another program is using the file"));
  }
  ASSERT_NE(compared.button(QStringLiteral("Compare again")), nullptr);
  compared.button(QStringLiteral("Compare again"))->click();
  compared.open.settle();
  EXPECT_TRUE(compared.view.shown()) << "the other program has let it go";
}

TEST(CompareView, StopsWhenItIsCancelledAndCanBeAskedAgain) {
  OpenWindow open("many");
  auto& view = open.view<CompareView>("compare");
  open.window().showAlone(QStringLiteral("compare"));
  open.window().compareWith(databasePath("many"));
  ASSERT_TRUE(open.session().activity().isBusy());
  view.cancel();
  open.settle();
  EXPECT_FALSE(view.shown());
  EXPECT_EQ(view.problem(), QString());
  EXPECT_THAT(textsIn(view).toStdString(), HasSubstr("was cancelled"));
  open.window().compareWith(databasePath("lossy-host"));
  open.window().compareWith(databasePath("many"));  // before the first is done: only the last one counts
  open.settle();
  ASSERT_TRUE(view.shown());
  EXPECT_EQ(view.shown()->levels.front().baseChains, view.shown()->levels.front().nowChains);
}

TEST(CompareView, SaysHowToBeginAndTakesADroppedDatabase) {
  OpenWindow open("vhost-net-needless");
  open.window().showAlone(QStringLiteral("compare"));
  auto& view = open.view<CompareView>("compare");
  EXPECT_THAT(textsIn(view).toStdString(), HasSubstr("Ctrl+Shift+D"));
  QMimeData mime;
  mime.setUrls({QUrl::fromLocalFile(QString::fromStdString(databasePath("vhost-net-plain").string()))});
  QDragEnterEvent enter({5, 5}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&view, &enter);
  EXPECT_TRUE(enter.isAccepted());
  QDropEvent drop({5, 5}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&view, &drop);
  open.settle();
  EXPECT_TRUE(view.shown());
}

TEST(CompareView, FollowsTheTheme) {
  Compared compared("vhost-net-plain", "vhost-net-needless");
  compared.open.window().chooseTheme(ThemeChoice::Dark);
  compared.open.settle();
  const QImage image = compared.view.grab().toImage();
  EXPECT_GT(pixelsOf(image, Theme::dark().base) + pixelsOf(image, Theme::dark().window),
            image.width() * image.height() / 2);
  EXPECT_EQ(pixelsOf(image, Theme::light().base, 2), 0);
  compared.open.window().chooseTheme(ThemeChoice::Light);
}

TEST(Comparison, QuotesPathsForTheShell) {
  EXPECT_EQ(diffCommand("/a/base.db", "new.db"), "descry diff /a/base.db new.db");
  EXPECT_EQ(diffCommand("my base.db", "it's.db"), "descry diff 'my base.db' 'it'\\''s.db'");
}

}  // namespace
}  // namespace descry::gui
