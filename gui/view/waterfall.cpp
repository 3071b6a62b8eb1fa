// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/waterfall.hpp"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

#include "gui/style/format.hpp"

namespace descry::gui {

namespace {
constexpr int kRuler = 24, kMargin = 6;
constexpr std::size_t kNeighboursShown = 8;

QString causeText(const CauseSpan& part) {
  QString text = causeName(part.cause) + QStringLiteral(" ") + timeText(part.length());
  if (part.induced) text += Waterfall::tr(" (waiting for a translation of another chain or of the ring)");
  if (part.somewhere) text += Waterfall::tr(" (somewhere in here: only its length was recorded)");
  return text;
}
}  // namespace

Waterfall::Waterfall(Session& session, QWidget* parent) : QWidget(parent), m_session(session) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  setAccessibleName(tr("Waterfall of the chain"));
  connect(&session, &Session::themeChanged, this, qOverload<>(&QWidget::update));
}

void Waterfall::show(std::shared_ptr<const ChainDetail> chain) {
  m_chain = std::move(chain);
  makeRows();
  updateGeometry();
  update();
}

void Waterfall::makeRows() {
  m_rows.clear();
  if (!m_chain) return;
  const ChainDetail& chain = *m_chain;
  // The stock of a posted buffer can be a thousand times longer than the rest: the axis begins where the latency does.
  const Ns begin = chain.begin - chain.start;
  m_begin = begin;
  m_end = begin + (seen(chain.total) ? chain.total : std::max<Ns>(chain.end() - begin, 1));
  for (const PhaseSpan& span : chain.phases) {
    Row row;
    row.letters = lettersText(span.from, span.to);
    row.name = QString::fromStdString(span.name);
    row.begin = span.begin;
    row.end = span.end;
    row.causes = span.causes;
    row.onHost = span.onHost;
    row.counted = span.counted;
    const Ns length = span.end - span.begin;
    row.error = span.crossesClocks && seen(chain.error) ? chain.error : 0;
    row.duration = timeText(length);
    if (row.error > 0)
      row.duration = length < row.error ? QStringLiteral("< ") + timeText(row.error)
                                        : row.duration + QStringLiteral(" ±") + timeText(row.error);
    row.toolTip = tr("<b>%1</b><br>from %2 to %3<br>%4")
                      .arg(row.name, pointName(span.from), pointName(span.to), bothTimeText(length));
    if (row.error > 0) row.toolTip += tr("<br>crosses the clocks: ±%1").arg(bothTimeText(row.error));
    for (const CauseSpan& part : span.causes) row.toolTip += QStringLiteral("<br>") + causeText(part);
    if (!span.counted) row.toolTip += tr("<br>not part of the latency");
    if (chain.device.empty()) row.toolTip.clear();
    m_rows.push_back(row);
  }
  for (const MissDetail& miss : chain.misses) {
    Row row;
    row.onHost = true;
    row.begin = miss.raised;
    row.end = seen(miss.retried) ? miss.retried : seen(miss.updated) ? miss.updated : miss.raised;
    row.causes.push_back({row.begin, row.end, Cause::Iotlb});
    row.letters = miss.metadata ? tr("ring miss") : tr("miss");
    row.name = QStringLiteral("0x%1").arg(miss.iova, 0, 16);
    row.duration = seen(miss.updated) ? timeText(row.end - row.begin) : tr("no answer");
    row.toolTip = tr("Translation miss at %1, raised %2 after the start").arg(row.name, timeText(miss.raised));
    if (seen(miss.read)) row.toolTip += tr("<br>read by the VMM after %1").arg(bothTimeText(miss.read - miss.raised));
    if (seen(miss.updated)) row.toolTip += tr("<br>answered after %1").arg(bothTimeText(miss.updated - miss.raised));
    if (seen(miss.grantedBytes)) row.toolTip += tr("<br>granted %1").arg(bytesText(miss.grantedBytes));
    if (seen(miss.retried) && seen(miss.updated))
      row.toolTip += tr("<br>the queue continued %1 later").arg(bothTimeText(miss.retried - miss.updated));
    m_rows.push_back(row);
  }
  for (std::size_t i = 0; i < chain.ahead.size() && i < kNeighboursShown; ++i) {
    const Neighbour& neighbour = chain.ahead[i];
    Row row;
    row.isNeighbour = true;
    row.begin = neighbour.begin;
    row.end = neighbour.end;
    row.letters = tr("ahead");
    row.name = QStringLiteral("#") + countText(neighbour.key.position);
    row.duration = timeText(neighbour.end - neighbour.begin);
    row.toolTip = tr("Chain %1 was under way when this one began; it ended %2 into it")
                      .arg(countText(neighbour.key.position), timeText(std::max<Ns>(0, neighbour.end - m_begin)));
    m_rows.push_back(row);
  }
}

