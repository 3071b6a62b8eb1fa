// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/model/result_model.hpp"

#include <algorithm>
#include <numeric>

#include "gui/style/format.hpp"

namespace descry::gui {

namespace {

/// Nothing before numbers before texts; whole numbers and others among each other.
bool before(const SqlValue& a, const SqlValue& b) {
  const auto rank = [](const SqlValue& value) { return value.index() == 0 ? 0 : value.index() == 3 ? 2 : 1; };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (rank(a) != 1 || a.index() == b.index()) return a < b;
  const auto real = [](const SqlValue& value) {
    const auto* integer = std::get_if<std::int64_t>(&value);
    return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
  };
  return real(a) < real(b);
}

}  // namespace

void ResultModel::setResult(std::shared_ptr<const SqlResult> result) {
  beginResetModel();
  m_result = std::move(result);
  m_order.resize(m_result ? m_result->rows.size() : 0);
  std::iota(m_order.begin(), m_order.end(), 0);
  endResetModel();
}

const SqlValue& ResultModel::value(const QModelIndex& index) const {
  return m_result->rows[m_order[static_cast<std::size_t>(index.row())]][static_cast<std::size_t>(index.column())];
}

QString ResultModel::plain(const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return QString::number(*integer);
  if (const auto* real = std::get_if<double>(&value)) return QString::number(*real, 'g', 12);
  if (const auto* text = std::get_if<std::string>(&value)) return QString::fromStdString(*text);
  return {};
}

int ResultModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_order.size());
}

int ResultModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || !m_result ? 0 : static_cast<int>(m_result->columns.size());
}

QVariant ResultModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const SqlValue& shown = value(index);
  const bool number = std::holds_alternative<std::int64_t>(shown) || std::holds_alternative<double>(shown);
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue(Qt::Alignment((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
  if (role == Qt::DisplayRole) {
    if (std::holds_alternative<std::monostate>(shown)) return QStringLiteral("–");
    if (const auto* integer = std::get_if<std::int64_t>(&shown))
      return m_readable && isTime(index.column()) ? timeText(*integer) : countText(*integer);
    return plain(shown);
  }
  if (role != Qt::ToolTipRole) return {};
  if (const auto* integer = std::get_if<std::int64_t>(&shown); integer != nullptr && isTime(index.column()))
    return bothTimeText(*integer);
  return plain(shown);
}

QVariant ResultModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole || !m_result) return {};
  QString name = QString::fromStdString(m_result->columns[static_cast<std::size_t>(section)]);
  if (!m_readable) return name;
  if (isTime(section)) name.chop(3);
  return name.replace(QLatin1Char('_'), QLatin1Char(' '));
}

bool ResultModel::isTime(int column) const {
  return m_result->columns[static_cast<std::size_t>(column)].ends_with("_ns");
}

void ResultModel::sort(int column, Qt::SortOrder order) {
  if (!m_result || column < 0 || column >= columnCount()) return;
  emit layoutAboutToBeChanged();
  const auto at = static_cast<std::size_t>(column);
  std::stable_sort(m_order.begin(), m_order.end(), [&](std::size_t a, std::size_t b) {
    const SqlValue &left = m_result->rows[a][at], &right = m_result->rows[b][at];
    return order == Qt::AscendingOrder ? before(left, right) : before(right, left);
  });
  emit layoutChanged();
}

}  // namespace descry::gui
