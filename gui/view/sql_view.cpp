// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/sql_view.hpp"

#include <QComboBox>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "gui/style/format.hpp"
#include "gui/view/plot_style.hpp"
#include "gui/view/result_table.hpp"

namespace descry::gui {

SqlView::SqlView(Session& session, QWidget* parent)
    : View(session, parent),
      m_text(new QPlainTextEdit(this)),
      m_message(new QLabel(this)),
      m_stop(new QPushButton(tr("Stop"), this)),
      m_as(new QComboBox(this)),
      m_table(new ResultTable(this)),
      m_chart(new QCustomPlot(this)),
      m_stack(new QStackedWidget(this)),
      m_views(new QTreeWidget(this)),
      m_thread(session.newThread(this)) {
  connect(&session, &Session::sqlWanted, this, &SqlView::ask);
  m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  m_text->setTabChangesFocus(true);
  m_text->setAccessibleName(tr("SQL"));
  m_text->setPlainText(
      QStringLiteral("SELECT transport, device, queue_name, cause, chains, round(100 * share, 1) AS percent, p99_ns\n"
                     "FROM cause_view WHERE share > 0 ORDER BY total_ns DESC"));
  m_message->setWordWrap(true);
  m_message->setMinimumWidth(1);
  m_message->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_as->addItems({tr("Table"), tr("Chart")});
  m_as->setToolTip(tr("A chart draws the first column across and the other numbers up"));
  m_table->setAccessibleName(tr("Answer"));
  m_chart->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  m_chart->setAccessibleName(tr("Answer as a chart"));
  m_stack->addWidget(m_table);
  m_stack->addWidget(m_chart);
  auto* run = new QPushButton(tr("&Run"), this);
  run->setToolTip(tr("Run the statement (Ctrl+Enter)"));
  m_stop->setToolTip(tr("Stop the statement (Ctrl+.)"));
  m_stop->setShortcut(QKeySequence(QStringLiteral("Ctrl+.")));
  connect(run, &QPushButton::clicked, this, &SqlView::run);
  connect(m_stop, &QPushButton::clicked, this, [this] {
    m_thread->cancel();
    m_message->setText(tr("stopped"));
    m_stop->setEnabled(false);
  });
  connect(m_thread, &QueryThread::answered, m_stop, [this] { m_stop->setEnabled(false); });
  for (const char* keys : {"Ctrl+Return", "Ctrl+Enter"}) {
    auto* shortcut = new QShortcut(QKeySequence(QString::fromUtf8(keys)), this);
    shortcut->setContext(Qt::WidgetWithChildrenShortcut);
    connect(shortcut, &QShortcut::activated, this, &SqlView::run);
  }
  connect(m_as, &QComboBox::currentIndexChanged, this, [this](int as) {
    m_stack->setCurrentIndex(as);
    drawChart();
  });
  connect(&session, &Session::themeChanged, this, &SqlView::drawChart);
  fillViews();

  auto* bar = new QHBoxLayout;
  bar->addWidget(run);
  bar->addWidget(m_stop);
  bar->addWidget(m_message, 1);
  bar->addWidget(m_as);
  auto* left = new QSplitter(Qt::Vertical, this);
  auto* upper = new QWidget(left);
  auto* upperLayout = new QVBoxLayout(upper);
  upperLayout->setContentsMargins(0, 0, 0, 0);
  upperLayout->addWidget(m_text);
  upperLayout->addLayout(bar);
  left->addWidget(upper);
  left->addWidget(m_stack);
  left->setStretchFactor(0, 2);
  left->setStretchFactor(1, 3);
  auto* split = new QSplitter(Qt::Horizontal, this);
  split->addWidget(left);
  split->addWidget(m_views);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 1);
  split->setSizes({600, 220});
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 8);
  layout->addWidget(split);
  this->run();
}

void SqlView::fillViews() {
  m_views->setHeaderLabels({tr("Public views")});
  m_views->setAccessibleName(tr("Public views"));
  m_views->setToolTip(tr("Double-click puts the name into the statement"));
  for (const PublicView& view : publicViews()) {
    auto* item = new QTreeWidgetItem(m_views, {QString::fromStdString(view.name)});
    item->setToolTip(0, QString::fromStdString(view.purpose));
    for (const auto& [name, meaning] : view.columns) {
      auto* column = new QTreeWidgetItem(item, {QString::fromStdString(name)});
      column->setToolTip(0, QString::fromStdString(meaning));
    }
  }
  connect(m_views, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) {
    m_text->insertPlainText(item->text(0));
    m_text->setFocus();
  });
}

