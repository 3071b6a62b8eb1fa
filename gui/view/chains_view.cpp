// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/chains_view.hpp"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

#include "gui/model/chains_model.hpp"
#include "gui/query/unchanged.hpp"
#include "gui/style/format.hpp"
#include "gui/view/condition_edit.hpp"
#include "gui/view/notice.hpp"

namespace descry::gui {

namespace {

/// A cause's number above a bar of its share of the chain.
class ShareDelegate : public QStyledItemDelegate {
 public:
  ShareDelegate(Session& session, QObject* parent) : QStyledItemDelegate(parent), m_session(session) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    QStyledItemDelegate::paint(painter, option, index);
    const double share = index.data(ChainsModel::kShareRole).toDouble();
    if (share <= 0) return;
    const auto cause = static_cast<Cause>(index.column() - ChainsModel::FirstCause);
    const int wide = static_cast<int>(share * (option.rect.width() - 6) + 0.5);
    painter->fillRect(QRect(option.rect.right() - 3 - wide, option.rect.bottom() - 4, wide, 3),
                      m_session.theme().cause(cause));
  }

 private:
  Session& m_session;
};

}  // namespace

ChainsView::ChainsView(Session& session, QWidget* parent)
    : View(session, parent),
      m_model(new ChainsModel(session.shared(), this)),
      m_filter(new ConditionEdit(session, this)),
      m_problem(new QLabel(this)),
      m_count(new QLabel(this)),
      m_table(new QTableView(this)),
      m_stack(new QStackedWidget(this)),
      m_notice(new Notice(this)),
      m_indexThread(session.newThread(this)),
      m_pageThread(session.newThread(this)) {
  m_problem->setVisible(false);
  m_count->setForegroundRole(QPalette::PlaceholderText);
  m_count->setMinimumWidth(1);
  m_table->setModel(m_model);
  m_table->setItemDelegate(new ShareDelegate(session, this));
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->setShowGrid(false);
  m_table->setAlternatingRowColors(true);
  m_table->setWordWrap(false);
  m_table->setTabKeyNavigation(false);
  m_table->setAccessibleName(tr("Chains"));
  // Rows of one height need no memory per row.
  m_table->verticalHeader()->hide();
  m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 12);
  m_table->horizontalHeader()->setProperty("ordered", true);
  m_table->horizontalHeader()->setHighlightSections(false);
  m_table->horizontalHeader()->setSortIndicatorShown(true);
  m_table->horizontalHeader()->setStretchLastSection(true);
  for (int column = 0; column < ChainsModel::kColumns; ++column) {
    const QString title = m_model->headerData(column, Qt::Horizontal).toString();
    const QString widest = column == ChainsModel::Queue   ? QStringLiteral("virtio0 req0 ")
                           : column == ChainsModel::Start ? QStringLiteral("999.999 999 s ")
                                                          : QStringLiteral("999.9 ms ");
    const int wide =
        std::max(fontMetrics().horizontalAdvance(title) + 34, fontMetrics().horizontalAdvance(widest) + 12);
    m_table->setColumnWidth(column, wide);
  }
  m_stack->addWidget(m_table);
  m_stack->addWidget(m_notice);

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 8);
  layout->setSpacing(4);
  layout->addWidget(m_filter);
  layout->addWidget(m_problem);
  layout->addWidget(m_stack, 1);
  layout->addWidget(m_count);

  connect(m_filter, &ConditionEdit::problemChanged, this, [this](const QString& problem) {
    m_problem->setText(QStringLiteral("⚠ ") + problem);
    m_problem->setVisible(!problem.isEmpty());
  });
  connect(m_table->horizontalHeader(), &QHeaderView::sectionClicked, this, [this](int column) {
    if (const auto order = ChainsModel::orderOfColumn(column))
      orderBy(*order);
    else
      m_table->horizontalHeader()->setSortIndicator(ChainsModel::columnOfOrder(m_order), Qt::DescendingOrder);
  });
  connect(m_model, &ChainsModel::pagesWanted, this, &ChainsView::fetch);
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& current) {
    if (const ChainRecord* record = m_model->record(current.row()); record != nullptr && current.isValid())
      this->session().lookAt(record->key);
  });
  connect(m_table, &QTableView::activated, this, [this](const QModelIndex& index) {
    if (const ChainRecord* record = m_model->record(index.row())) {
      this->session().goTo(record->key);
      emit this->session().viewWanted(QStringLiteral("chain"));
    }
  });
  connect(m_table, &QTableView::clicked, this, [this](const QModelIndex& index) {
    if (const ChainRecord* record = m_model->record(index.row())) {
      this->session().goTo(record->key);
      emit this->session().viewWanted(QStringLiteral("chain"));
    }
  });
  connect(&session, &Session::orderWanted, this,
          [this](int cause) { orderBy(cause < 0 ? ChainOrder::Total : orderOf(static_cast<Cause>(cause))); });
  connect(&session, &Session::selectionChanged, this, [this] {
    if (!this->session().selection().sameChains(m_shown)) refreshWhenSeen();
    followChain();
  });
  connect(&session, &Session::themeChanged, m_table->viewport(), qOverload<>(&QWidget::update));
  m_table->horizontalHeader()->setSortIndicator(ChainsModel::columnOfOrder(m_order), Qt::DescendingOrder);
  refreshWhenSeen();
}

