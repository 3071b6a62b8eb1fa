// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <qcustomplot.h>

#include "gui/style/theme.hpp"

namespace descry::gui {

/// Colours of the theme, thin grid, no frame.
void stylePlot(QCustomPlot& plot, const Theme& theme);

/// Labels of an axis in ns on a logarithmic scale: 1 us, 10 us ...
class LogTimeTicker : public QCPAxisTickerLog {
 protected:
  QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;
};

/// Labels of the time axis, with just as many digits as the range needs.
class AxisTimeTicker : public QCPAxisTicker {
 protected:
  double getTickStep(const QCPRange& range) override;
  QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;

 private:
  double m_step = 1;
};

/// Colours of overlaid lines, told apart by dashes as well.
QPen linePen(const Theme& theme, std::size_t number);

}  // namespace descry::gui
