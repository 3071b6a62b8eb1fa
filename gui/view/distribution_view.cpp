// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/distribution_view.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <cmath>

#include "gui/format.hpp"
#include "gui/view/notice.hpp"
#include "gui/view/plot_style.hpp"

namespace descry::gui {

namespace {
constexpr std::size_t kMostLines = 6;
constexpr int kBucketsPerStep = 4;  // of the 32 per octave: narrower ones would only show noise
}  // namespace

DistributionView::DistributionView(Session& session, QWidget* parent)
    : View(session, parent),
      m_what(new QComboBox(this)),
      m_numbers(new QLabel(this)),
      m_plot(new QCustomPlot(this)),
      m_stack(new QStackedWidget(this)),
      m_notice(new Notice(this)),
      m_thread(session.newThread(this)) {
  m_what->addItem(tr("Latency"), kWholeLatency);
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    m_what->addItem(causeName(static_cast<Cause>(cause)), static_cast<int>(cause));
  m_what->setToolTip(tr("What is counted"));
  m_numbers->setTextFormat(Qt::RichText);
  m_numbers->setMinimumWidth(1);
  m_numbers->setWordWrap(true);
  m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  m_plot->axisRect()->setRangeDrag(Qt::Horizontal);
  m_plot->axisRect()->setRangeZoom(Qt::Horizontal);
  m_plot->xAxis->setScaleType(QCPAxis::stLogarithmic);
  m_plot->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new LogTimeTicker));
  m_plot->yAxis->setLabel(tr("share of chains per step"));
  m_plot->yAxis->setNumberFormat(QStringLiteral("gb"));
  m_plot->yAxis2->setVisible(true);
  m_plot->yAxis2->setLabel(tr("cumulated"));
  m_plot->yAxis2->grid()->setVisible(false);
  m_plot->setAccessibleName(tr("Distribution"));
  m_stack->addWidget(m_plot);
  m_stack->addWidget(m_notice);
  auto* bar = new QHBoxLayout;
  bar->addWidget(m_what);
  bar->addWidget(m_numbers, 1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 8);
  layout->addLayout(bar);
  layout->addWidget(m_stack, 1);
  connect(m_what, &QComboBox::currentIndexChanged, this, &DistributionView::refreshWhenSeen);
  connect(&session, &Session::selectionChanged, this, &DistributionView::refreshWhenSeen);
  connect(&session, &Session::themeChanged, this, &DistributionView::draw);
  connect(m_plot, &QCustomPlot::mouseDoubleClick, this, &DistributionView::draw);
  refreshWhenSeen();
}

void DistributionView::refresh() {
  const int cause = m_what->currentData().toInt();
  m_thread->ask(
      [this, cause, selection = session().selection(), shared = session().shared()](
          const Database& database, const QueryThread::Deliver& deliver) {
        auto found = std::make_shared<const Distribution>(readDistribution(database, *shared, selection, cause));
        deliver([this, found] {
          m_shown = found;
          draw();
        });
      },
      [this](const QString& message) {
        m_notice->setText(message);
        m_stack->setCurrentWidget(m_notice);
      });
}

