// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <qcustomplot.h>

#include <vector>

#include "gui/data/distribution.hpp"
#include "gui/style/theme.hpp"

namespace descry::gui {

/// Distributions over each other: the share of chains per step as a histogram, and the cumulated share. Dragging moves,
/// the wheel zooms, Ctrl and a drag zoom to a stretch, a double click shows everything again.
class SpreadPlot : public QCustomPlot {
  Q_OBJECT
 public:
  explicit SpreadPlot(QWidget* parent);

  /// Replaces what is drawn; without buckets in any of them there is nothing to draw.
  void setSpreads(std::vector<Spread> spreads, const Theme& theme);
  /// A dashed line at a percentile, with its name on one side of it where there is room; `row` keeps the names of near
  /// ones apart.
  void addCursor(const QString& name, Ns ns, const QColor& colour, int row, Qt::Alignment side = Qt::AlignRight);
  void showEverything();
  /// What the tooltip at a place says: how many chains of each are at most so slow.
  QString textAt(double ns) const;

 protected:
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  double add(const Spread& spread, const QPen& pen, int alpha);
  void keepBelowLegend();

  std::vector<Spread> m_spreads;
  QColor m_ground;
  double m_most = 0;  ///< highest step of the histograms
};

}  // namespace descry::gui
