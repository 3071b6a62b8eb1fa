// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "gui/data/sql_console.hpp"
#include "gui/view/view.hpp"

class QComboBox;
class QCustomPlot;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QTreeWidget;

namespace descry::gui {

class ResultTable;

/// Asks the database in SQL, with the public views beside it; shows the answer as a table or as a chart.
class SqlView : public View {
  Q_OBJECT
 public:
  SqlView(Session& session, QWidget* parent);

  bool writeCsv(QTextStream& out) override;
  QWidget* focusTarget() override;
  void ask(const QString& text);
  const std::shared_ptr<const SqlResult>& shown() const { return m_shown; }

 private:
  void run();
  void show(std::shared_ptr<const SqlResult> result);
  void markError();
  void drawChart();
  void fillViews();

  QPlainTextEdit* m_text;
  QLabel* m_message;
  QPushButton* m_stop;
  QComboBox* m_as;
  ResultTable* m_table;
  QCustomPlot* m_chart;
  QStackedWidget* m_stack;
  QTreeWidget* m_views;
  QueryThread* m_thread;
  std::shared_ptr<const SqlResult> m_shown;
};

}  // namespace descry::gui
