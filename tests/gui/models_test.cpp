// SPDX-License-Identifier: GPL-2.0-or-later
#include <QAbstractItemModelTester>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>

#include "gui/data/sql_console.hpp"
#include "gui/model/chains_model.hpp"
#include "gui/model/overview_model.hpp"
#include "gui/model/result_model.hpp"
#include "gui/window/command_palette.hpp"
#include "schemas/text/quantity.hpp"
#include "tests/gui/fixture.hpp"

namespace descry::gui {
namespace {

using Tester = QAbstractItemModelTester;
constexpr auto kFatal = Tester::FailureReportingMode::Fatal;

TEST(OverviewModel, KeepsTheRulesOfModels) {
  for (const char* name : {"vhost-net-needless", "pci-blk-swiotlb", "no-chains"}) {
    const Opened opened(name);
    OverviewModel model(opened.all);
    const Tester tester(&model, kFatal);
  }
}

TEST(OverviewModel, GoesFromTransportsToQueues) {
  const Opened opened("pci-blk-swiotlb");
  const OverviewModel model(opened.all);
  ASSERT_EQ(model.rowCount(), 1);
  const QModelIndex transport = model.index(0, 0);
  EXPECT_EQ(transport.data().toString(), QStringLiteral("pci"));
  const QModelIndex device = model.index(0, 0, transport);
  EXPECT_EQ(device.data().toString(), QStringLiteral("virtio0 (blk)")) << "the one that cost most comes first";
  EXPECT_EQ(model.index(0, OverviewModel::Chains, transport).data().toString(), QStringLiteral("238"));  // truth.json
  EXPECT_EQ(model.queuesOf(transport).size(), 2U);
  const QModelIndex queue = model.index(0, 0, device);
  EXPECT_EQ(model.indexOf(model.level(queue)->queueId), queue);
}

QJsonObject reportOf(const std::string& name) {
  QFile file(QString::fromStdString((std::filesystem::path(DESCRY_DATABASES) / (name + ".json")).string()));
  if (!file.open(QIODevice::ReadOnly)) throw std::runtime_error("no report of " + name);
  return QJsonDocument::fromJson(file.readAll()).object();
}

QString timeOf(const QJsonValue& ns) {
  return QString::fromStdString(descry::timeText(static_cast<Ns>(ns.toInteger())));
}

/// What a row of the overview shows, against the row of the report for the same transport, device or queue.
void expectFigures(const OverviewModel& model, const QModelIndex& index, const QJsonObject& row) {
  const auto shown = [&](int column) { return index.siblingAtColumn(column).data().toString(); };
  const QJsonObject latency = row[QLatin1String("latency_ns")].toObject();
  const QByteArray where = QJsonDocument(row).toJson(QJsonDocument::Compact).left(120);
  EXPECT_EQ(shown(OverviewModel::Chains),
            QString::fromStdString(descry::countText(row[QLatin1String("chains")].toInteger())))
      << where.constData();
  EXPECT_EQ(shown(OverviewModel::P50), timeOf(latency[QLatin1String("p50")])) << where.constData();
  EXPECT_EQ(shown(OverviewModel::P99), timeOf(latency[QLatin1String("p99")])) << where.constData();
  EXPECT_EQ(shown(OverviewModel::P999), timeOf(latency[QLatin1String("p999")])) << where.constData();
  EXPECT_EQ(shown(OverviewModel::Max), timeOf(latency[QLatin1String("max")])) << where.constData();
  const QJsonObject causes = row[QLatin1String("causes")].toObject();
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    const QJsonObject sum = causes[QString::fromStdString(std::string(kCauseNames[cause]))].toObject();
    ASSERT_TRUE(sum.contains(QLatin1String("share"))) << where.constData();
    EXPECT_NEAR(model.level(index)->share(cause), sum[QLatin1String("share")].toDouble(), 5.1e-7) << where.constData();
  }
}

class OverviewFigures : public testing::TestWithParam<const char*> {};

TEST_P(OverviewFigures, AreThoseOfTheReport) {
  const Opened opened(GetParam());
  const OverviewModel model(opened.all);
  const QJsonObject report = reportOf(GetParam());
  int compared = 0;
  const auto compare = [&](const char* rows, const QModelIndex& index, const auto& isSame) {
    int found = 0;
    for (const QJsonValue& each : report[QLatin1String(rows)].toArray()) {
      const QJsonObject row = each.toObject();
      if (!isSame(row)) continue;
      ++found;
      expectFigures(model, index, row);
    }
    EXPECT_EQ(found, 1) << rows << ' ' << index.data().toString().toStdString();
    compared += found;
  };
  const auto is = [](const QJsonObject& row, const char* key, const std::string& text) {
    return row[QLatin1String(key)].toString().toStdString() == text;
  };
  for (int t = 0; t < model.rowCount(); ++t) {
    const QModelIndex transport = model.index(t, 0);
    const std::string kind = model.level(transport)->transport;
    compare("transports", transport, [&](const QJsonObject& row) { return is(row, "transport", kind); });
    for (int d = 0; d < model.rowCount(transport); ++d) {
      const QModelIndex device = model.index(d, 0, transport);
      const auto ofDevice = [&](const QJsonObject& row) {
        return is(row, "transport", kind) && is(row, "device", model.level(device)->name);
      };
      compare("devices", device, ofDevice);
      for (int q = 0; q < model.rowCount(device); ++q) {
        const QModelIndex queue = model.index(q, 0, device);
        compare("queues", queue, [&](const QJsonObject& row) {
          return ofDevice(row) && is(row, "queue_name", model.level(queue)->name);
        });
      }
    }
  }
  EXPECT_EQ(static_cast<std::size_t>(compared), opened.all->levels.size());
  EXPECT_GE(compared, 3);
}

INSTANTIATE_TEST_SUITE_P(Samples, OverviewFigures,
                         testing::Values("vhost-net-needless", "vhost-net-plain", "pci-blk-swiotlb", "ccw-blk-swiotlb",
                                         "lossy-host", "many"),
                         [](const auto& sample) {
                           std::string name = sample.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// Builds pages by hand: the model must be right without any database.
class ChainsModelTest : public testing::Test {
 protected:
  ChainsModelTest() : m_opened("many") {
    buildChainIndex(m_opened.database, *m_opened.all, {}, ChainOrder::Key,
                    [&](ChainIndex index) { m_steps.push_back(std::make_shared<const ChainIndex>(std::move(index))); });
  }
  std::vector<ChainRecord> page(std::int64_t number) const {
    return readChainPage(m_opened.database, *m_opened.all, *m_steps.back(), number);
  }

  Opened m_opened;
  std::vector<std::shared_ptr<const ChainIndex>> m_steps;
};

TEST_F(ChainsModelTest, KeepsTheRulesOfModelsWhileItGrows) {
  ChainsModel model(m_opened.all);
  const Tester tester(&model, kFatal);
  for (const auto& step : m_steps) model.setIndex(step);
  model.setPage(0, page(0));
  model.setPage(3, page(3));
  EXPECT_EQ(model.rowCount(), m_steps.back()->count());
  model.setIndex(std::make_shared<const ChainIndex>());
  EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(ChainsModelTest, AsksOnceForWhatIsLookedAtAndAnswersUntilThen) {
  ChainsModel model(m_opened.all);
  model.setIndex(m_steps.back());
  std::vector<std::vector<std::int64_t>> asked;
  QObject::connect(&model, &ChainsModel::pagesWanted, &model,
                   [&](const std::vector<std::int64_t>& pages) { asked.push_back(pages); });
  for (int row = 500; row < 530; ++row)
    EXPECT_EQ(model.index(row, ChainsModel::Total).data().toString(), QStringLiteral("…"));
  EXPECT_TRUE(asked.empty()) << "not while the view paints";
  QCoreApplication::processEvents();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0], (std::vector<std::int64_t>{1, 2}));
  QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
  model.setPage(1, page(1));
  ASSERT_EQ(changed.count(), 1);
  EXPECT_EQ(changed[0][0].toModelIndex().row(), 256);
  EXPECT_EQ(changed[0][1].toModelIndex().row(), 511);
  EXPECT_NE(model.index(500, ChainsModel::Total).data().toString(), QStringLiteral("…"));
}

TEST_F(ChainsModelTest, HoldsFewPagesHoweverManyAreLookedAt) {
  ChainsModel model(m_opened.all);
  model.setIndex(m_steps.back());
  const auto first = page(0);
  for (std::int64_t number = 0; number < 200; ++number) model.setPage(number, first);
  EXPECT_FALSE(model.isLoaded(0)) << "the oldest went";
  EXPECT_TRUE(model.isLoaded(199 * 256));
}

TEST(ResultModel, KeepsTheRulesOfModelsAndOrders) {
  ResultModel model;
  const Tester tester(&model, kFatal);
  auto result = std::make_shared<SqlResult>();
  result->columns = {"name", "total_ns"};
  result->rows = {{std::string("b"), std::int64_t{20}}, {std::string("a"), std::int64_t{100}}, {std::monostate{}, 1.5}};
  model.setResult(result);
  model.sort(1, Qt::DescendingOrder);
  EXPECT_EQ(model.index(0, 0).data().toString(), QStringLiteral("a"));
  EXPECT_EQ(model.index(2, 0).data().toString(), QStringLiteral("–"));
  model.sort(0, Qt::AscendingOrder);
  EXPECT_EQ(model.index(1, 0).data().toString(), QStringLiteral("a"));
  EXPECT_EQ(model.index(1, 1).data(Qt::ToolTipRole).toString(), QStringLiteral("100 ns"));
  model.setResult(nullptr);
  EXPECT_EQ(model.rowCount(), 0);
}

TEST(CommandPalette, FindsByLettersInOrder) {
  EXPECT_EQ(CommandPalette::score(QStringLiteral("xyz"), QStringLiteral("Worst chain")), 0);
  EXPECT_GT(CommandPalette::score(QStringLiteral("wc"), QStringLiteral("Worst chain")), 0);
  EXPECT_GT(CommandPalette::score(QStringLiteral("wor"), QStringLiteral("Worst chain")),
            CommandPalette::score(QStringLiteral("wor"), QStringLiteral("Show of records")));
}

}  // namespace
}  // namespace descry::gui
