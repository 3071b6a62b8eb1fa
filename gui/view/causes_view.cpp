// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/causes_view.hpp"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QVBoxLayout>

#include "gui/style/format.hpp"

namespace descry::gui {

namespace {

enum Column { kName, kShare, kTime, kChains, kMean, kColumns };

class SwatchDelegate : public QStyledItemDelegate {
 public:
  SwatchDelegate(Session& session, const std::shared_ptr<const CauseShares>& shown, QObject* parent)
      : QStyledItemDelegate(parent), m_session(session), m_shown(shown) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    QStyledItemDelegate::paint(painter, option, index);
    const auto cause = static_cast<Cause>(index.row());
    const QRectF cell = QRectF(option.rect).adjusted(6, 6, -6, -6);
    if (index.column() == kName) fillFramed(*painter, QRectF(cell.left(), cell.top(), 22, cell.height()), cause);
    if (index.column() != kShare || !m_shown || m_shown->total <= 0) return;
    const double share = static_cast<double>(m_shown->causes[static_cast<std::size_t>(index.row())]) /
                         static_cast<double>(m_shown->total);
    if (share > 0)
      fillFramed(*painter, QRectF(cell.left(), cell.top(), (cell.width() - 60) * share, cell.height()), cause);
    painter->setPen(option.state.testFlag(QStyle::State_Selected) ? m_session.theme().accentText
                                                                  : m_session.theme().text);
    painter->drawText(cell, Qt::AlignRight | Qt::AlignVCenter, percentText(share));
  }

 private:
  /// The frame keeps a colour off the highlight of its row, which may be nearly the same.
  void fillFramed(QPainter& painter, const QRectF& rect, Cause cause) const {
    painter.fillRect(rect.adjusted(-1, -1, 1, 1), m_session.theme().base);
    m_session.theme().fill(painter, rect, cause);
  }

  Session& m_session;
  const std::shared_ptr<const CauseShares>& m_shown;
};

}  // namespace

CausesView::CausesView(Session& session, QWidget* parent)
    : View(session, parent),
      m_heading(new QLabel(this)),
      m_table(new QTableWidget(static_cast<int>(kCauses), kColumns, this)),
      m_meaning(new QLabel(this)),
      m_sql(new QPlainTextEdit(this)),
      m_thread(session.newThread(this)) {
  m_heading->setWordWrap(true);
  m_table->setHorizontalHeaderLabels(
      {tr("Cause"), tr("Share of latency"), tr("Time"), tr("Chains with it"), tr("Mean of these")});
  m_table->verticalHeader()->hide();
  m_table->horizontalHeader()->setHighlightSections(false);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  m_table->setShowGrid(false);
  m_table->setTabKeyNavigation(false);
  m_table->setItemDelegate(new SwatchDelegate(session, m_shown, this));
  m_table->setAccessibleName(tr("Causes"));
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  m_table->horizontalHeader()->setSectionResizeMode(kShare, QHeaderView::Stretch);
  m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 14);
  m_table->setFixedHeight(static_cast<int>(kCauses) * (fontMetrics().height() + 14) +
                          m_table->horizontalHeader()->sizeHint().height() + 4);
  for (int row = 0; row < static_cast<int>(kCauses); ++row) {
    for (int column = 0; column < kColumns; ++column) m_table->setItem(row, column, new QTableWidgetItem);
    m_table->item(row, kName)->setText(QStringLiteral("        ") + causeName(static_cast<Cause>(row)));
    m_table->item(row, kName)->setToolTip(causeMeaning(static_cast<Cause>(row)));
  }
  m_meaning->setWordWrap(true);
  m_meaning->setTextFormat(Qt::RichText);
  m_meaning->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_sql->setReadOnly(true);
  m_sql->setAccessibleName(tr("The SQL behind the number"));
  m_sql->setMaximumHeight(fontMetrics().height() * 7);
  m_sql->setTabChangesFocus(true);
  auto* chains = new QPushButton(tr("Show its chains"), this);
  chains->setToolTip(tr("Only the chains that lost time to it, the slowest first"));
  connect(chains, &QPushButton::clicked, this, [this] {
    const int cause = std::max(0, m_table->currentRow());
    Selection selection = this->session().selection();
    selection.causes = 1U << cause;
    emit this->session().orderWanted(cause);
    this->session().select(selection);
    emit this->session().viewWanted(QStringLiteral("chains"));
  });
  auto* buttons = new QHBoxLayout;
  buttons->addWidget(chains);
  buttons->addStretch(1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 8);
  layout->addWidget(m_heading);
  layout->addWidget(m_table);
  layout->addWidget(m_meaning);
  layout->addWidget(m_sql);
  layout->addLayout(buttons);
  layout->addStretch(1);
  connect(m_table, &QTableWidget::currentCellChanged, this, &CausesView::explain);
  connect(&session, &Session::selectionChanged, this, &CausesView::refreshWhenSeen);
  connect(&session, &Session::themeChanged, m_table->viewport(), qOverload<>(&QWidget::update));
  std::size_t worst = 0;
  session.all().worst(worst);
  m_table->setCurrentCell(static_cast<int>(worst), 0);
  refreshWhenSeen();
}

