// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/plot_style.hpp"

#include <array>

#include "gui/style/format.hpp"

namespace descry::gui {

void stylePlot(QCustomPlot& plot, const Theme& theme) {
  plot.setBackground(QBrush(theme.base));
  for (QCPAxisRect* rect : plot.axisRects()) {
    for (QCPAxis* axis : rect->axes()) {
      axis->setBasePen(QPen(theme.faint));
      axis->setTickPen(QPen(theme.faint));
      axis->setSubTickPen(QPen(theme.grid));
      axis->setTickLabelColor(theme.faint);
      axis->setLabelColor(theme.faint);
      axis->setTickLabelFont(plot.font());
      axis->setLabelFont(plot.font());
      axis->grid()->setPen(QPen(theme.grid, 1));
      axis->grid()->setSubGridVisible(false);
      axis->grid()->setZeroLinePen(QPen(theme.grid, 1));
    }
  }
  if (plot.legend != nullptr) {
    QColor ground = theme.base;
    ground.setAlpha(225);
    plot.legend->setBrush(ground);
    plot.legend->setBorderPen(QPen(theme.grid));
    plot.legend->setTextColor(theme.text);
    plot.legend->setFont(plot.font());
  }
}

QString LogTimeTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
  return tick < 1 ? QString()
                  : QString(timeText(static_cast<Ns>(tick + 0.5)))
                        .replace(QStringLiteral(".00 "), QStringLiteral(" "))
                        .replace(QStringLiteral(".0 "), QStringLiteral(" "));
}

double AxisTimeTicker::getTickStep(const QCPRange& range) {
  m_step = static_cast<double>(niceStep(range.size() / 6));
  return m_step;
}

QString AxisTimeTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
  return axisTimeText(static_cast<Ns>(std::llround(tick)), static_cast<Ns>(m_step));
}

QPen linePen(const Theme& theme, std::size_t number) {
  constexpr std::array<Qt::PenStyle, 4> kDashes = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
  const std::array<QColor, 6> colours = {theme.causes[2], theme.causes[0], theme.causes[4],
                                         theme.causes[1], theme.causes[3], theme.causes[5]};
  return {QBrush(colours[number % colours.size()]), 1.8, kDashes[number % kDashes.size()]};
}

}  // namespace descry::gui
