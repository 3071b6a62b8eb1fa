// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "gui/data/sql_console.hpp"
#include "gui/view/view.hpp"

class QCustomPlot;
class QLabel;
class QTabWidget;

namespace descry::gui {

class ResultTable;

/// May the traces be trusted? Captures, the clock model with its hulls, losses, anomalies, halves without partner.
class HealthView : public View {
  Q_OBJECT
 public:
  HealthView(Session& session, QWidget* parent);

  bool writeCsv(QTextStream& out) override;

 protected:
  void refresh() override;

 private:
  struct Page {
    const char* title;
    const char* sql;
    const char* none;  ///< what it means that there is no row
    ResultTable* table = nullptr;
    QLabel* text = nullptr;
  };
  struct Hull {
    std::vector<std::pair<double, double>> low, high;  ///< host ns, guest minus host minus the middle, ns
  };
  void addPage(Page& page);
  void drawHulls();

  std::vector<Page> m_pages;
  QTabWidget* m_tabs;
  QCustomPlot* m_hullPlot;
  QLabel* m_clockText;
  QueryThread* m_thread;
  std::shared_ptr<const std::vector<Hull>> m_hulls;
  bool m_loaded = false;
};

}  // namespace descry::gui