void CausesView::refresh() {
  // What narrows to a cause would make its own share meaningless.
  Selection selection = session().selection();
  m_thread->ask(
      [this, selection, shared = session().shared()](const Database& database, const QueryThread::Deliver& deliver) {
        auto found = std::make_shared<const CauseShares>(readCauseShares(database, *shared, selection));
        deliver([this, found] {
          m_shown = found;
          draw();
        });
      },
      [this](const QString& message) { m_heading->setText(message); });
}

void CausesView::draw() {
  m_heading->setText(m_shown->chains == 0
                         ? tr("No complete chain fits the selection: %1.").arg(session().selectionText())
                         : tr("<b>%1</b> of latency in %2 complete chains (%3).")
                               .arg(timeText(m_shown->total), countText(m_shown->chains), session().selectionText()));
  for (int row = 0; row < static_cast<int>(kCauses); ++row) {
    const auto cause = static_cast<std::size_t>(row);
    const Ns time = m_shown->causes[cause];
    const std::int64_t touched = m_shown->touched[cause];
    const auto right = Qt::AlignRight | Qt::AlignVCenter;
    for (const int column : {int{kTime}, int{kChains}, int{kMean}}) m_table->item(row, column)->setTextAlignment(right);
    m_table->item(row, kTime)->setText(time > 0 ? timeText(time) : QStringLiteral("-"));
    m_table->item(row, kTime)->setToolTip(exactTimeText(time));
    m_table->item(row, kChains)->setText(countText(touched));
    m_table->item(row, kMean)->setText(touched > 0 ? timeText(time / touched) : QStringLiteral("-"));
  }
  m_table->viewport()->update();
  explain();
}

std::string CausesView::sql(std::size_t cause) const {
  std::string condition;
  try {
    condition = selectionSql(all(), session().selection());
  } catch (const std::exception&) {
    condition = "complete";
  }
  const std::string column = std::string(kCauseNames[cause]) + "_ns";
  // Chains beside whole lives are part of no sum.
  std::string summed = "queue_id IN (SELECT queue_id FROM cause_total WHERE level = 'queue')";
  return "SELECT sum(" + column + ") AS " + column + ", sum(total_ns) AS total_ns,\n  1.0 * sum(" + column +
         ") / sum(total_ns) AS share\nFROM chain_view\nWHERE " + condition + "\n  AND " + summed + ";";
}

void CausesView::explain() {
  const int row = std::max(0, m_table->currentRow());
  const auto cause = static_cast<Cause>(row);
  QString text =
      QStringLiteral("<p><b>%1.</b> %2</p><p>%3</p>").arg(causeName(cause), causeMeaning(cause), causeRule(cause));
  if (cause == Cause::Iotlb && m_shown && m_shown->induced > 0)
    text += tr("<p>%1 of it was spent waiting for the misses of other chains.</p>").arg(timeText(m_shown->induced));
  m_meaning->setText(text);
  m_sql->setPlainText(QString::fromStdString(sql(static_cast<std::size_t>(row))));
}

QWidget* CausesView::focusTarget() {
  return m_table;
}

bool CausesView::writeCsv(QTextStream& out) {
  out << "cause,total_ns,share,chains\n";
  if (!m_shown) return true;
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    out << QString::fromUtf8(kCauseNames[cause].data(), static_cast<qsizetype>(kCauseNames[cause].size())) << ','
        << m_shown->causes[cause] << ','
        << (m_shown->total > 0 ? static_cast<double>(m_shown->causes[cause]) / static_cast<double>(m_shown->total)
                               : 0.0)
        << ',' << m_shown->touched[cause] << '\n';
  return true;
}

}  // namespace descry::gui
