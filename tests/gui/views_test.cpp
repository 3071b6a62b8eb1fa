// SPDX-License-Identifier: GPL-2.0-or-later
// Every view on sample databases, compared on content: what is written and which colours are there, not pixels.
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPlainTextEdit>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QToolButton>
#include <QTreeView>
#include <algorithm>
#include <numeric>
#include <set>

#include "gui/timeline/timeline_widget.hpp"
#include "gui/view/causes_view.hpp"
#include "gui/view/chain_view.hpp"
#include "gui/view/chains_view.hpp"
#include "gui/view/condition_edit.hpp"
#include "gui/view/distribution_view.hpp"
#include "gui/view/findings_panel.hpp"
#include "gui/view/health_view.hpp"
#include "gui/view/heatmap_view.hpp"
#include "gui/view/overview_view.hpp"
#include "gui/view/sql_view.hpp"
#include "gui/view/timeline_view.hpp"
#include "gui/view/waterfall.hpp"
#include "gui/window/picture.hpp"
#include "tests/gui/fixture.hpp"

namespace descry::gui {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string csvOf(View& view) {
  QString text;
  QTextStream out(&text);
  view.writeCsv(out);
  return text.toStdString();
}

QString textsIn(QWidget& widget) {
  QString text;
  for (const QLabel* label : widget.findChildren<QLabel*>())
    if (label->isVisibleTo(&widget)) text += label->text() + QStringLiteral("\n");
  return text;
}

QImage grabAlone(OpenWindow& open, const char* id) {
  open.window().showAlone(QString::fromUtf8(id));
  open.settle();
  return open.window().view(QString::fromUtf8(id))->grab().toImage();
}

class EveryView : public testing::TestWithParam<std::tuple<const char*, ThemeChoice>> {};

TEST_P(EveryView, ShowsWhatItIsForOnEveryKindOfCase) {
  const auto& [name, theme] = GetParam();
  OpenWindow open(name, theme);
  open.window().goToWorst();
  open.settle();
  const Theme shown = themeFor(theme);
  std::size_t worst = 0;
  ASSERT_NE(open.session().all().worst(worst), nullptr);
  // What a view is for: the colour of the cause that cost most, rows of numbers, or something to read.
  const std::set<std::string> paintCauses = {"overview", "chains", "chain", "timeline", "causes"};
  const std::set<std::string> haveRows = {"overview", "chains",       "chain",   "timeline",
                                          "causes",   "distribution", "heatmap", "health"};
  for (const ViewKind& kind : viewKinds()) {
    const QImage image = grabAlone(open, kind.id);
    auto& view = *qobject_cast<View*>(open.window().view(QString::fromUtf8(kind.id)));
    if (paintCauses.contains(kind.id)) {
      EXPECT_GT(pixelsOf(image, shown.causes[worst]), 200) << kind.id << " does not show the worst cause";
    }
    if (haveRows.contains(kind.id)) {
      EXPECT_GT(std::ranges::count(csvOf(view), '\n'), 1) << kind.id << " has no numbers";
    }
    // Axes are labelled in the fainter of the two colours of text.
    EXPECT_GT(pixelsOf(image, shown.text, 60) + pixelsOf(image, shown.faint, 60), 60) << kind.id << " says nothing";
    EXPECT_GT(pixelsOf(image, shown.base) + pixelsOf(image, shown.window) + pixelsOf(image, shown.guest) +
                  pixelsOf(image, shown.host),
              image.width() * image.height() / 10)
        << kind.id << " is not in its theme";
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, EveryView,
                         testing::Combine(testing::Values("vhost-net-needless", "lossy-host"),
                                          testing::Values(ThemeChoice::Light, ThemeChoice::Dark)),
                         [](const auto& sample) {
                           return std::string(std::get<0>(sample.param)[0] == 'v' ? "vhost" : "lossy") +
                                  (std::get<1>(sample.param) == ThemeChoice::Dark ? "_dark" : "_light");
                         });

TEST(OverviewView, SaysTheAnswerAndDrawsItsCauses) {
  OpenWindow open("pci-blk-swiotlb");
  auto& view = open.view<OverviewView>("overview");
  const std::string text = textsIn(view).toStdString();
  EXPECT_THAT(text, HasSubstr("virtio0"));
  EXPECT_THAT(text, HasSubstr("swiotlb"));
  const QImage image = grabAlone(open, "overview");
  EXPECT_GT(pixelsOf(image, Theme::light().cause(Cause::Swiotlb)), 2000) << "swiotlb is most of it";
  EXPECT_LT(pixelsOf(image, Theme::light().cause(Cause::Iotlb)), 800) << "only in the legend: it is not in the path";
  EXPECT_THAT(csvOf(view), HasSubstr("device,pci,virtio0,,238,"));
}

/// A button of the first card, by its text.
QToolButton* cardButton(const OverviewView& view, const char* text) {
  for (auto* button : view.findChild<FindingsPanel*>()->findChildren<QToolButton*>())
    if (button->text() == QString::fromUtf8(text)) return button;
  return nullptr;
}

TEST(OverviewView, LeadsFromAFindingToWhatToDoAndToItsChains) {
  OpenWindow open("vhost-net-needless");
  auto& view = open.view<OverviewView>("overview");
  grabAlone(open, "overview");
  cardButton(view, "Copy")->click();
  EXPECT_EQ(QGuiApplication::clipboard()->text(), QStringLiteral("-device virtio-net-pci,iommu_platform=off"));
  EXPECT_THAT(textsIn(view).toStdString(), Not(HasSubstr("Why: ")));
  cardButton(view, "Why")->click();
  EXPECT_THAT(textsIn(view).toStdString(), HasSubstr("Why: "));
  cardButton(view, "Its chains")->click();
  open.settle();
  const Selection& selection = open.session().selection();
  EXPECT_EQ(selection.causes, 1U << static_cast<unsigned>(Cause::Iotlb));
  std::set<std::string> devices;
  for (const QueueInfo& queue : open.session().all().queues)
    if (selection.queues.contains(queue.queueId)) devices.insert(queue.device);
  EXPECT_THAT(devices, testing::ElementsAre("virtio0"));
  cardButton(view, "Evidence")->click();
  open.settle();
  auto& console = open.view<SqlView>("sql");
  ASSERT_TRUE(console.shown());
  EXPECT_THAT(console.shown()->error, IsEmpty());
  EXPECT_EQ(console.shown()->rows.size(), 1U) << "a finding rests on one row";
}

TEST(ChainsView, ShowsTheSlowestFirstAndNarrowsByTheFilter) {
  OpenWindow open("vhost-net-needless");
  auto& view = open.view<ChainsView>("chains");
  auto* table = view.findChild<QTableView*>();
  open.settle();
  EXPECT_EQ(table->model()->rowCount(),
            static_cast<int>(Opened("vhost-net-needless").number("SELECT count(*) FROM chain_view")));
  view.filter()->setText(QStringLiteral("queue == tx0"));
  QTest::keyClick(view.filter(), Qt::Key_Return);
  open.settle();
  EXPECT_EQ(table->model()->rowCount(),
            static_cast<int>(
                Opened("vhost-net-needless").number("SELECT sum(complete) FROM chain_view WHERE queue_name = 'tx0'")));
  EXPECT_EQ(open.session().selection().expression, "queue == tx0");
}

TEST(ChainsView, SaysWhatIsWrongWithAFilterAndKeepsWhatIsShown) {
  OpenWindow open("vhost-net-needless");
  auto& view = open.view<ChainsView>("chains");
  view.filter()->setText(QStringLiteral("queue == rx0 and foo > 3"));
  EXPECT_THAT(view.filter()->problem().toStdString(), HasSubstr("unknown field 'foo'"));
  QTest::keyClick(view.filter(), Qt::Key_Return);
  EXPECT_EQ(open.session().selection().expression, "");
  EXPECT_THAT(textsIn(view).toStdString(), HasSubstr("unknown field 'foo'"));
}

TEST(ChainsView, SaysThatNothingFitsAndWhatToDo) {
  OpenWindow open("vhost-net-needless");
  Selection selection;
  selection.expression = "total > 100s";
  open.session().select(selection);
  open.settle();
  EXPECT_THAT(textsIn(open.view<ChainsView>("chains")).toStdString(), HasSubstr("Esc shows everything again"));
}

TEST(ChainView, ExplainsTheWorstChain) {
  OpenWindow open("pci-blk-swiotlb");
  open.window().goToWorst();
  open.settle();
  auto& view = open.view<ChainView>("chain");
  const std::string text = view.asText().toStdString();
  EXPECT_THAT(text, HasSubstr("virtio0 req0 #1 "));  // the slowest by the report: position 1
  EXPECT_THAT(text, HasSubstr("swiotlb"));
  EXPECT_THAT(text, HasSubstr("prepare"));
  EXPECT_THAT(csvOf(view), HasSubstr("add entered,mapped,prepare,0,"));
  EXPECT_GT(pixelsOf(grabAlone(open, "chain"), Theme::light().cause(Cause::Swiotlb)), 1000);
}

TEST(TimelineView, DrawsBothSidesNearAndBucketsFar) {
  OpenWindow open("many");
  auto& view = open.view<TimelineView>("timeline");
  grabAlone(open, "timeline");
  ASSERT_TRUE(view.timeline().tile());
  EXPECT_FALSE(view.timeline().tile()->lanes.front().near);
  EXPECT_GT(pixelsOf(view.grab().toImage(), Theme::light().cause(Cause::Backend)), 2000)
      << "a healthy disk works most of the time";
  const TimeRange whole = open.session().all().range;
  view.timeline().zoomTo({whole.begin + whole.length() / 2, whole.begin + whole.length() / 2 + 5'000'000});
  open.settle();
  EXPECT_TRUE(view.timeline().tile()->lanes.front().near);
  EXPECT_GT(view.timeline().tile()->lanes.front().chains.size(), 3U);
}

/// Pixels of a picture in the colour of each cause, its pattern included.
std::array<int, kCauses> causePixels(const QImage& image) {
  std::array<int, kCauses> counts{};
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    const QColor colour = Theme::light().causes[cause];
    QColor line = colour.darker(128);
    line.setAlpha(170);
    QImage pattern(1, 1, QImage::Format_RGB32);
    pattern.fill(colour);
    QPainter(&pattern).fillRect(0, 0, 1, 1, line);
    counts[cause] = pixelsOf(image, colour, 2) + pixelsOf(image, pattern.pixelColor(0, 0), 2);
  }
  return counts;
}

double shareOf(const std::array<int, kCauses>& counts, Cause cause) {
  const int all = std::accumulate(counts.begin(), counts.end(), 0);
  return all > 0 ? static_cast<double>(counts[static_cast<std::size_t>(cause)]) / all : 0;
}

QImage grabPlot(TimelineView& view) {
  TimelineWidget& timeline = view.timeline();
  const int header = timeline.width() - timeline.viewport().width;
  return timeline.grab(QRect(header, 24, timeline.viewport().width - 24, timeline.height() - 24)).toImage();
}

TEST(TimelineView, PaintsTheSharesThatTheColumnsHave) {
  OpenWindow open("loop-miss");
  const Opened opened("loop-miss");
  const double share = static_cast<double>(opened.number("SELECT sum(iotlb_ns) FROM chain_view")) /
                       static_cast<double>(opened.number("SELECT sum(total_ns) FROM chain_view"));
  ASSERT_GT(share, 0.9);
  auto& view = open.view<TimelineView>("timeline");
  // So narrow that several chains share a pixel.
  view.timeline().setFixedWidth(400);
  grabAlone(open, "timeline");
  ASSERT_FALSE(view.timeline().tile()->lanes.front().near);
  const auto far = causePixels(grabPlot(view));
  EXPECT_GT(std::accumulate(far.begin(), far.end(), 0), 500) << "only the host saw this queue";
  EXPECT_GT(shareOf(far, Cause::Iotlb), 0.85) << "far out";
  // Near in: some chains, each wide enough to have more than one colour.
  Statement rows = opened.database.prepare(
      "SELECT min(start_ns), max(start_ns + total_ns) FROM (SELECT * FROM chain_view WHERE complete"
      " ORDER BY start_ns LIMIT 12 OFFSET 800)");
  ASSERT_TRUE(rows.step());
  view.timeline().zoomTo(
      {opened.all->axis.fromTraceTime(rows.integer(0)), opened.all->axis.fromTraceTime(rows.integer(1))});
  open.settle();
  ASSERT_TRUE(view.timeline().tile()->lanes.front().near);
  const auto near = causePixels(grabPlot(view));
  EXPECT_GT(std::accumulate(near.begin(), near.end(), 0), 2000);
  EXPECT_GT(shareOf(near, Cause::Iotlb), 0.85) << "near in";
}

TEST(ChainView, TheWaterfallPaintsTheSharesThatTheColumnsHave) {
  OpenWindow open("loop-miss");
  open.window().goToWorst();
  open.settle();
  grabAlone(open, "chain");
  const auto* waterfall = open.view<ChainView>("chain").findChild<Waterfall*>();
  ASSERT_NE(waterfall, nullptr);
  const auto counts = causePixels(const_cast<Waterfall*>(waterfall)->grab().toImage());
  EXPECT_GT(shareOf(counts, Cause::Iotlb), 0.85);
}

TEST(TimelineView, FindsTheWorstChainUnderAPixelFarOut) {
  OpenWindow open("many");
  auto& view = open.view<TimelineView>("timeline");
  grabAlone(open, "timeline");
  const Opened opened("many");
  Statement row = opened.database.prepare(
      "SELECT start_ns, position FROM chain_view WHERE complete ORDER BY total_ns DESC LIMIT 1");
  ASSERT_TRUE(row.step());
  const double x = view.timeline().viewport().xOf(opened.all->axis.fromTraceTime(row.integer(0)));
  const int header = view.timeline().width() - view.timeline().viewport().width;
  bool found = false;
  for (int dx = -2; dx <= 2 && !found; ++dx) {
    const auto hit = view.timeline().hit({static_cast<int>(x) + header - 2 + dx, 60});
    found = hit && hit->chain.position == row.integer(1);
  }
  EXPECT_TRUE(found);
}

/// 204 us at 2.6 GHz.
TEST(OverviewView, DoesNotCallTicksNanoseconds) {
  OpenWindow open("tsc-text");
  grabAlone(open, "overview");
  EXPECT_THAT(textsIn(open.view<OverviewView>("overview")).toStdString(),
              AllOf(HasSubstr("530,400 clock ticks median"), HasSubstr("The times are not nanoseconds"),
                    Not(HasSubstr("530 us median"))));
}

TEST(SqlView, SavesTicksOnlyUnderAnotherName) {
  OpenWindow open("tsc-text");
  auto& view = open.view<SqlView>("sql");
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("t.csv"));
  grabAlone(open, "sql");
  view.ask(QStringLiteral("SELECT start_ns FROM chain_view"));
  open.settle();
  EXPECT_THAT(saveTable(view, path, open.session(), false).toStdString(), HasSubstr("counts ticks"));
  EXPECT_FALSE(QFile::exists(path));
  view.ask(QStringLiteral("SELECT start_ns AS start_ticks FROM chain_view"));
  open.settle();
  EXPECT_EQ(saveTable(view, path, open.session(), false), QString());
}

