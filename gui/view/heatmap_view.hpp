// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "gui/data/distribution.hpp"
#include "gui/view/view.hpp"

class QCPColorMap;
class QCPItemRect;
class QCustomPlot;
class QLabel;
class QMouseEvent;

namespace descry::gui {

/// Latency by time; a rectangle drawn with the mouse narrows the selection.
class HeatmapView : public View {
  Q_OBJECT
 public:
  HeatmapView(Session& session, QWidget* parent);

  bool writeCsv(QTextStream& out) override;
  const std::shared_ptr<const Heatmap>& shown() const { return m_shown; }

 protected:
  void refresh() override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void draw();
  void brush(const QRect& rect, QMouseEvent* event);
  void showSelection();

  QLabel* m_text;
  QCustomPlot* m_plot;
  QCPColorMap* m_map;
  QCPItemRect* m_chosen;
  QueryThread* m_thread;
  std::shared_ptr<const Heatmap> m_shown;
};

}  // namespace descry::gui
