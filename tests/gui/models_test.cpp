// SPDX-License-Identifier: GPL-2.0-or-later
#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "gui/data/sql_console.hpp"
#include "gui/model/chains_model.hpp"
#include "gui/model/overview_model.hpp"
#include "gui/model/result_model.hpp"
#include "gui/window/command_palette.hpp"
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
