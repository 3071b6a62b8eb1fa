// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "analyzer/case/verdicts.hpp"
#include "gui/data/sql_console.hpp"
#include "gui/view/view.hpp"

class QCustomPlot;
class QGridLayout;
class QLabel;
class QTabWidget;

namespace descry::gui {

class ResultTable;

/// May the traces be trusted? Five questions with their answers; then the tables behind them: captures, the clock model
/// with its hulls, losses, anomalies, halves without partner.
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
  void showVerdicts();
  void drawHulls();

  std::vector<Page> m_pages;
  QGridLayout* m_answers;  ///< a light, a question and its answer in each row
  std::vector<HealthVerdict> m_verdicts;
  QTabWidget* m_tabs;
  QCustomPlot* m_hullPlot;
  QLabel* m_clockText;
  QueryThread* m_thread;
  std::shared_ptr<const std::vector<Hull>> m_hulls;
  bool m_loaded = false;
};

}  // namespace descry::gui