void SqlView::ask(const QString& text) {
  m_text->setPlainText(text);
  run();
}

void SqlView::run() {
  const std::string text = m_text->toPlainText().toStdString();
  m_message->setText(tr("running …"));
  m_stop->setEnabled(true);
  m_text->setExtraSelections({});
  m_thread->ask(
      [this, text](const Database& database, const QueryThread::Deliver& deliver) {
        auto result = std::make_shared<const SqlResult>(runSql(database, text));
        deliver([this, result] { show(result); });
      },
      [this](const QString& message) { m_message->setText(message); });
}

void SqlView::show(std::shared_ptr<const SqlResult> result) {
  m_shown = std::move(result);
  if (!m_shown->error.empty()) {
    m_message->setText(QStringLiteral("⚠ ") + QString::fromStdString(m_shown->error));
    return markError();
  }
  const QString count = countText(static_cast<std::int64_t>(m_shown->rows.size()));
  m_message->setText(m_shown->cut
                         ? tr("the first %1 rows, %2 ms").arg(count, QString::number(m_shown->milliseconds, 'f', 1))
                         : tr("%1 rows, %2 ms").arg(count, QString::number(m_shown->milliseconds, 'f', 1)));
  m_table->show(m_shown);
  drawChart();
}

void SqlView::markError() {
  if (m_shown->errorAt < 0) return;
  const std::string text = m_text->toPlainText().toStdString();
  QTextCursor cursor(m_text->document());
  cursor.setPosition(
      static_cast<int>(QString::fromStdString(text.substr(0, static_cast<std::size_t>(m_shown->errorAt))).size()));
  cursor.movePosition(QTextCursor::EndOfWord, QTextCursor::KeepAnchor);
  QTextEdit::ExtraSelection mark;
  mark.cursor = cursor;
  mark.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
  mark.format.setUnderlineColor(theme().error);
  m_text->setExtraSelections({mark});
}

void SqlView::drawChart() {
  if (m_as->currentIndex() != 1 || !m_shown) return;
  const auto number = [](const SqlValue& value) -> std::optional<double> {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
  };
  m_chart->clearPlottables();
  stylePlot(*m_chart, theme());
  const bool acrossNumbers = !m_shown->rows.empty() && number(m_shown->rows.front().front()).has_value();
  QSharedPointer<QCPAxisTickerText> words(new QCPAxisTickerText);
  std::size_t line = 0;
  for (std::size_t column = acrossNumbers ? 1 : 0; column < m_shown->columns.size(); ++column) {
    QVector<double> x, y;
    for (std::size_t row = 0; row < m_shown->rows.size(); ++row) {
      const auto value = number(m_shown->rows[row][column]);
      if (!value) continue;
      x << (acrossNumbers ? number(m_shown->rows[row].front()).value_or(0) : static_cast<double>(row));
      y << *value;
    }
    if (x.isEmpty()) continue;
    const QPen pen = linePen(theme(), line++);
    const QString name = QString::fromStdString(m_shown->columns[column]);
    if (acrossNumbers) {
      QCPGraph* graph = m_chart->addGraph();
      graph->setData(x, y);
      graph->setPen(pen);
      graph->setName(name);
    } else {
      auto* bars = new QCPBars(m_chart->xAxis, m_chart->yAxis);
      bars->setData(x, y);
      bars->setPen(pen);
      bars->setBrush(pen.color());
      bars->setName(name);
      break;  // bars of different units would hide each other
    }
  }
  if (!acrossNumbers)
    for (std::size_t row = 0; row < std::min<std::size_t>(40, m_shown->rows.size()); ++row) {
      const auto* text = std::get_if<std::string>(&m_shown->rows[row].front());
      words->addTick(static_cast<double>(row), text != nullptr ? QString::fromStdString(*text) : QString());
    }
  m_chart->xAxis->setTicker(acrossNumbers ? QSharedPointer<QCPAxisTicker>(new QCPAxisTicker) : words);
  m_chart->xAxis->setLabel(m_shown->columns.empty() ? QString() : QString::fromStdString(m_shown->columns.front()));
  m_chart->legend->setVisible(line > 0);
  m_chart->rescaleAxes();
  m_chart->replot();
}

QWidget* SqlView::focusTarget() {
  return m_text;
}

bool SqlView::writeCsv(QTextStream& out) {
  m_table->writeCsv(out);
  return true;
}

}  // namespace descry::gui
