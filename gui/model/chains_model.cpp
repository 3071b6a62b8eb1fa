// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/model/chains_model.hpp"

#include <QMetaObject>
#include <algorithm>

#include "gui/style/format.hpp"
#include "gui/style/theme.hpp"

namespace descry::gui {

ChainsModel::ChainsModel(std::shared_ptr<const Case> shown, QObject* parent)
    : QAbstractTableModel(parent), m_case(std::move(shown)), m_index(std::make_shared<const ChainIndex>()) {}

std::optional<ChainOrder> ChainsModel::orderOfColumn(int column) {
  if (column == Queue || column == Position) return ChainOrder::Key;
  if (column == Total) return ChainOrder::Total;
  if (column >= FirstCause && column < Flags) return orderOf(static_cast<Cause>(column - FirstCause));
  return std::nullopt;
}

int ChainsModel::columnOfOrder(ChainOrder order) {
  if (order == ChainOrder::Key) return Position;
  if (order == ChainOrder::Total) return Total;
  return FirstCause + static_cast<int>(order) - 2;
}

void ChainsModel::setIndex(std::shared_ptr<const ChainIndex> index) {
  const bool grows = m_index->count() > 0 && index->order() == m_index->order() &&
                     index->selection().sameChains(m_index->selection()) && index->count() >= m_index->count();
  if (!grows) {
    beginResetModel();
    m_index = std::move(index);
    m_pages.clear();
    m_age.clear();
    m_wanted.clear();
    endResetModel();
    return;
  }
  const int before = rowCount();
  const int after = static_cast<int>(std::min(index->count(), kMostRows));
  if (after > before) beginInsertRows({}, before, after - 1);
  // The last page may have been short; the others stay as they are.
  m_pages.erase(m_index->count() / ChainIndex::kPage);
  m_index = std::move(index);
  if (after > before) endInsertRows();
}

void ChainsModel::setPage(std::int64_t page, std::vector<ChainRecord> records) {
  m_wanted.erase(page);
  m_age.remove(page);
  m_age.push_back(page);
  const auto count = static_cast<std::int64_t>(records.size());
  m_pages[page] = std::move(records);
  while (m_pages.size() > kPagesHeld && !m_age.empty()) {
    m_pages.erase(m_age.front());
    m_age.pop_front();
  }
  const std::int64_t first = page * ChainIndex::kPage;
  const std::int64_t last = std::min<std::int64_t>(first + count, rowCount()) - 1;
  if (last >= first) emit dataChanged(index(static_cast<int>(first), 0), index(static_cast<int>(last), kColumns - 1));
}

const ChainRecord* ChainsModel::record(int row) const {
  const auto page = m_pages.find(row / ChainIndex::kPage);
  const auto place = static_cast<std::size_t>(row % ChainIndex::kPage);
  if (page == m_pages.end() || place >= page->second.size()) return nullptr;
  return &page->second[place];
}

void ChainsModel::want(std::int64_t page) const {
  if (m_pages.contains(page) || !m_wanted.insert(page).second) return;
  if (m_wanted.size() > 1) return;
  QMetaObject::invokeMethod(
      const_cast<ChainsModel*>(this),
      [this] {
        const std::vector<std::int64_t> pages(m_wanted.begin(), m_wanted.end());
        m_wanted.clear();
        if (!pages.empty()) emit const_cast<ChainsModel*>(this)->pagesWanted(pages);
      },
      Qt::QueuedConnection);
}

int ChainsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(std::min(m_index->count(), kMostRows));
}

int ChainsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

QVariant ChainsModel::text(const ChainRecord& record, int column) const {
  switch (column) {
    case Queue: {
      const QueueInfo* queue = m_case->queue(record.key.queueId);
      return queue != nullptr ? QString::fromStdString(queue->title()) : QString();
    }
    case Position:
      return record.key.epoch == 0 ? countText(record.key.position)
                                   : tr("%1 (epoch %2)").arg(countText(record.key.position)).arg(record.key.epoch);
    case Start:
      return axisTimeText(record.begin, 1000);
    case Total:
      return seen(record.total) ? timeText(record.total) : tr("no end");
    case Flags: {
      QStringList words;
      if ((record.flags & kIncomplete) != 0) words << tr("incomplete");
      if ((record.flags & kSuspect) != 0) words << tr("suspect");
      if ((record.flags & kGuestOnly) != 0) words << tr("guest only");
      if ((record.flags & kHostOnly) != 0) words << tr("host only");
      if ((record.flags & kOrderContradicted) != 0) words << tr("contradicted");
      return words.join(QStringLiteral(", "));
    }
    default: {
      if (!seen(record.total)) return {};
      const Ns ns = record.causes[static_cast<std::size_t>(column - FirstCause)];
      return ns > 0 ? timeText(ns) : QStringLiteral("-");
    }
  }
}

QString ChainsModel::toolTip(const ChainRecord& record, int column) const {
  if (column == Start)
    return tr("%1 after the first event; in the trace %2 ns")
        .arg(exactTimeText(record.begin), countText(m_case->axis.traceTime(record.begin)));
  if (column == Total && seen(record.total)) {
    QString text = bothTimeText(record.total);
    if (seen(record.error) && record.error > 0)
      text += tr("; phases that cross the clocks ±%1").arg(timeText(record.error));
    if (seen(record.stock) && record.stock > 0)
      text += tr("; it waited as stock for %1 before").arg(timeText(record.stock));
    return text;
  }
  if (column >= FirstCause && column < Flags && seen(record.total) && record.total > 0) {
    const Ns ns = record.causes[static_cast<std::size_t>(column - FirstCause)];
    return tr("%1, %2 of the chain")
        .arg(bothTimeText(ns), percentText(static_cast<double>(ns) / static_cast<double>(record.total)));
  }
  return {};
}

QVariant ChainsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  if (role == Qt::TextAlignmentRole && index.column() >= Position && index.column() < Flags)
    return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole && role != kShareRole) return {};
  const ChainRecord* found = record(index.row());
  if (found == nullptr) {
    want(index.row() / ChainIndex::kPage);
    return role == Qt::DisplayRole ? QVariant(QStringLiteral("…")) : QVariant();
  }
  if (role == Qt::DisplayRole) return text(*found, index.column());
  if (role == Qt::ToolTipRole) return toolTip(*found, index.column());
  if (index.column() < FirstCause || index.column() >= Flags || !seen(found->total) || found->total <= 0) return {};
  return static_cast<double>(found->causes[static_cast<std::size_t>(index.column() - FirstCause)]) /
         static_cast<double>(found->total);
}

QVariant ChainsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole && section >= Position && section < Flags)
    return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  if (role == Qt::ToolTipRole)
    return orderOfColumn(section) ? tr("Click to sort by it, slowest first")
                                  : tr("Cannot be sorted: there is no index");
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Queue:
      return tr("Queue");
    case Position:
      return tr("Position");
    case Start:
      return tr("Begin");
    case Total:
      return tr("Latency");
    case Flags:
      return tr("Remarks");
    default:
      return causeName(static_cast<Cause>(section - FirstCause));
  }
}

}  // namespace descry::gui
