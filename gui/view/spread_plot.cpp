// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/spread_plot.hpp"

#include <QToolTip>
#include <cmath>

#include "gui/style/format.hpp"
#include "gui/view/plot_style.hpp"

namespace descry::gui {

namespace {

constexpr int kBucketsPerStep = 4;  // of the 32 per octave: narrower ones would only show noise

int stepOf(int bucket) {
  return Histogram::joined(bucket, kBucketsPerStep);
}

double edgeOf(int step) {
  return Histogram::edgeOf(step * kBucketsPerStep);
}

/// Visits the buckets apart from that of 0 ns, which has no place on a logarithmic axis.
template <typename Visit>
void forEachBucket(const Spread& spread, Visit&& visit) {
  spread.histogram.forEach([&](int bucket, std::uint64_t count) {
    if (bucket != Histogram::kZeroBucket) visit(bucket, static_cast<std::int64_t>(count));
  });
}

}  // namespace

SpreadPlot::SpreadPlot(QWidget* parent) : QCustomPlot(parent) {
  setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  setMouseTracking(true);
  axisRect()->setRangeDrag(Qt::Horizontal);
  axisRect()->setRangeZoom(Qt::Horizontal);
  xAxis->setScaleType(QCPAxis::stLogarithmic);
  xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new LogTimeTicker));
  yAxis->setNumberFormat(QStringLiteral("gb"));
  yAxis2->setVisible(true);
  yAxis2->grid()->setVisible(false);
  connect(this, &QCustomPlot::mouseDoubleClick, this, &SpreadPlot::showEverything);
}

double SpreadPlot::add(const Spread& spread, const QPen& pen, int alpha) {
  std::map<int, std::int64_t> steps;
  forEachBucket(spread, [&](int bucket, std::int64_t count) { steps[stepOf(bucket)] += count; });
  QVector<double> x, y, cdfX, cdfY;
  double below = static_cast<double>(spread.histogram.zeros()), most = 0;
  int previous = steps.empty() ? 0 : steps.begin()->first - 1;
  for (const auto& [step, count] : steps) {
    // Empty steps between are zero, not a slope.
    if (step > previous + 1) {
      x << edgeOf(previous + 1);
      y << 0;
    }
    const double share = static_cast<double>(count) / static_cast<double>(spread.count());
    x << edgeOf(step);
    y << share;
    below += static_cast<double>(count);
    cdfX << edgeOf(step + 1);
    cdfY << below / static_cast<double>(spread.count());
    most = std::max(most, share);
    previous = step;
  }
  x << edgeOf(previous + 1);
  y << 0;
  QCPGraph* histogram = addGraph();
  histogram->setLineStyle(QCPGraph::lsStepLeft);
  histogram->setData(x, y, true);
  histogram->setPen(pen);
  QColor ground = pen.color();
  ground.setAlpha(alpha);
  histogram->setBrush(ground);
  histogram->setName(tr("%1 (%2)").arg(QString::fromStdString(spread.name), countText(spread.count())));
  QCPGraph* cumulated = addGraph(xAxis, yAxis2);
  cumulated->setData(cdfX, cdfY, true);
  QPen thin = pen;
  thin.setWidthF(1.1);
  cumulated->setPen(thin);
  cumulated->removeFromLegend();
  return most;
}

void SpreadPlot::setSpreads(std::vector<Spread> spreads, const Theme& theme) {
  m_spreads = std::move(spreads);
  m_ground = theme.base;
  clearGraphs();
  clearItems();
  stylePlot(*this, theme);
  m_most = 0;
  for (std::size_t line = 0; line < m_spreads.size(); ++line)
    m_most = std::max(m_most, add(m_spreads[line], linePen(theme, line), m_spreads.size() > 3 ? 18 : 40));
  legend->setVisible(true);
  axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignLeft | Qt::AlignTop);
  yAxis2->setRange(0, 1.05);
  keepBelowLegend();
  showEverything();
}

/// Latencies are most where the legend is, at the left.
void SpreadPlot::keepBelowLegend() {
  const double high = axisRect()->height(), legendHigh = legend->minimumOuterSizeHint().height() + 20.0;
  const double room = high > 2 * legendHigh ? high / (high - legendHigh) : 2;
  yAxis->setRange(0, m_most > 0 ? m_most * std::max(room, 1.25) : 1);
}

