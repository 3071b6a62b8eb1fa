// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/legend.hpp"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace descry::gui {

namespace {
constexpr int kSwatch = 22, kGap = 6, kBetween = 16;
}

Legend::Legend(Session& session, QWidget* parent) : QWidget(parent), m_session(session) {
  // It may be higher than its hint: that is one line, and narrow places need two.
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  setCursor(Qt::PointingHandCursor);
  connect(&session, &Session::selectionChanged, this, qOverload<>(&QWidget::update));
  connect(&session, &Session::themeChanged, this, qOverload<>(&QWidget::update));
}

QSize Legend::sizeHint() const {
  const QRect last = place(kCauses - 1, 100000);
  return {last.right() + 4, last.height()};
}

int Legend::heightForWidth(int width) const {
  return place(kCauses - 1, width).bottom() + 1;
}

QRect Legend::place(std::size_t cause, int width) const {
  const int line = fontMetrics().height() + 6;
  int x = 0, y = 0;
  QRect rect;
  for (std::size_t each = 0; each <= cause; ++each) {
    const int wide = kSwatch + kGap + fontMetrics().horizontalAdvance(causeName(static_cast<Cause>(each)));
    if (x > 0 && x + wide > width) {
      x = 0;
      y += line;
    }
    rect = QRect(x, y, wide, line);
    x += wide + kBetween;
  }
  return rect;
}

int Legend::causeAt(const QPoint& position) const {
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    if (place(cause, width()).contains(position)) return static_cast<int>(cause);
  return -1;
}

void Legend::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    const QRect rect = place(cause, width());
    const bool chosen = m_session.selection().hasCause(static_cast<Cause>(cause));
    painter.setOpacity(chosen ? 1.0 : 0.3);
    const QRect swatch(rect.left(), rect.top() + 4, kSwatch, rect.height() - 8);
    m_session.theme().fill(painter, swatch, static_cast<Cause>(cause));
    painter.setOpacity(1);
    painter.setPen(chosen ? m_session.theme().text : m_session.theme().faint);
    painter.drawText(rect.adjusted(kSwatch + kGap, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                     causeName(static_cast<Cause>(cause)));
  }
}

void Legend::mousePressEvent(QMouseEvent* event) {
  const int cause = causeAt(event->position().toPoint());
  if (cause < 0) return;
  Selection selection = m_session.selection();
  const std::uint32_t bit = 1U << cause;
  selection.causes = selection.causes == bit                           ? 0
                     : (event->modifiers() & Qt::ControlModifier) != 0 ? selection.causes ^ bit
                                                                       : bit;
  m_session.select(selection);
}

bool Legend::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    auto* help = static_cast<QHelpEvent*>(event);
    const int cause = causeAt(help->pos());
    if (cause >= 0)
      QToolTip::showText(help->globalPos(),
                         causeMeaning(static_cast<Cause>(cause)) + QStringLiteral(" ") +
                             tr("Click: only chains that lost time to it."),
                         this);
    return true;
  }
  return QWidget::event(event);
}

}  // namespace descry::gui