void ChainsView::orderBy(ChainOrder order) {
  const bool changed = order != m_order;
  m_order = order;
  m_table->horizontalHeader()->setSortIndicator(ChainsModel::columnOfOrder(order),
                                                order == ChainOrder::Key ? Qt::AscendingOrder : Qt::DescendingOrder);
  if (changed) refreshWhenSeen();
}

void ChainsView::reload() {
  m_shown = session().selection();
  m_count->setText(tr("looking …"));
  m_indexThread->ask(
      [this, shared = session().shared(), selection = m_shown, order = m_order](const Database& database,
                                                                                const QueryThread::Deliver& deliver) {
        buildChainIndex(database, *shared, selection, order, [&](ChainIndex index) {
          auto snapshot = std::make_shared<const ChainIndex>(std::move(index));
          deliver([this, snapshot] { show(snapshot); });
        });
      },
      [this](const QString& message) {
        m_notice->setText(message);
        m_stack->setCurrentWidget(m_notice);
        m_count->clear();
      });
}

void ChainsView::show(std::shared_ptr<const ChainIndex> index) {
  m_model->setIndex(std::move(index));
  const bool none = m_model->chains()->isComplete() && m_model->rowCount() == 0;
  if (none)
    m_notice->setText(
        all().chains == 0
            ? tr("The captures contain no chain.\nView Health says what they contain.")
            : tr("No chain fits the selection: %1.\nEsc shows everything again.").arg(session().selectionText()));
  m_stack->setCurrentWidget(none ? static_cast<QWidget*>(m_notice) : m_table);
  showCount();
  followChain();
}

void ChainsView::showCount() {
  const auto& index = *m_model->chains();
  const QString matching = countText(std::max(index.matches(), index.count()));
  if (!index.isComplete())
    m_count->setText(tr("%1 chains so far …").arg(countText(index.count())));
  else if (index.matches() > index.count())
    m_count->setText(tr("the slowest %1 of %2 chains").arg(countText(index.count()), matching));
  else
    m_count->setText(tr("%1 of %2 chains").arg(matching, countText(all().chains)));
}

void ChainsView::fetch(const std::vector<std::int64_t>& pages) {
  m_pageThread->ask([this, pages, index = m_model->chains(), shared = session().shared()](
                        const Database& database, const QueryThread::Deliver& deliver) {
    for (const std::int64_t page : pages) {
      auto records = std::make_shared<std::vector<ChainRecord>>(readChainPage(database, *shared, *index, page));
      deliver([this, page, records, index] {
        const auto& shown = *m_model->chains();
        if (shown.order() == index->order() && shown.selection().sameChains(index->selection()))
          m_model->setPage(page, std::move(*records));
        followChain();
      });
    }
  });
}

void ChainsView::followChain() {
  const ChainId chain = session().selection().chain;
  const std::int64_t row = chain.valid() ? m_model->chains()->rowOf(chain).value_or(-1) : -1;
  const QSignalBlocker blocker(m_table->selectionModel());
  if (row < 0 || row >= m_model->rowCount()) {
    if (chain.valid()) m_table->clearSelection();
    m_table->viewport()->update();
    return;
  }
  const QModelIndex index = m_model->index(static_cast<int>(row), 0);
  if (m_table->currentIndex().row() != index.row() || !m_table->selectionModel()->isSelected(index)) {
    m_table->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    m_table->scrollTo(index);
  }
  m_table->viewport()->update();
}

QWidget* ChainsView::focusTarget() {
  return m_table;
}

bool ChainsView::writeCsv(QTextStream& out) {
  out << "queue,epoch,position,begin_ns,total_ns";
  for (const auto name : kCauseNames)
    out << ',' << QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())) << "_ns";
  out << ",flags\n";
  // Rows that were never looked at are read here: who exports waits.
  const Database database = Database::openReadOnly(all().path);
  requireUnchanged(all().path, all().file);
  const auto& index = *m_model->chains();
  for (std::int64_t page = 0; page * ChainIndex::kPage < index.count(); ++page)
    for (const ChainRecord& record : readChainPage(database, all(), index, page)) {
      const QueueInfo* queue = all().queue(record.key.queueId);
      out << csvField(QString::fromStdString(queue != nullptr ? queue->title() : "")) << ',' << record.key.epoch << ','
          << record.key.position << ',' << record.begin << ',';
      if (seen(record.total)) out << record.total;
      for (const Ns ns : record.causes) {
        out << ',';
        if (seen(record.total)) out << ns;
      }
      out << ',' << record.flags << '\n';
    }
  return true;
}

}  // namespace descry::gui