QSize Waterfall::sizeHint() const {
  return {420, kRuler + static_cast<int>(m_rows.size()) * rowHeight() + kMargin};
}

int Waterfall::rowAt(int y) const {
  const int row = (y - kRuler) / rowHeight();
  return y >= kRuler && row < static_cast<int>(m_rows.size()) ? row : -1;
}

void Waterfall::paintEvent(QPaintEvent*) {
  if (!m_chain) return;
  QPainter painter(this);
  const Theme& theme = m_session.theme();
  painter.fillRect(rect(), theme.base);
  const QFontMetrics metrics = fontMetrics();
  int letters = metrics.horizontalAdvance(QStringLiteral("M→A")), names = 0, durations = 0;
  for (const Row& row : m_rows) {
    letters = std::max(letters, metrics.horizontalAdvance(row.letters));
    names = std::max(names, metrics.horizontalAdvance(row.name));
    durations = std::max(durations, metrics.horizontalAdvance(row.duration));
  }
  names = std::min(names, width() / 4);
  const int left = kMargin + letters + 8 + names + 10, right = width() - durations - 2 * kMargin - 4;
  const double scale =
      static_cast<double>(std::max(1, right - left)) / static_cast<double>(std::max<Ns>(1, m_end - m_begin));
  const auto x = [&](Ns ns) { return left + static_cast<double>(ns - m_begin) * scale; };
  const auto clamped = [&](double value) {
    return std::clamp(value, static_cast<double>(left), static_cast<double>(right));
  };

  // Grounds of the two clocks, then the ruler's lines over them.
  for (std::size_t i = 0; i < m_rows.size(); ++i) {
    const int y = kRuler + static_cast<int>(i) * rowHeight();
    if (!m_rows[i].isNeighbour)
      painter.fillRect(0, y, width(), rowHeight(), m_rows[i].onHost ? theme.host : theme.guest);
  }
  const Ns step = niceStep(90 / scale);
  painter.setPen(theme.faint);
  for (Ns at = m_begin; at <= m_end; at += step) {
    const int place = static_cast<int>(x(at));
    painter.fillRect(place, kRuler - 4, 1, height() - kRuler, theme.grid);
    if (place + 60 < width() - durations)
      painter.drawText(QRect(place + 3, 0, 100, kRuler - 2), Qt::AlignVCenter | Qt::AlignLeft,
                       QStringLiteral("+") + timeText(at - m_begin));
  }
  for (std::size_t i = 0; i < m_rows.size(); ++i) {
    const Row& row = m_rows[i];
    const int y = kRuler + static_cast<int>(i) * rowHeight();
    painter.setPen(theme.faint);
    painter.drawText(QRect(kMargin, y, letters, rowHeight()), Qt::AlignVCenter | Qt::AlignLeft, row.letters);
    painter.setPen(theme.text);
    painter.drawText(QRect(kMargin + letters + 8, y, names, rowHeight()), Qt::AlignVCenter | Qt::AlignLeft,
                     metrics.elidedText(row.name, Qt::ElideRight, names));
    painter.drawText(QRect(right + kMargin, y, width() - right - 2 * kMargin, rowHeight()),
                     Qt::AlignVCenter | Qt::AlignRight, row.duration);
    const double begin = clamped(x(row.begin)), end = clamped(x(row.end));
    const QRectF bar(begin, y + 4, std::max(2.0, end - begin), rowHeight() - 8);
    if (row.isNeighbour || !row.counted) {
      painter.fillRect(bar, theme.grid);
      painter.fillRect(bar, QBrush(theme.faint, Qt::Dense7Pattern));
    } else {
      for (const CauseSpan& part : row.causes) {
        const double from = clamped(x(part.begin)), to = clamped(x(part.end));
        // Parts tile the bar pixel by pixel; only a bar that would vanish altogether is made wider.
        if (row.causes.size() == 1)
          theme.fill(painter, bar, part.cause);
        else if (qRound(to) > qRound(from))
          theme.fill(painter, QRectF(from, bar.top(), to - from, bar.height()), part.cause);
      }
    }
    if (row.error > 0) {
      // The end of a phase that crosses clocks is known to within this.
      const double low = clamped(x(row.end - row.error)), high = clamped(x(row.end + row.error));
      painter.setPen(theme.text);
      painter.drawLine(QPointF(low, bar.center().y()), QPointF(high, bar.center().y()));
      for (const double tip : {low, high})
        painter.drawLine(QPointF(tip, bar.top() + 2), QPointF(tip, bar.bottom() - 2));
    }
  }
}

bool Waterfall::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    auto* help = static_cast<QHelpEvent*>(event);
    const int row = rowAt(help->pos().y());
    if (row >= 0)
      QToolTip::showText(help->globalPos(), m_rows[static_cast<std::size_t>(row)].toolTip, this);
    else
      QToolTip::hideText();
    return true;
  }
  return QWidget::event(event);
}

}  // namespace descry::gui
