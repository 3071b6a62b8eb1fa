// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/heatmap_view.hpp"

#include <QLabel>
#include <QVBoxLayout>
#include <cmath>

#include "gui/style/format.hpp"
#include "gui/view/plot_style.hpp"

namespace descry::gui {

namespace {

/// From the ground to bright, in even steps of lightness: readable without seeing colours (after cividis).
QCPColorGradient gradient(const Theme& theme) {
  QCPColorGradient result;
  result.clearColorStops();
  if (theme.isDark) {
    result.setColorStopAt(0, QColor(0x2c, 0x4f, 0x8c));
    result.setColorStopAt(0.5, QColor(0x7c, 0x7b, 0x78));
    result.setColorStopAt(1, QColor(0xff, 0xea, 0x46));
  } else {
    result.setColorStopAt(0, QColor(0xe3, 0xe6, 0xd0));
    result.setColorStopAt(0.5, QColor(0x6f, 0x8a, 0xa6));
    result.setColorStopAt(1, QColor(0x00, 0x1d, 0x4f));
  }
  result.setNanHandling(QCPColorGradient::nhTransparent);
  return result;
}

}  // namespace

HeatmapView::HeatmapView(Session& session, QWidget* parent)
    : View(session, parent),
      m_text(new QLabel(this)),
      m_plot(new QCustomPlot(this)),
      m_thread(session.newThread(this)) {
  m_map = new QCPColorMap(m_plot->xAxis, m_plot->yAxis);
  m_map->setInterpolate(false);
  m_map->setTightBoundary(true);
  m_chosen = new QCPItemRect(m_plot);
  m_chosen->setVisible(false);
  m_plot->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new AxisTimeTicker));
  // The bands are even steps of the logarithm: the axis counts in log2 and says it as times.
  class BandTicker : public QCPAxisTicker {
   protected:
    double getTickStep(const QCPRange& range) override {
      return range.size() > 12 ? 3.321928094887362 : 1.6609640474436813;
    }
    QString getTickLabel(double tick, const QLocale&, QChar, int) override {
      const double ns = std::exp2(tick);
      return QString(timeText(static_cast<Ns>(std::llround(ns))))
          .replace(QStringLiteral(".00 "), QStringLiteral(" "))
          .replace(QStringLiteral(".0 "), QStringLiteral(" "));
    }
  };
  m_plot->yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new BandTicker));
  m_plot->yAxis->setLabel(tr("latency"));
  m_plot->setSelectionRectMode(QCP::srmCustom);
  m_plot->setAccessibleName(tr("Heatmap of latency by time"));
  m_plot->setToolTip(tr("Draw a rectangle to look only at its chains. Esc shows everything again."));
  m_text->setForegroundRole(QPalette::PlaceholderText);
  m_text->setMinimumWidth(1);
  connect(m_plot->selectionRect(), &QCPSelectionRect::accepted, this, &HeatmapView::brush);
  connect(&session, &Session::selectionChanged, this, [this] {
    showSelection();
    refreshWhenSeen();
  });
  connect(&session, &Session::themeChanged, this, &HeatmapView::draw);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 8);
  layout->addWidget(m_plot, 1);
  layout->addWidget(m_text);
  refreshWhenSeen();
}

void HeatmapView::resizeEvent(QResizeEvent* event) {
  View::resizeEvent(event);
  refreshWhenSeen();
}

void HeatmapView::refresh() {
  constexpr int kPixelsPerColumn = 3;
  const int columns = std::clamp(m_plot->width() / kPixelsPerColumn, 40, 800);
  // The whole stays in sight: the selection is a frame in it.
  Selection selection = session().selection();
  selection.time.reset();
  selection.latency.reset();
  m_thread->ask(
      [this, columns, selection, shared = session().shared()](const Database& database,
                                                              const QueryThread::Deliver& deliver) {
        auto found = std::make_shared<const Heatmap>(
            readHeatmap(database, *shared, selection, heatmapRange(*shared, selection), columns));
        deliver([this, found] {
          m_shown = found;
          draw();
        });
      },
      [this](const QString& message) { m_text->setText(message); });
}

