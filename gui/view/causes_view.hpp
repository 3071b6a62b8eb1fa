// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "gui/data/distribution.hpp"
#include "gui/view/view.hpp"

class QLabel;
class QPlainTextEdit;
class QTableWidget;

namespace descry::gui {

/// What each cause means, its share in the selection, the rule and the SQL behind the number.
class CausesView : public View {
  Q_OBJECT
 public:
  CausesView(Session& session, QWidget* parent);

  bool writeCsv(QTextStream& out) override;
  QWidget* focusTarget() override;
  const std::shared_ptr<const CauseShares>& shown() const { return m_shown; }

 protected:
  void refresh() override;

 private:
  void draw();
  void explain();
  std::string sql(std::size_t cause) const;

  QLabel* m_heading;
  QTableWidget* m_table;
  QLabel* m_meaning;
  QPlainTextEdit* m_sql;
  QueryThread* m_thread;
  std::shared_ptr<const CauseShares> m_shown;
};

}  // namespace descry::gui