TEST(TimelineView, HatchesLosses) {
  OpenWindow open("lossy-host");
  ASSERT_FALSE(open.session().all().losses.empty());
  const QImage image = grabAlone(open, "timeline");
  EXPECT_GT(pixelsOf(image, Theme::light().loss, 30), 50);
}

TEST(DistributionView, ShowsTheNumbersOfTheReport) {
  OpenWindow open("pci-blk-swiotlb");
  Selection selection;
  std::size_t cause = 0;
  selection.queues = {open.session().all().worst(cause)->queueId};
  open.session().select(selection);
  grabAlone(open, "distribution");
  auto& view = open.view<DistributionView>("distribution");
  ASSERT_TRUE(view.shown());
  EXPECT_EQ(
      view.shown()->all.p50,
      Opened("pci-blk-swiotlb").number("SELECT p50_ns FROM cause_view WHERE device = 'virtio0' AND cause = 'latency'"));
  EXPECT_THAT(textsIn(view).toStdString(), HasSubstr("238 chains"));
}

TEST(HeatmapView, CountsTheChainsOfTheSelection) {
  OpenWindow open("pci-blk-swiotlb");
  grabAlone(open, "heatmap");
  auto& view = open.view<HeatmapView>("heatmap");
  ASSERT_TRUE(view.shown());
  EXPECT_EQ(view.shown()->chains, 245);  // 238 of virtio0 and 7 of virtio1
}

