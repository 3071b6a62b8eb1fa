// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <memory>
#include <vector>

#include "gui/data/case.hpp"

namespace descry::gui {

/// Transports, below them their devices, below them their queues, with the numbers of the report.
class OverviewModel : public QAbstractItemModel {
  Q_OBJECT
 public:
  enum Column { Name, Attribution, Chains, Rate, P50, P99, P999, Max, kColumns };

  explicit OverviewModel(std::shared_ptr<const Case> shown, QObject* parent = nullptr);

  const LevelRow* level(const QModelIndex& index) const;
  QModelIndex indexOf(QueueId queueId) const;
  /// The queues whose chains a row sums up.
  std::vector<QueueId> queuesOf(const QModelIndex& index) const;

  QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
  QModelIndex parent(const QModelIndex& index) const override;
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  const std::vector<std::size_t>& below(const QModelIndex& parent) const;
  QVariant text(const LevelRow& level, int column) const;
  QString toolTip(const LevelRow& level, int column) const;

  std::shared_ptr<const Case> m_case;
  std::vector<std::size_t> m_parentOf;  ///< by index into Case::levels; its own size: a root
};

}  // namespace descry::gui
