// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTableView>
#include <memory>

#include "gui/data/sql_console.hpp"

class QTextStream;

namespace descry::gui {

class ResultModel;

/// An SQL answer as a table that can be ordered, copied and exported.
class ResultTable : public QTableView {
 public:
  explicit ResultTable(QWidget* parent);
  /// As in ResultModel; what is copied and exported stays as SQL has it.
  void setReadable(bool readable);
  void show(std::shared_ptr<const SqlResult> result);
  const SqlResult* result() const;
  void writeCsv(QTextStream& out) const;

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  ResultModel* m_model;
};

}  // namespace descry::gui
