// SPDX-License-Identifier: GPL-2.0-or-later
// Drawing of a lane near in: chains with their phases, and marks.
#include <QPainter>
#include <QScrollBar>
#include <algorithm>

#include "gui/style/format.hpp"
#include "gui/timeline/timeline_widget.hpp"

namespace descry::gui {

namespace {

constexpr int kNarrow = 4;  // pixels; below that a chain is one mixed colour

}  // namespace

QRectF TimelineWidget::rowRect(const LanePlace& place, const TileLane& lane, const TileChain& chain,
                               bool onHost) const {
  const int top = m_ruler - m_scroll->value() + (onHost ? place.hostTop : place.guestTop);
  const int height = onHost ? place.hostHeight : place.guestHeight;
  // Marks have a strip of their own at the top of the guest's and at the bottom of the host's part.
  constexpr int kMarks = 9;
  const double each = static_cast<double>(std::max(4, height - kMarks)) / lane.rows;
  return {0.0, top + (onHost ? 0 : kMarks) + chain.row * each, 1.0, std::max(1.0, each - (each > 5 ? 2 : 0))};
}

void TimelineWidget::paintChains(QPainter& painter, const LanePlace& place, const TileLane& lane) {
  // A pixel that one chain has filled needs no other on its row: the widest of the narrow ones wins.
  std::vector<int> filled(static_cast<std::size_t>(lane.rows), -1);
  const ChainId chosen = m_session.selection().chain;
  for (const TileChain& chain : lane.chains) {
    const int left = static_cast<int>(xOf(chain.begin)), right = static_cast<int>(xOf(chain.end()));
    if (right < plotLeft() || left > width()) continue;
    const auto row = static_cast<std::size_t>(chain.row);
    if (right <= filled[row] && right - left < kNarrow && chain.key != chosen) continue;
    filled[row] = std::max(filled[row], right);
    paintChain(painter, place, lane, chain, chain.key == chosen);
  }
}

void TimelineWidget::paintChain(QPainter& painter, const LanePlace& place, const TileLane& lane, const TileChain& chain,
                                bool chosen) {
  const Theme& theme = m_session.theme();
  const Selection& selection = m_session.selection();
  std::uint32_t own = 0;
  for (std::size_t cause = 0; cause < kCauses; ++cause) own |= chain.causes[cause] > 0 ? 1U << cause : 0;
  const bool fits = (selection.causes == 0 || (selection.causes & own) != 0) && chain.fits &&
                    (isNarrowed() || !narrowing(selection).narrows());
  if (!fits) painter.setOpacity(0.3);
  const double shift = m_scroll->value() - m_ruler;
  const double left = std::max<double>(xOf(chain.begin), plotLeft() - 4),
               right = std::min<double>(xOf(chain.end()), width() + 4);
  const bool hasHostPart = place.hostHeight > 0 && place.guestHeight > 0;
  const auto rowOf = [&](bool onHost) { return rowRect(place, lane, chain, onHost).translated(0, shift); };
  const QRectF main = rowOf(place.guestHeight == 0), hostPart = hasHostPart ? rowOf(true) : main;
  if (right - left < kNarrow) {
    std::array<double, kCauses> shares{};
    for (std::size_t cause = 0; cause < kCauses; ++cause) shares[cause] = static_cast<double>(chain.causes[cause]);
    painter.fillRect(qRound(left), qRound(main.top()), std::max(1, qRound(right - left)),
                     std::max(1, qRound(main.height())), theme.mix(shares));
    painter.setOpacity(1);
    return;
  }
  // A line through the whole life, the spans of its causes on top of it, each on the side on which it ends. A pixel
  // belongs to the span at its middle: so areas are in proportion to times, however short single spans are.
  painter.fillRect(qRound(left), static_cast<int>(main.center().y()), qRound(right - left), 1, theme.faint);
  for (const CauseSpan& span : chain.spans) {
    const int from = qRound(std::max<double>(xOf(span.begin), plotLeft() - 4));
    const int to = qRound(std::min<double>(xOf(span.end), width() + 4));
    if (to <= from) continue;
    const QRectF& row = hasHostPart && !onGuestClock(span.to) ? hostPart : main;
    theme.fill(painter, QRectF(from, row.top(), to - from, row.height()), span.cause);
  }
  if (main.height() >= fontMetrics().height() && right - left > 60) {
    const QString text = timeText(seen(chain.total) ? chain.total : 0);
    const QRectF plate(left + 3, main.center().y() - fontMetrics().height() / 2.0,
                       fontMetrics().horizontalAdvance(text) + 6, fontMetrics().height());
    if (plate.width() + 6 < right - left && seen(chain.total)) {
      QColor ground = theme.base;
      ground.setAlpha(215);
      painter.fillRect(plate, ground);
      painter.setPen(theme.text);
      painter.drawText(plate, Qt::AlignCenter, text);
    }
  }
  painter.setOpacity(1);
  if (!chosen) return;
  painter.setPen(QPen(theme.accent, 2));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(QRectF(left - 1, main.top() - 1, right - left + 2, main.height() + 2));
}

void TimelineWidget::paintMarks(QPainter& painter, const LanePlace& place, const TileLane& lane) {
  const Theme& theme = m_session.theme();
  const Ns begin = timeAt(plotLeft()), end = timeAt(width());
  int last = -100;
  const TileMark* before = nullptr;
  for (const TileMark& mark : lane.marks) {
    if (mark.at < begin || mark.at > end) continue;
    const int x = static_cast<int>(xOf(mark.at));
    // Marks closer than they are wide are one mark. They lie in the order of kind, side and time.
    if (before != nullptr && before->kind == mark.kind && before->onHost == mark.onHost && x - last < 5) continue;
    before = &mark;
    last = x;
    const bool hostStrip = (mark.onHost && place.hostHeight > 0) || place.guestHeight == 0;
    const int base = hostStrip ? place.bottom - 8 : place.guestTop + 1;
    painter.setPen(Qt::NoPen);
    switch (mark.kind) {
      case MarkKind::Doorbell:
        painter.setBrush(theme.text);
        painter.drawPolygon(QPolygon({{x, base}, {x - 4, base + 6}, {x + 4, base + 6}}));
        break;
      case MarkKind::Interrupt:
        painter.setBrush(theme.accent);
        painter.drawPolygon(QPolygon({{x, base + 6}, {x - 4, base}, {x + 4, base}}));
        break;
      case MarkKind::Bounce:
        painter.fillRect(x, base + 1,
                         std::max(3, static_cast<int>(static_cast<double>(mark.length) / m_viewport.nsPerPixel)), 4,
                         theme.cause(Cause::Swiotlb));
        break;
      case MarkKind::Miss: {
        painter.setBrush(theme.cause(Cause::Iotlb));
        const int wide = std::max(6, static_cast<int>(static_cast<double>(mark.length) / m_viewport.nsPerPixel));
        painter.drawRect(x, base, wide, 6);
        painter.fillRect(x, base, 2, 6, theme.error);
        break;
      }
      case MarkKind::Update:
        painter.fillRect(x, place.hostTop, 2, 6, theme.good);
        break;
      case MarkKind::Invalidate:
        painter.fillRect(x, place.hostTop, 2, 6, theme.error);
        break;
    }
  }
}

}  // namespace descry::gui
