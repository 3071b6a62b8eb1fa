// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/attribution_delegate.hpp"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "gui/model/overview_model.hpp"
#include "gui/style/format.hpp"

namespace descry::gui {

AttributionDelegate::AttributionDelegate(Session& session, QObject* parent)
    : QStyledItemDelegate(parent), m_session(session) {
  for (const LevelRow& level : session.all().levels) m_largest = std::max(m_largest, level.latency.total);
}

QRectF AttributionDelegate::part(const QRect& cell, const LevelRow& level, std::size_t cause) const {
  const QRectF bar = QRectF(cell).adjusted(4, 5, -8, -5);
  if (level.latency.total <= 0) return {};
  const double scale = m_absolute ? static_cast<double>(level.latency.total) / static_cast<double>(m_largest) : 1.0;
  double before = 0;
  for (std::size_t each = 0; each < cause; ++each) before += level.share(each);
  const double left = bar.left() + bar.width() * scale * before;
  const double right = bar.left() + bar.width() * scale * (before + level.share(cause));
  return {left, bar.top(), right - left, bar.height()};
}

void AttributionDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyledItemDelegate::paint(painter, option, index);
  const auto* model = qobject_cast<const OverviewModel*>(index.model());
  const LevelRow* level = model != nullptr ? model->level(index) : nullptr;
  if (level == nullptr) return;
  const Theme& theme = m_session.theme();
  painter->save();
  QFont small = option.font;
  small.setPointSizeF(small.pointSizeF() * 0.86);
  painter->setFont(small);
  const QFontMetrics metrics(small);
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    const QRectF rect = part(option.rect, *level, cause);
    if (rect.width() <= 0) continue;
    const QColor colour = theme.cause(static_cast<Cause>(cause));
    const bool chosen = m_session.selection().hasCause(static_cast<Cause>(cause));
    if (chosen) {
      theme.fill(*painter, rect, static_cast<Cause>(cause));
    } else {
      // Faded onto the ground of the table, independent of what lies below: the text on it stays readable.
      QColor faded = colour;
      faded.setAlphaF(0.25F);
      painter->fillRect(rect, theme.base);
      painter->fillRect(rect, faded);
    }
    QString text = causeName(static_cast<Cause>(cause)) + QStringLiteral(" ") + percentText(level->share(cause));
    if (metrics.horizontalAdvance(text) + 10 > rect.width()) text = percentText(level->share(cause));
    const int wide = metrics.horizontalAdvance(text);
    if (wide + 10 > rect.width()) continue;
    // A plate of the plain colour keeps the text off the pattern.
    const QRectF plate(rect.center().x() - wide / 2.0 - 3, rect.top() + 1, wide + 6, rect.height() - 2);
    if (chosen) painter->fillRect(plate, colour);
    painter->setPen(chosen ? theme.textOn(colour) : theme.text);
    painter->drawText(plate, Qt::AlignCenter, text);
  }
  painter->restore();
}

QSize AttributionDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  return {220, option.fontMetrics.height() + 14};
}

bool AttributionDelegate::editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                                      const QModelIndex& index) {
  if (event->type() == QEvent::MouseButtonRelease) {
    const QPointF position = static_cast<QMouseEvent*>(event)->position();
    const LevelRow* level = static_cast<OverviewModel*>(model)->level(index);
    for (std::size_t cause = 0; level != nullptr && cause < kCauses; ++cause)
      if (part(option.rect, *level, cause).contains(position)) emit causeClicked(index, static_cast<int>(cause));
  }
  return QStyledItemDelegate::editorEvent(event, model, option, index);
}

}  // namespace descry::gui
