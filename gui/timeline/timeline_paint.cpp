// SPDX-License-Identifier: GPL-2.0-or-later
// Drawing of the timeline. What only data and viewport change is kept as a picture; selection, arrows and what is under
// the mouse are drawn over it.
#include <QElapsedTimer>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "gui/style/format.hpp"
#include "gui/timeline/timeline_widget.hpp"

namespace descry::gui {

bool TimelineWidget::isNarrowed() const {
  return m_tile && m_tile->narrowedBy == narrowing(m_session.selection());
}

std::vector<TimelineWidget::Column> TimelineWidget::columnsOf(const std::vector<TileBucket>& buckets) const {
  std::vector<Column> columns(static_cast<std::size_t>(plotWidth()));
  const auto last = static_cast<int>(columns.size()) - 1;
  for (const TileBucket& bucket : buckets) {
    const double left = m_viewport.xOf(bucket.begin), right = m_viewport.xOf(bucket.end);
    if (right < 0 || left > last) continue;
    const int from = std::clamp(static_cast<int>(std::floor(left)), 0, last);
    const int to = std::clamp(static_cast<int>(std::ceil(right)) - 1, from, last);
    const auto length = static_cast<double>(std::max<Ns>(1, bucket.end - bucket.begin));
    for (int x = from; x <= to; ++x) {
      Column& column = columns[static_cast<std::size_t>(x)];
      // The part of the bucket that lies on this pixel, in pixels: density is per pixel at any length of the bucket.
      const double covered = std::min(right, x + 1.0) - std::max(left, static_cast<double>(x));
      if (covered <= 0) continue;
      for (std::size_t cause = 0; cause < kCauses; ++cause)
        column.busy[cause] += static_cast<double>(bucket.causes[cause]) / length * std::min(1.0, covered);
      column.chains += bucket.chains;
      if (bucket.worst > column.worst || !column.chain.valid()) {
        column.worst = bucket.worst;
        column.chain = bucket.worstChain;
      }
    }
  }
  return columns;
}

void TimelineWidget::paintEvent(QPaintEvent*) {
  QElapsedTimer clock;
  clock.start();
  const double ratio = devicePixelRatioF();
  if (m_contentStale || m_content.size() != size() * ratio) {
    m_content = QPixmap(size() * ratio);
    m_content.setDevicePixelRatio(ratio);
    QPainter painter(&m_content);
    painter.setFont(font());
    paintContent(painter);
    m_contentStale = false;
  }
  QPainter painter(this);
  painter.drawPixmap(0, 0, m_content);
  paintOverlay(painter);
  m_lastPaintMs = static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

void TimelineWidget::paintContent(QPainter& painter) {
  const Theme& theme = m_session.theme();
  painter.fillRect(rect(), theme.base);
  painter.save();
  painter.setClipRect(0, m_ruler, width(), height() - m_ruler);
  painter.translate(0, m_ruler - m_scroll->value());
  for (const LanePlace& place : m_lanes) {
    if (place.bottom < m_scroll->value() || place.top > m_scroll->value() + height()) continue;
    paintLane(painter, place);
    paintLosses(painter, place);
    paintStuck(painter, place);
    paintHeader(painter, place);
  }
  painter.restore();
  paintRuler(painter);
}

void TimelineWidget::paintRuler(QPainter& painter) {
  const Theme& theme = m_session.theme();
  painter.fillRect(0, 0, width(), m_ruler, theme.window);
  painter.fillRect(0, m_ruler - 1, width(), 1, theme.grid);
  const Ns step = niceStep(m_viewport.nsPerPixel * 130);
  const Ns first = (m_viewport.begin / step - (m_viewport.begin < 0 ? 1 : 0)) * step;
  painter.setPen(theme.faint);
  for (Ns at = first; at < m_viewport.end() + step; at += step) {
    const int x = static_cast<int>(std::floor(xOf(at)));
    if (x < plotLeft() || x > plotLeft() + plotWidth()) continue;
    painter.fillRect(x, m_ruler - 6, 1, 6, theme.faint);
    if (x + 30 < width())
      painter.drawText(QRect(x + 4, 0, 160, m_ruler - 2), Qt::AlignVCenter | Qt::AlignLeft, axisTimeText(at, step));
  }
  // The left end says how much one sees: the same ruler at a glance.
  painter.fillRect(0, 0, plotLeft(), m_ruler - 1, theme.window);
  painter.setPen(theme.text);
  painter.drawText(QRect(8, 0, plotLeft() - 12, m_ruler - 2), Qt::AlignVCenter | Qt::AlignLeft,
                   tr("%1 shown").arg(timeText(static_cast<Ns>(m_viewport.nsPerPixel * plotWidth()))));
}

void TimelineWidget::paintHeader(QPainter& painter, const LanePlace& place) {
  const Theme& theme = m_session.theme();
  painter.fillRect(0, place.top, plotLeft(), place.bottom - place.top, theme.window);
  painter.fillRect(plotLeft() - 1, place.top, 1, place.bottom - place.top, theme.grid);
  painter.setPen(theme.text);
  const int line = fontMetrics().height();
  const QRect first(8, place.top, plotLeft() - 14, line + 2);
  painter.drawText(
      first, Qt::AlignVCenter | Qt::AlignLeft,
      fontMetrics().elidedText(QString::fromStdString(place.queue->title()), Qt::ElideMiddle, first.width()));
  const TileLane* lane = m_tile ? m_tile->lane(place.queue->queueId) : nullptr;
  painter.setPen(theme.faint);
  const bool near = lane == nullptr || lane->near;
  const QString upper = near ? (place.queue->onHost ? tr("host") : tr("guest")) : tr("in flight");
  if (place.guestHeight >= 2 * line)
    painter.drawText(QRect(8, place.guestTop + line, plotLeft() - 14, line + 2), Qt::AlignVCenter | Qt::AlignLeft,
                     upper);
  if (place.hostHeight <= 0) return;
  QString lower = place.guestHeight > 0 ? tr("slowest") : tr("in flight");
  if (near) {
    const Ns error = m_session.all().axis.error(place.queue->hostCaptureId);
    lower = !seen(error) ? tr("host, unaligned") : error > 0 ? tr("host ±%1").arg(timeText(error)) : tr("host");
  }
  // A lane of the host alone has its title there.
  const int below = place.guestHeight > 0 ? 0 : line;
  painter.drawText(QRect(8, place.hostTop + below, plotLeft() - 14, line + 4), Qt::AlignVCenter | Qt::AlignLeft,
                   fontMetrics().elidedText(lower, Qt::ElideRight, plotLeft() - 14));
}

void TimelineWidget::paintLane(QPainter& painter, const LanePlace& place) {
  const Theme& theme = m_session.theme();
  const TileLane* lane = m_tile ? m_tile->lane(place.queue->queueId) : nullptr;
  painter.fillRect(plotLeft(), place.guestTop, plotWidth(), place.guestHeight,
                   place.queue->onHost ? theme.host : theme.guest);
  painter.fillRect(plotLeft(), place.hostTop, plotWidth(), place.hostHeight, theme.host);
  if (lane == nullptr) return;
  painter.save();
  painter.setClipRect(plotLeft(), place.top, plotWidth(), place.bottom - place.top);
  if (lane->near) {
    paintChains(painter, place, *lane);
    paintMarks(painter, place, *lane);
  } else {
    paintBuckets(painter, place, *lane);
  }
  painter.restore();
}

void TimelineWidget::paintBuckets(QPainter& painter, const LanePlace& place, const TileLane& lane) {
  const auto columns = columnsOf(lane.buckets);
  double most = 1e-9;
  Ns slowest = 2;
  for (const Column& column : columns) {
    most = std::max(most, std::accumulate(column.busy.begin(), column.busy.end(), 0.0));
    slowest = std::max(slowest, column.worst);
  }
  // A lane of one side alone has the whole height for what is in flight.
  const bool two = place.hostHeight > 0 && place.guestHeight > 0;
  const QRect upper(plotLeft(), place.top, plotWidth(), two ? place.guestHeight : place.bottom - place.top);
  // What fits the condition is drawn over the faded whole, on the same scale.
  const bool narrows = narrowing(m_session.selection()).narrows();
  paintDensity(painter, upper, columns, most, narrows);
  if (two) paintSlowest(painter, place, columns, slowest, narrows);
  if (!narrows || !isNarrowed()) return;
  const auto fitting = columnsOf(lane.fitting);
  paintDensity(painter, upper, fitting, most, false);
  if (two) paintSlowest(painter, place, fitting, slowest, false);
}

void TimelineWidget::paintDensity(QPainter& painter, const QRect& area, const std::vector<Column>& columns, double most,
                                  bool faded) {
  const Theme& theme = m_session.theme();
  const double ratio = painter.device()->devicePixelRatioF();
  const auto wide = static_cast<int>(std::ceil(area.width() * ratio));
  const auto high = static_cast<int>(std::ceil(area.height() * ratio));
  if (wide <= 0 || high <= 0) return;
  QImage image(wide, high, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  auto* const pixels = reinterpret_cast<QRgb*>(image.bits());
  const auto stride = static_cast<std::ptrdiff_t>(image.bytesPerLine()) / static_cast<std::ptrdiff_t>(sizeof(QRgb));
  std::array<QRgb, kCauses> colours{};
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    QColor colour = theme.causes[cause];
    if (faded || !m_session.selection().hasCause(static_cast<Cause>(cause))) colour.setAlphaF(0.25F);
    colours[cause] = qPremultiply(colour.rgba());
  }
  for (int x = 0; x < wide; ++x) {
    const auto index = std::min(columns.size() - 1, static_cast<std::size_t>(x / ratio));
    const Column& column = columns[index];
    if (column.chains == 0) continue;
    const double busy = std::accumulate(column.busy.begin(), column.busy.end(), 0.0);
    // The root keeps quiet stretches visible beside busy ones.
    const double full = std::max(2.0 * ratio, std::sqrt(busy / most) * high);
    double bottom = high;
    for (std::size_t cause = 0; cause < kCauses && busy > 0; ++cause) {
      const double top = bottom - full * column.busy[cause] / busy;
      for (int y = std::max(0, static_cast<int>(top + 0.5)); y < static_cast<int>(bottom + 0.5) && y < high; ++y)
        pixels[y * stride + x] = colours[cause];
      bottom = top;
    }
  }
  image.setDevicePixelRatio(ratio);
  painter.drawImage(QPointF(area.topLeft()), image);
}

void TimelineWidget::paintSlowest(QPainter& painter, const LanePlace& place, const std::vector<Column>& columns,
                                  Ns slowest, bool faded) {
  const Theme& theme = m_session.theme();
  const double low = std::log(100.0), high = std::log(static_cast<double>(std::max<Ns>(slowest, 1000)));
  for (std::size_t x = 0; x < columns.size(); ++x) {
    if (columns[x].worst <= 0) continue;
    const double part = (std::log(static_cast<double>(std::max<Ns>(columns[x].worst, 100))) - low) / (high - low);
    const int y = place.hostTop + place.hostHeight - 2 - static_cast<int>(part * (place.hostHeight - 5));
    const int left = plotLeft() + static_cast<int>(x);
    if (!faded) painter.fillRect(left, y, 1, place.bottom - y, theme.grid);
    painter.fillRect(left, y, 1, 2, faded ? theme.grid : theme.text);
  }
}

void TimelineWidget::paintLosses(QPainter& painter, const LanePlace& place) {
  const Theme& theme = m_session.theme();
  for (const LossSpan& loss : m_session.all().losses) {
    const bool guest = loss.captureId == place.queue->captureId && !place.queue->onHost;
    const bool host = loss.captureId == place.queue->hostCaptureId;
    const auto& hosts = place.queue->hostQueueIds;
    const bool ours = loss.queueId == kNoQueue || loss.queueId == place.queue->queueId ||
                      std::find(hosts.begin(), hosts.end(), loss.queueId) != hosts.end();
    if ((!guest && !host) || !ours) continue;
    const int left = std::max(plotLeft(), static_cast<int>(xOf(loss.range.begin)));
    const int right = std::min(plotLeft() + plotWidth(), static_cast<int>(xOf(loss.range.end)) + 1);
    if (right <= left) continue;
    const bool lower = host && place.hostHeight > 0 && !guest;
    const QRect area(left, lower ? place.hostTop : place.guestTop, std::max(2, right - left),
                     lower ? place.hostHeight : place.guestHeight);
    painter.fillRect(area, QBrush(theme.loss, Qt::DiagCrossPattern));
  }
}

/// From the oldest chain that did not come back to the end of the capture.
void TimelineWidget::paintStuck(QPainter& painter, const LanePlace& place) {
  const Theme& theme = m_session.theme();
  for (const StuckSpan& stuck : m_session.all().stuck) {
    if (stuck.queueId != place.queue->queueId) continue;
    const int left = std::max(plotLeft(), static_cast<int>(xOf(stuck.range.begin)));
    const int right = std::min(plotLeft() + plotWidth(), static_cast<int>(xOf(stuck.range.end)) + 1);
    if (right <= left) continue;
    const QRect area(left, place.top, std::max(2, right - left), place.bottom - place.top);
    painter.fillRect(area, QBrush(theme.error, Qt::BDiagPattern));
    painter.fillRect(QRect(area.left(), area.top(), area.width(), 2), theme.error);
    const QString text =
        QStringLiteral("%1 %2 stuck for %3")
            .arg(countText(stuck.chains), stuck.chains == 1 ? QStringLiteral("chain") : QStringLiteral("chains"),
                 timeText(stuck.range.length()));
    const QRect label(area.left() + 4, area.top() + 3, fontMetrics().horizontalAdvance(text) + 8,
                      fontMetrics().height());
    if (label.width() > area.width()) continue;
    painter.fillRect(label, theme.base);
    painter.setPen(theme.error);
    painter.drawText(label, Qt::AlignCenter, text);
  }
}

void TimelineWidget::paintOverlay(QPainter& painter) {
  const Theme& theme = m_session.theme();
  const QRect plot(plotLeft(), m_ruler, plotWidth(), height() - m_ruler);
  painter.setClipRect(plot.adjusted(0, -m_ruler, 0, 0));
  if (const auto& time = m_session.selection().time) {
    QColor veil = theme.window;
    veil.setAlpha(150);
    const int left =
        static_cast<int>(std::clamp(xOf(time->begin), static_cast<double>(plot.left()), plot.right() + 1.0));
    const int right =
        static_cast<int>(std::clamp(xOf(time->end), static_cast<double>(plot.left()), plot.right() + 1.0));
    painter.fillRect(QRect(QPoint(plot.left(), plot.top()), QPoint(left - 1, plot.bottom())), veil);
    painter.fillRect(QRect(QPoint(right, plot.top()), QPoint(plot.right(), plot.bottom())), veil);
    painter.fillRect(left, 0, std::max(2, right - left), 4, theme.accent);
  }
  paintArrows(painter);
  if (m_drag != Drag::None && m_drag != Drag::Pan && m_moved) {
    QColor band = theme.accent;
    band.setAlpha(60);
    const QRect chosen(QPoint(std::min(m_pressed.x(), m_mouse.x()), 0),
                       QPoint(std::max(m_pressed.x(), m_mouse.x()), height()));
    painter.fillRect(chosen, band);
    painter.setPen(theme.text);
    painter.drawText(chosen.adjusted(4, m_ruler + 2, 200, 0), Qt::AlignLeft | Qt::AlignTop,
                     timeText(timeAt(chosen.right()) - timeAt(chosen.left())));
  }
  paintHover(painter);
  painter.setClipping(false);
  if (hasFocus()) {
    painter.setPen(theme.accent);
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
  }
}

/// What made what happen, across the sides, for the chain that is looked at.
void TimelineWidget::paintArrows(QPainter& painter) {
  const ChainId key = m_session.selection().chain;
  const TileLane* lane = key.valid() && m_tile ? m_tile->lane(key.queueId) : nullptr;
  if (lane == nullptr || !lane->near) return;
  const auto chain =
      std::find_if(lane->chains.begin(), lane->chains.end(), [&](const TileChain& each) { return each.key == key; });
  const auto place = std::find_if(m_lanes.begin(), m_lanes.end(),
                                  [&](const LanePlace& each) { return each.queue->queueId == key.queueId; });
  if (chain == lane->chains.end() || place == m_lanes.end() || place->hostHeight == 0 || place->guestHeight == 0)
    return;
  const Theme& theme = m_session.theme();
  const double guestY = rowRect(*place, *lane, *chain, false).bottom();
  const double hostY = rowRect(*place, *lane, *chain, true).top();
  const auto at = [&](Point point) { return chain->at[static_cast<std::size_t>(point)]; };
  const auto first = [&](std::initializer_list<Point> points) {
    for (const Point point : points)
      if (seen(at(point))) return at(point);
    return kUnseen;
  };
  painter.setRenderHint(QPainter::Antialiasing);
  const auto arrow = [&](Ns from, double fromY, Ns to, double toY) {
    if (!seen(from) || !seen(to)) return;
    const QPointF a(xOf(from), fromY), b(xOf(to), toY);
    const double sign = toY > fromY ? 1 : -1;
    QPainterPath path(a);
    path.cubicTo(a + QPointF(0, sign * 14), b - QPointF(0, sign * 14), b);
    painter.setPen(QPen(theme.accent, 1.6));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.accent);
    painter.drawPolygon(QPolygonF({b, b + QPointF(-4, -sign * 7), b + QPointF(4, -sign * 7)}));
    // The clock's uncertainty at the host's end of the arrow.
    const double error = seen(chain->error) ? static_cast<double>(chain->error) / m_viewport.nsPerPixel : 0;
    if (error < 2) return;
    const QPointF host = toY > fromY ? b : a;
    painter.setPen(QPen(theme.text, 1));
    painter.drawLine(host - QPointF(error, 0), host + QPointF(error, 0));
    for (const double side : {-error, error}) painter.drawLine(host + QPointF(side, -4), host + QPointF(side, 4));
  };
  arrow(first({Point::K, Point::A, Point::M, Point::Q}), guestY, first({Point::k, Point::w, Point::t, Point::f}),
        hostY);
  arrow(first({Point::s, Point::u}), hostY, first({Point::I, Point::D, Point::R}), guestY);
  painter.setRenderHint(QPainter::Antialiasing, false);
}

void TimelineWidget::paintHover(QPainter& painter) {
  if (m_mouse.x() < plotLeft() || m_drag == Drag::Pan) return;
  const Theme& theme = m_session.theme();
  const LanePlace* place = laneAt(m_mouse.y());
  if (place != nullptr && place->hostHeight > 0) {
    // On the host's part the time under the mouse is only known to within the clock's error.
    const Ns error = m_session.all().axis.error(place->queue->hostCaptureId);
    const double wide = seen(error) ? static_cast<double>(error) / m_viewport.nsPerPixel : 0;
    const int top = m_ruler - m_scroll->value() + place->hostTop;
    if (wide >= 2 && wide < width() && m_mouse.y() >= top) {
      QColor band = theme.text;
      band.setAlpha(28);
      painter.fillRect(QRectF(m_mouse.x() - wide, top, 2 * wide, place->hostHeight), band);
    }
  }
  painter.fillRect(m_mouse.x(), 0, 1, height(), theme.faint);
  const QString text = axisTimeText(timeAt(m_mouse.x()), std::max<Ns>(1, static_cast<Ns>(m_viewport.nsPerPixel)));
  const int wide = fontMetrics().horizontalAdvance(text) + 8;
  const QRect plate(std::clamp(m_mouse.x() - wide / 2, plotLeft(), width() - wide), 1, wide, m_ruler - 3);
  painter.fillRect(plate, theme.accent);
  painter.setPen(theme.accentText);
  painter.drawText(plate, Qt::AlignCenter, text);
}

}  // namespace descry::gui
