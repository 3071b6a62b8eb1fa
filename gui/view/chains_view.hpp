// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gui/data/chain_list.hpp"
#include "gui/view/view.hpp"

class QCheckBox;
class QLabel;
class QStackedWidget;
class QTableView;

namespace descry::gui {

class ChainsModel;
class ConditionEdit;
class Notice;

/// The chains of the selection as a table.
class ChainsView : public View {
  Q_OBJECT
 public:
  ChainsView(Session& session, QWidget* parent);

  bool writeCsv(QTextStream& out) override;
  QWidget* focusTarget() override;
  ConditionEdit* filter() const { return m_filter; }

 protected:
  void refresh() override { reload(); }

 private:
  void orderBy(ChainOrder order);
  void reload();
  void show(std::shared_ptr<const ChainIndex> index);
  void fetch(const std::vector<std::int64_t>& pages);
  void showCount();
  void followChain();

  ChainsModel* m_model;
  ConditionEdit* m_filter;
  QLabel* m_problem;
  QLabel* m_count;
  QTableView* m_table;
  QStackedWidget* m_stack;
  Notice* m_notice;
  QueryThread* m_indexThread;
  QueryThread* m_pageThread;
  ChainOrder m_order = ChainOrder::Total;
  Selection m_shown;
};

}  // namespace descry::gui
