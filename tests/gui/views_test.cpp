// SPDX-License-Identifier: GPL-2.0-or-later
// Every view on sample databases, compared on content: what is written and which colours are there, not pixels.
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QTableView>
#include <QTableWidget>
#include <QTreeView>

#include "gui/timeline/timeline_widget.hpp"
#include "gui/view/causes_view.hpp"
#include "gui/view/chain_view.hpp"
#include "gui/view/chains_view.hpp"
#include "gui/view/condition_edit.hpp"
#include "gui/view/distribution_view.hpp"
#include "gui/view/health_view.hpp"
#include "gui/view/heatmap_view.hpp"
#include "gui/view/overview_view.hpp"
#include "gui/view/sql_view.hpp"
#include "gui/view/timeline_view.hpp"
#include "tests/gui/fixture.hpp"

namespace descry::gui {
namespace {

using testing::HasSubstr;

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

TEST_P(EveryView, ShowsSomethingOnEveryKindOfCase) {
  const auto& [name, theme] = GetParam();
  OpenWindow open(name, theme);
  open.window().goToWorst();
  open.settle();
  const Theme shown = themeFor(theme);
  for (const ViewKind& kind : viewKinds()) {
    const QImage image = grabAlone(open, kind.id);
    EXPECT_GE(coloursIn(image), 3) << kind.id << " is empty";
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

TEST(ChainsView, ShowsTheSlowestFirstAndNarrowsByTheFilter) {
  OpenWindow open("vhost-net-needless");
  auto& view = open.view<ChainsView>("chains");
  auto* table = view.findChild<QTableView*>();
  open.settle();
  EXPECT_EQ(table->model()->rowCount(),
            static_cast<int>(Opened("vhost-net-needless").number("SELECT sum(complete) FROM chain_view")));
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
  EXPECT_THAT(view.filter()->problem().toStdString(), HasSubstr("no field 'foo'"));
  QTest::keyClick(view.filter(), Qt::Key_Return);
  EXPECT_EQ(open.session().selection().expression, "");
  EXPECT_THAT(textsIn(view).toStdString(), HasSubstr("no field 'foo'"));
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
  EXPECT_THAT(csvOf(view), HasSubstr("Q,M,prepare,0,"));
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
  EXPECT_THAT(csvOf(open.view<HealthView>("health")), HasSubstr("guest,"));
}

}  // namespace
}  // namespace descry::gui