void DistributionView::draw() {
  if (!m_shown) return;
  const Distribution& shown = *m_shown;
  m_plot->clearGraphs();
  m_plot->clearItems();
  if (shown.all.count == 0 || shown.all.buckets.empty()) {
    m_notice->setText(shown.all.count == 0
                          ? tr("No complete chain fits the selection.")
                          : tr("None of the %1 chains lost time to it.").arg(countText(shown.all.count)));
    m_numbers->clear();
    m_stack->setCurrentWidget(m_notice);
    return;
  }
  m_stack->setCurrentWidget(m_plot);
  stylePlot(*m_plot, theme());
  const std::size_t lines = std::min(kMostLines, shown.queues.size());
  double most = 0;
  for (std::size_t line = 0; line < lines; ++line) {
    const Spread& spread = shown.queues[line];
    std::map<int, std::int64_t> steps;
    for (const auto& [bucket, count] : spread.buckets)
      steps[static_cast<int>(std::floor(static_cast<double>(bucket) / kBucketsPerStep))] += count;
    QVector<double> x, y, cdfX, cdfY;
    double below = static_cast<double>(spread.zeros);
    const auto edge = [](int step) { return std::exp2(step * kBucketsPerStep / 32.0); };
    int previous = steps.empty() ? 0 : steps.begin()->first - 1;
    for (const auto& [step, count] : steps) {
      // Empty steps between are zero, not a slope.
      if (step > previous + 1) {
        x << edge(previous + 1);
        y << 0;
      }
      const double share = static_cast<double>(count) / static_cast<double>(spread.count);
      x << edge(step);
      y << share;
      below += static_cast<double>(count);
      cdfX << edge(step + 1);
      cdfY << below / static_cast<double>(spread.count);
      most = std::max(most, share);
      previous = step;
    }
    x << edge(previous + 1);
    y << 0;
    const QPen pen = linePen(theme(), line);
    QCPGraph* histogram = m_plot->addGraph();
    histogram->setLineStyle(QCPGraph::lsStepLeft);
    histogram->setData(x, y, true);
    histogram->setPen(pen);
    QColor ground = pen.color();
    ground.setAlpha(lines > 3 ? 18 : 40);
    histogram->setBrush(ground);
    histogram->setName(tr("%1 (%2)").arg(QString::fromStdString(spread.name), countText(spread.count)));
    QCPGraph* cumulated = m_plot->addGraph(m_plot->xAxis, m_plot->yAxis2);
    cumulated->setData(cdfX, cdfY, true);
    QPen thin = pen;
    thin.setWidthF(1.1);
    cumulated->setPen(thin);
    cumulated->removeFromLegend();
  }
  m_plot->legend->setVisible(true);
  m_plot->axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignLeft | Qt::AlignTop);
  const double low = std::exp2(shown.all.buckets.begin()->first / 32.0),
               high = std::exp2((shown.all.buckets.rbegin()->first + 1) / 32.0);
  m_plot->xAxis->setRange(low / 1.3, high * 1.3);
  m_plot->yAxis->setRange(0, most * 1.25);
  m_plot->yAxis2->setRange(0, 1.05);
  drawCursors();
  m_plot->replot();
}

/// p50, p99 and p99.9 of all chains together.
void DistributionView::drawCursors() {
  const Spread& all = m_shown->all;
  QStringList numbers;
  int line = 0;
  for (const auto& [name, ns] : {std::pair{QStringLiteral("p50"), all.p50},
                                 {QStringLiteral("p99"), all.p99},
                                 {QStringLiteral("p99.9"), all.p999}}) {
    numbers << QStringLiteral("%1 <b>%2</b>").arg(name, timeText(ns));
    if (ns <= 0) continue;
    auto* cursor = new QCPItemStraightLine(m_plot);
    cursor->setPen(QPen(theme().text, 1, Qt::DashLine));
    cursor->point1->setCoords(static_cast<double>(ns), 0);
    cursor->point2->setCoords(static_cast<double>(ns), 1);
    auto* label = new QCPItemText(m_plot);
    label->setText(name);
    label->setFont(font());
    label->setColor(theme().text);
    QColor ground = theme().base;
    ground.setAlpha(210);
    label->setBrush(ground);
    label->setPadding(QMargins(3, 1, 3, 1));
    // At the right end there is no room beyond the line.
    const bool last = m_plot->xAxis->coordToPixel(static_cast<double>(ns)) > m_plot->axisRect()->right() - 60;
    label->setPositionAlignment((last ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
    label->position->setTypeX(QCPItemPosition::ptPlotCoords);
    label->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    label->position->setCoords(static_cast<double>(ns), 0.42 + 0.07 * line++);
  }
  const QString exact = all.exact ? tr("exact") : tr("from a histogram, at most 1.1 % off");
  m_numbers->setText(tr("%1 chains; %2; max <b>%3</b> (%4)")
                         .arg(countText(all.count), numbers.join(QStringLiteral(", ")), timeText(all.max), exact));
}

bool DistributionView::writeCsv(QTextStream& out) {
  out << "queue,from_ns,to_ns,chains\n";
  if (!m_shown) return true;
  for (const Spread& spread : m_shown->queues) {
    const QString name = csvField(QString::fromStdString(spread.name));
    if (spread.zeros > 0) out << name << ",0,0," << spread.zeros << '\n';
    for (const auto& [bucket, count] : spread.buckets)
      out << name << ',' << std::exp2(bucket / 32.0) << ',' << std::exp2((bucket + 1) / 32.0) << ',' << count << '\n';
  }
  return true;
}

}  // namespace descry::gui
