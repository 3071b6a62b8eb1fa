// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "gui/data/distribution.hpp"
#include "gui/view/view.hpp"

class QComboBox;
class QLabel;
class QStackedWidget;

namespace descry::gui {

class Notice;
class SpreadPlot;

/// Histogram and cumulated share of latencies, or of one cause, per queue.
class DistributionView : public View {
  Q_OBJECT
 public:
  DistributionView(Session& session, QWidget* parent);

  bool writeCsv(QTextStream& out) override;
  const std::shared_ptr<const Distribution>& shown() const { return m_shown; }

 protected:
  void refresh() override;

 private:
  void draw();
  void drawCursors();

  QComboBox* m_what;
  QLabel* m_numbers;
  SpreadPlot* m_plot;
  QStackedWidget* m_stack;
  Notice* m_notice;
  QueryThread* m_thread;
  std::shared_ptr<const Distribution> m_shown;
};

}  // namespace descry::gui