void HeatmapView::draw() {
  stylePlot(*m_plot, theme());
  m_plot->xAxis->grid()->setVisible(false);
  m_plot->yAxis->grid()->setVisible(false);
  if (!m_shown) return m_plot->replot();
  const Heatmap& shown = *m_shown;
  m_map->data()->setSize(shown.columns, shown.bands);
  const double step = static_cast<double>(shown.step);
  const auto begin = static_cast<double>(shown.range.begin);
  const double low = shown.firstBand / 4.0;
  m_map->data()->setRange(QCPRange(begin + step / 2, begin + step * (shown.columns - 0.5)),
                          QCPRange(low + 0.125, low + (shown.bands - 0.5) / 4.0));
  for (int column = 0; column < shown.columns; ++column)
    for (int band = 0; band < shown.bands; ++band) {
      const double count = shown.counts[static_cast<std::size_t>(column) * static_cast<std::size_t>(shown.bands) +
                                        static_cast<std::size_t>(band)];
      m_map->data()->setCell(column, band, count > 0 ? std::log2(1 + count) : std::numeric_limits<double>::quiet_NaN());
    }
  m_map->setGradient(gradient(theme()));
  m_map->setDataRange(QCPRange(0, std::max(1.0, std::log2(1 + shown.most))));
  m_plot->xAxis->setRange(begin, begin + step * shown.columns);
  m_plot->yAxis->setRange(low, low + shown.bands / 4.0);
  m_text->setText(shown.chains == 0
                      ? tr("No complete chain fits the selection.")
                      : tr("%1 chains; the fullest cell holds %2 in %3")
                            .arg(countText(shown.chains), countText(static_cast<std::int64_t>(shown.most + 0.5)),
                                 timeText(shown.step)));
  showSelection();
  m_plot->replot();
}

void HeatmapView::showSelection() {
  const Selection& selection = session().selection();
  m_chosen->setVisible(selection.time || selection.latency);
  if (!selection.time && !selection.latency) return m_plot->replot();
  const QCPRange x =
      selection.time ? QCPRange(static_cast<double>(selection.time->begin), static_cast<double>(selection.time->end))
                     : m_plot->xAxis->range();
  const QCPRange y = selection.latency
                         ? QCPRange(std::log2(std::max<double>(1, static_cast<double>(selection.latency->begin))),
                                    std::log2(std::max<double>(2, static_cast<double>(selection.latency->end))))
                         : m_plot->yAxis->range();
  m_chosen->topLeft->setCoords(x.lower, y.upper);
  m_chosen->bottomRight->setCoords(x.upper, y.lower);
  m_chosen->setPen(QPen(theme().accent, 2));
  m_chosen->setBrush(Qt::NoBrush);
  m_plot->replot();
}

void HeatmapView::brush(const QRect& rect, QMouseEvent*) {
  constexpr int kLeast = 4;
  if (rect.width() < kLeast && rect.height() < kLeast) return;
  Selection selection = session().selection();
  const auto x = [&](int pixel) { return static_cast<Ns>(m_plot->xAxis->pixelToCoord(pixel)); };
  const auto y = [&](int pixel) { return static_cast<Ns>(std::exp2(m_plot->yAxis->pixelToCoord(pixel))); };
  selection.time = TimeRange{x(rect.left()), std::max(x(rect.right()), x(rect.left()) + 1)};
  selection.latency = TimeRange{y(rect.bottom()), std::max(y(rect.top()), y(rect.bottom()) + 1)};
  this->session().select(selection);
  emit this->session().timeWanted(*selection.time);
}

bool HeatmapView::writeCsv(QTextStream& out) {
  out << "begin_ns,from_ns,to_ns,chains\n";
  if (!m_shown) return true;
  for (int column = 0; column < m_shown->columns; ++column)
    for (int band = 0; band < m_shown->bands; ++band) {
      const double count = m_shown->counts[static_cast<std::size_t>(column) * static_cast<std::size_t>(m_shown->bands) +
                                           static_cast<std::size_t>(band)];
      if (count > 0)
        out << m_shown->range.begin + column * m_shown->step << ',' << std::exp2((m_shown->firstBand + band) / 4.0)
            << ',' << std::exp2((m_shown->firstBand + band + 1) / 4.0) << ',' << count << '\n';
    }
  return true;
}

}  // namespace descry::gui
