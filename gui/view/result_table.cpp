// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/result_table.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QTextStream>
#include <algorithm>

#include "gui/model/result_model.hpp"
#include "gui/view/view.hpp"

namespace descry::gui {

ResultTable::ResultTable(QWidget* parent) : QTableView(parent), m_model(new ResultModel(this)) {
  setModel(m_model);
  setAlternatingRowColors(true);
  setShowGrid(false);
  setWordWrap(false);
  setTabKeyNavigation(false);
  setSelectionMode(ContiguousSelection);
  verticalHeader()->hide();
  verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
  horizontalHeader()->setProperty("ordered", true);
  horizontalHeader()->setHighlightSections(false);
}

void ResultTable::setReadable(bool readable) {
  m_model->setReadable(readable);
}

void ResultTable::show(std::shared_ptr<const SqlResult> result) {
  setSortingEnabled(false);
  m_model->setResult(std::move(result));
  horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
  setSortingEnabled(true);
  constexpr int kLooked = 100, kWidest = 420;
  for (int column = 0; column < m_model->columnCount(); ++column) {
    int wide = fontMetrics().horizontalAdvance(m_model->headerData(column, Qt::Horizontal).toString()) + 36;
    for (int row = 0; row < std::min(kLooked, m_model->rowCount()); ++row)
      wide = std::max(wide, fontMetrics().horizontalAdvance(m_model->index(row, column).data().toString()) + 14);
    setColumnWidth(column, std::min(wide, kWidest));
  }
}

const SqlResult* ResultTable::result() const {
  return m_model->result();
}

void ResultTable::writeCsv(QTextStream& out) const {
  if (m_model->result() == nullptr) return;
  QStringList names;
  for (const std::string& name : m_model->result()->columns) names << csvField(QString::fromStdString(name));
  out << names.join(QLatin1Char(',')) << '\n';
  for (const auto& row : m_model->result()->rows) {
    QStringList fields;
    for (const SqlValue& value : row) {
      const QString text = ResultModel::plain(value);
      fields << (std::holds_alternative<std::string>(value) ? csvField(text) : text);
    }
    out << fields.join(QLatin1Char(',')) << '\n';
  }
}

void ResultTable::keyPressEvent(QKeyEvent* event) {
  if (!event->matches(QKeySequence::Copy)) return QTableView::keyPressEvent(event);
  QStringList lines;
  for (const QItemSelectionRange& range : selectionModel()->selection())
    for (int row = range.top(); row <= range.bottom(); ++row) {
      QStringList fields;
      for (int column = range.left(); column <= range.right(); ++column)
        fields << m_model->index(row, column).data().toString();
      lines << fields.join(QLatin1Char('\t'));
    }
  QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

}  // namespace descry::gui
