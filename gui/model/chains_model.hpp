// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <list>
#include <map>
#include <memory>
#include <set>

#include "gui/data/chain_list.hpp"

namespace descry::gui {

/// A list of chains that holds only the pages in view. data() never asks the database: it answers
/// from the pages that are there, notes what is missing, and pagesWanted says so once per turn of the event loop.
class ChainsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Queue, Position, Start, Total, FirstCause, Flags = FirstCause + static_cast<int>(kCauses), kColumns };

  explicit ChainsModel(std::shared_ptr<const Case> shown, QObject* parent = nullptr);

  /// Starts a new list, or lets the present one grow when it is the same (same order and chains, more of it).
  void setIndex(std::shared_ptr<const ChainIndex> index);
  std::shared_ptr<const ChainIndex> chains() const { return m_index; }
  void setPage(std::int64_t page, std::vector<ChainRecord> records);
  /// The record of a row, if its page is there.
  const ChainRecord* record(int row) const;
  bool isLoaded(int row) const { return record(row) != nullptr; }
  /// The order that a column stands for.
  static std::optional<ChainOrder> orderOfColumn(int column);
  static int columnOfOrder(ChainOrder order);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

  static constexpr int kShareRole = Qt::UserRole + 1;  ///< of a cause column: part of the total, 0..1

 signals:
  void pagesWanted(const std::vector<std::int64_t>& pages);

 private:
  static constexpr std::size_t kPagesHeld = 64;
  static constexpr std::int64_t kMostRows = 20'000'000;  ///< a table view cannot scroll over many more

  QVariant text(const ChainRecord& record, int column) const;
  QString toolTip(const ChainRecord& record, int column) const;
  void want(std::int64_t page) const;

  std::shared_ptr<const Case> m_case;
  std::shared_ptr<const ChainIndex> m_index;
  std::map<std::int64_t, std::vector<ChainRecord>> m_pages;
  std::list<std::int64_t> m_age;  ///< oldest first
  mutable std::set<std::int64_t> m_wanted;
};

}  // namespace descry::gui
