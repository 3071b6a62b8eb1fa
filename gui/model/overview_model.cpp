// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/model/overview_model.hpp"

#include <algorithm>

#include "gui/style/format.hpp"
#include "gui/style/theme.hpp"

namespace descry::gui {

OverviewModel::OverviewModel(std::shared_ptr<const Case> shown, QObject* parent)
    : QAbstractItemModel(parent), m_case(std::move(shown)), m_parentOf(m_case->levels.size(), m_case->levels.size()) {
  for (std::size_t place = 0; place < m_case->levels.size(); ++place)
    for (const std::size_t child : m_case->levels[place].below) m_parentOf[child] = place;
}

const LevelRow* OverviewModel::level(const QModelIndex& index) const {
  return index.isValid() ? &m_case->levels[index.internalId()] : nullptr;
}

const std::vector<std::size_t>& OverviewModel::below(const QModelIndex& parent) const {
  return parent.isValid() ? m_case->levels[parent.internalId()].below : m_case->transports;
}

QModelIndex OverviewModel::index(int row, int column, const QModelIndex& parent) const {
  if (!hasIndex(row, column, parent)) return {};
  return createIndex(row, column, static_cast<quintptr>(below(parent)[static_cast<std::size_t>(row)]));
}

QModelIndex OverviewModel::parent(const QModelIndex& index) const {
  if (!index.isValid()) return {};
  const std::size_t parent = m_parentOf[index.internalId()];
  if (parent == m_case->levels.size()) return {};
  const std::size_t above = m_parentOf[parent];
  const auto& siblings = above == m_case->levels.size() ? m_case->transports : m_case->levels[above].below;
  const auto row = std::find(siblings.begin(), siblings.end(), parent) - siblings.begin();
  return createIndex(static_cast<int>(row), 0, static_cast<quintptr>(parent));
}

int OverviewModel::rowCount(const QModelIndex& parent) const {
  if (parent.column() > 0) return 0;
  return static_cast<int>(below(parent).size());
}

int OverviewModel::columnCount(const QModelIndex&) const {
  return kColumns;
}

QModelIndex OverviewModel::indexOf(QueueId queueId) const {
  for (int t = 0; t < rowCount(); ++t)
    for (int d = 0; d < rowCount(index(t, 0)); ++d)
      for (int q = 0; q < rowCount(index(d, 0, index(t, 0))); ++q) {
        const QModelIndex found = index(q, 0, index(d, 0, index(t, 0)));
        if (level(found)->queueId == queueId) return found;
      }
  return {};
}

std::vector<QueueId> OverviewModel::queuesOf(const QModelIndex& index) const {
  const LevelRow* row = level(index);
  if (row == nullptr) return {};
  if (row->kind == LevelRow::Kind::Queue) return {row->queueId};
  std::vector<QueueId> queues;
  for (int child = 0; child < rowCount(index.siblingAtColumn(0)); ++child)
    for (const QueueId queue : queuesOf(this->index(child, 0, index.siblingAtColumn(0)))) queues.push_back(queue);
  return queues;
}

QVariant OverviewModel::text(const LevelRow& level, int column) const {
  switch (column) {
    case Name: {
      QString name = QString::fromStdString(level.name);
      if (level.kind == LevelRow::Kind::Device && !level.deviceKind.empty() && level.deviceKind != "unknown")
        name += QStringLiteral(" (") + QString::fromStdString(level.deviceKind) + QStringLiteral(")");
      if (level.kind == LevelRow::Kind::Device && m_case->manyMachines)
        name = QString::fromStdString(level.vm) + QStringLiteral(": ") + name;
      return name;
    }
    case Chains:
      return countText(level.chains);
    case Rate:
      return rateText(level.perSecond);
    case P50:
      return timeText(level.latency.p50);
    case P99:
      return timeText(level.latency.p99);
    case P999:
      return timeText(level.latency.p999);
    case Max:
      return timeText(level.latency.max);
    default:
      return {};
  }
}

QString OverviewModel::toolTip(const LevelRow& level, int column) const {
  const auto exact = [&](Ns ns) {
    return level.exact ? bothTimeText(ns) : tr("%1, from a histogram: at most 1.1 % off").arg(bothTimeText(ns));
  };
  switch (column) {
    case Name:
      if (level.translation.empty()) return {};
      return tr("Translation: %1. %2")
          .arg(QString::fromStdString(level.translation), QString::fromStdString(level.translationReason));
    case Attribution: {
      QString text = tr("<b>%1</b> of latency in all<table>").arg(timeText(level.latency.total));
      for (std::size_t cause = 0; cause < kCauses; ++cause)
        text += QStringLiteral("<tr><td>%1&nbsp;</td><td align='right'>%2&nbsp;</td><td align='right'>%3</td></tr>")
                    .arg(causeName(static_cast<Cause>(cause)), percentText(level.share(cause)),
                         exactTimeText(level.causes[cause].total));
      return text + QStringLiteral("</table>");
    }
    case Rate:
      return tr("complete chains per second while chains began");
    case P50:
      return exact(level.latency.p50);
    case P99:
      return exact(level.latency.p99);
    case P999:
      return exact(level.latency.p999);
    case Max:
      return exact(level.latency.max);
    default:
      return {};
  }
}

QVariant OverviewModel::data(const QModelIndex& index, int role) const {
  const LevelRow* row = level(index);
  if (row == nullptr) return {};
  if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole) return text(*row, index.column());
  if (role == Qt::ToolTipRole) return toolTip(*row, index.column());
  if (role == Qt::TextAlignmentRole && index.column() >= Chains)
    return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  return {};
}

QVariant OverviewModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole && section >= Chains)
    return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Name:
      return tr("Transport, device, queue");
    case Attribution:
      return tr("Where the time went");
    case Chains:
      return tr("Chains");
    case Rate:
      return tr("Rate");
    case P50:
      return tr("p50");
    case P99:
      return tr("p99");
    case P999:
      return tr("p99.9");
    case Max:
      return tr("Max");
    default:
      return {};
  }
}

}  // namespace descry::gui