TEST(CausesView, ExplainsTheCauseWithItsSql) {
  OpenWindow open("pci-blk-swiotlb");
  grabAlone(open, "causes");
  auto& view = open.view<CausesView>("causes");
  const std::string sql = view.findChild<QPlainTextEdit*>()->toPlainText().toStdString();
  EXPECT_THAT(sql, HasSubstr("sum(swiotlb_ns)"));
  const Opened opened("pci-blk-swiotlb");
  EXPECT_EQ(opened.number(sql), view.shown()->causes[static_cast<std::size_t>(Cause::Swiotlb)]);
}

TEST(SqlView, RunsAndExplainsErrors) {
  OpenWindow open("pci-blk-swiotlb");
  grabAlone(open, "sql");
  auto& view = open.view<SqlView>("sql");
  view.ask(QStringLiteral("SELECT device, count(*) AS n FROM chain_view GROUP BY device ORDER BY n DESC"));
  open.settle();
  EXPECT_THAT(csvOf(view), HasSubstr("device,n\nvirtio0,"));
  view.ask(QStringLiteral("SELECT nonsense"));
  open.settle();
  EXPECT_THAT(textsIn(view).toStdString(), HasSubstr("no such column"));
}

TEST(HealthView, ShowsTheCaptures) {
  OpenWindow open("vhost-net-needless");
  grabAlone(open, "health");
  auto& view = open.view<HealthView>("health");
  EXPECT_THAT(csvOf(view), HasSubstr("guest,"));
  const std::string texts = textsIn(view).toStdString();
  // A sentence for each question; the numbers are those of clock_view, and of a trace that says what was lost.
  EXPECT_THAT(texts, HasSubstr("Is the recording complete?"));
  EXPECT_THAT(texts, HasSubstr("Yes: no event was lost"));
  EXPECT_THAT(texts, HasSubstr("How well are the two clocks known?"));
  EXPECT_THAT(texts, HasSubstr("To ±1.05 ms"));
}

TEST(HealthView, SaysWhatIsNotAllRight) {
  OpenWindow lossy("lossy-host");
  grabAlone(lossy, "health");
  EXPECT_THAT(textsIn(lossy.view<HealthView>("health")).toStdString(), HasSubstr("No: events were lost in "));
}

}  // namespace
}  // namespace descry::gui
