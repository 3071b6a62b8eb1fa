// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QStyledItemDelegate>

#include "gui/query/session.hpp"

namespace descry::gui {

/// Paints the stacked bar of a row of the overview. A click on a part of it is causeClicked.
class AttributionDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  AttributionDelegate(Session& session, QObject* parent);

  /// Bars in proportion to the time lost, instead of all of the same length.
  void setAbsolute(bool absolute) { m_absolute = absolute; }
  /// Where the bar's part of a cause lies, for a cell of this rectangle; empty: it has none.
  QRectF part(const QRect& cell, const LevelRow& level, std::size_t cause) const;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;

 signals:
  void causeClicked(const QModelIndex& index, int cause);

 private:
  Session& m_session;
  Ns m_largest = 1;
  bool m_absolute = false;
};

}  // namespace descry::gui
