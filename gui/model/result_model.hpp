// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <memory>

#include "gui/data/sql_console.hpp"

namespace descry::gui {

/// The rows of an SQL answer. Can be ordered by any column, because all of it is in memory.
class ResultModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  using QAbstractTableModel::QAbstractTableModel;

  void setResult(std::shared_ptr<const SqlResult> result);
  const SqlResult* result() const { return m_result.get(); }
  /// Times with a unit, and names of columns as words: for tables that are read, not queried.
  void setReadable(bool readable) { m_readable = readable; }
  /// A value as it is exported: numbers without separators.
  static QString plain(const SqlValue& value);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
  void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

 private:
  const SqlValue& value(const QModelIndex& index) const;
  bool isTime(int column) const;

  std::shared_ptr<const SqlResult> m_result;
  std::vector<std::size_t> m_order;
  bool m_readable = false;
};

}  // namespace descry::gui