void SpreadPlot::showEverything() {
  bool any = false;
  int first = 0, last = 0;
  for (const Spread& spread : m_spreads) {
    forEachBucket(spread, [&](int bucket, std::int64_t) {
      first = any ? std::min(first, bucket) : bucket;
      last = any ? std::max(last, bucket) : bucket;
      any = true;
    });
  }
  if (any) xAxis->setRange(Histogram::edgeOf(first) / 1.3, Histogram::edgeOf(last + 1) * 1.5);
  replot();
}

void SpreadPlot::addCursor(const QString& name, Ns ns, const QColor& colour, int row, Qt::Alignment side) {
  auto* cursor = new QCPItemStraightLine(this);
  cursor->setPen(QPen(colour, 1, Qt::DashLine));
  cursor->point1->setCoords(static_cast<double>(ns), 0);
  cursor->point2->setCoords(static_cast<double>(ns), 1);
  auto* label = new QCPItemText(this);
  label->setText(name);
  label->setFont(font());
  label->setColor(colour);
  QColor ground = m_ground;
  ground.setAlpha(210);
  label->setBrush(ground);
  label->setPadding(QMargins(3, 1, 3, 1));
  const double at = xAxis->coordToPixel(static_cast<double>(ns)),
               wide = QFontMetrics(font()).horizontalAdvance(name) + 8;
  const bool fitsRight = at + wide <= axisRect()->right(), fitsLeft = at - wide >= axisRect()->left();
  const bool right = side == Qt::AlignRight ? fitsRight || !fitsLeft : !fitsLeft && fitsRight;
  label->setPositionAlignment((right ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignTop);
  label->position->setTypeX(QCPItemPosition::ptPlotCoords);
  label->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
  label->position->setCoords(static_cast<double>(ns), 0.42 + 0.07 * row);
}

QString SpreadPlot::textAt(double ns) const {
  if (ns < 1) return {};
  const int step = stepOf(Histogram::bucketOf(static_cast<Ns>(std::ceil(ns))));
  QStringList lines = {tr("At most %1:").arg(bothTimeText(static_cast<Ns>(edgeOf(step + 1))))};
  for (const Spread& spread : m_spreads) {
    auto below = static_cast<std::int64_t>(spread.histogram.zeros());
    std::int64_t inside = 0;
    forEachBucket(spread, [&](int bucket, std::int64_t count) {
      if (stepOf(bucket) <= step) below += count;
      if (stepOf(bucket) == step) inside += count;
    });
    lines << tr("%1: %L2 of %L3 chains (%4 %), %L5 of them in this step")
                 .arg(QString::fromStdString(spread.name))
                 .arg(below)
                 .arg(spread.count())
                 .arg(100.0 * static_cast<double>(below) /
                          static_cast<double>(std::max<std::int64_t>(1, spread.count())),
                      0, 'f', 2)
                 .arg(inside);
  }
  return lines.join(QLatin1Char('\n'));
}

void SpreadPlot::resizeEvent(QResizeEvent* event) {
  constexpr int kRoomForLabels = 230;
  const bool labelled = height() >= kRoomForLabels;
  yAxis->setLabel(labelled ? tr("share of chains per step") : QString());
  yAxis2->setLabel(labelled ? tr("cumulated") : QString());
  QCustomPlot::resizeEvent(event);
  if (m_spreads.empty()) return;
  keepBelowLegend();
  replot(rpQueuedReplot);
}

void SpreadPlot::mousePressEvent(QMouseEvent* event) {
  // As in the timeline: with Ctrl a rectangle is drawn, and becomes what is shown.
  setSelectionRectMode((event->modifiers() & Qt::ControlModifier) != 0 ? QCP::srmZoom : QCP::srmNone);
  QCustomPlot::mousePressEvent(event);
}

void SpreadPlot::mouseMoveEvent(QMouseEvent* event) {
  QCustomPlot::mouseMoveEvent(event);
  if (event->buttons() != Qt::NoButton || m_spreads.empty()) return;
  if (axisRect()->rect().contains(event->pos()))
    QToolTip::showText(event->globalPosition().toPoint(), textAt(xAxis->pixelToCoord(event->position().x())), this);
  else
    QToolTip::hideText();
}

}  // namespace descry::gui
