// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/compare_bars.hpp"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "analyzer/compare/sentences.hpp"
#include "gui/style/format.hpp"
#include "schemas/text/quantity.hpp"

namespace descry::gui {

namespace {

constexpr int kBar = 13, kMargin = 6, kGap = 8;

QString nameOf(int cause) {
  return cause == kWholeLatency ? CompareBars::tr("Latency") : causeName(static_cast<Cause>(cause));
}

Ns whole(double ns) {
  return static_cast<Ns>(std::llround(ns));
}

QString signedExactText(double ns) {
  return (ns < 0 ? QStringLiteral("-") : QStringLiteral("+")) + exactTimeText(whole(std::abs(ns)));
}

}  // namespace

QString changeText(const Change& change) {
  QString text = CompareBars::tr("no change");
  if (whole(change.difference()) != 0) {
    text = QString::fromStdString(signedTimeText(change.difference()));
    if (change.base > 0) text += QStringLiteral(" (%1)").arg(QString::fromStdString(relativeText(change)));
  }
  return change.significant ? text + QStringLiteral(" *") : text;
}

CompareBars::CompareBars(QWidget* parent) : QWidget(parent), m_theme(Theme::light()) {
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::PointingHandCursor);
  setAccessibleName(tr("Mean per chain by cause, base and new"));
}

void CompareBars::setPlace(const ComparedLevel& place, const ComparisonOptions& options, const Theme& theme) {
  m_place = place;
  m_options = options;
  m_theme = theme;
  m_rows = {kWholeLatency};
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    if (const Change& mean = meanOf(place, static_cast<int>(cause)); whole(mean.base) != 0 || whole(mean.now) != 0)
      m_rows.push_back(static_cast<int>(cause));
  updateGeometry();
  update();
}

void CompareBars::clear() {
  m_place.reset();
  m_rows.clear();
  update();
}

void CompareBars::setChosen(int cause) {
  m_chosen = cause;
  update();
}

QString CompareBars::textOf(int cause) const {
  const Change& shown = number(cause);
  QStringList lines = {nameOf(cause) + tr(", mean per chain"), tr("base: %1").arg(exactTimeText(whole(shown.base))),
                       tr("new: %1").arg(exactTimeText(whole(shown.now))),
                       tr("change: %1").arg(signedExactText(shown.difference()))};
  if (shown.tested)
    lines << tr("95 % certain: %1 to %2").arg(signedExactText(shown.low), signedExactText(shown.high));
  else
    lines << tr("too few chains to say how certain that is");
  lines << (!shown.significant                         ? tr("not significant")
            : ComparedLevel::matters(shown, m_options) ? tr("significant")
                                                       : tr("significant, but too small to matter"));
  if (const Change& induced = m_place->cause("iotlb_induced").mean;
      cause == static_cast<int>(Cause::Iotlb) && (induced.base > 0 || induced.now > 0))
    lines << tr("of it induced by other chains' misses: %1, now %2")
                 .arg(exactTimeText(whole(induced.base)), exactTimeText(whole(induced.now)));
  return lines.join(QLatin1Char('\n'));
}

int CompareBars::barsLeft() const {
  int widest = 0;
  for (const int cause : m_rows) widest = std::max(widest, fontMetrics().horizontalAdvance(nameOf(cause)));
  return kMargin + widest + kGap;
}

/// What is written right of the bars must fit.
int CompareBars::barsRight() const {
  int widest = 0;
  for (const int cause : m_rows)
    widest = std::max({widest, fontMetrics().horizontalAdvance(changeText(number(cause))),
                       fontMetrics().horizontalAdvance(timeText(whole(number(cause).base)))});
  return std::max(barsLeft() + 20, width() - kMargin - widest - kGap);
}

QRect CompareBars::rowRect(std::size_t row) const {
  const int high = std::max(fontMetrics().height() * 2 + 4, 2 * kBar + 6) + kGap;
  return {0, static_cast<int>(row) * high, width(), high};
}

QSize CompareBars::sizeHint() const {
  return {420, static_cast<int>(m_rows.size()) * rowRect(0).height() + kGap};
}

QSize CompareBars::minimumSizeHint() const {
  return {260, sizeHint().height()};
}

int CompareBars::rowAt(const QPoint& position) const {
  for (std::size_t row = 0; row < m_rows.size(); ++row)
    if (rowRect(row).contains(position)) return static_cast<int>(row);
  return -1;
}

void CompareBars::paintBar(QPainter& painter, const QRectF& bar, int cause, bool isBase) const {
  const QColor colour = cause == kWholeLatency ? m_theme.accent : m_theme.cause(static_cast<Cause>(cause));
  if (isBase) {  // hollow: told apart from the new case without colours
    QColor ground = colour;
    ground.setAlpha(60);
    painter.fillRect(bar, ground);
    painter.setPen(QPen(colour, 1.4));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(bar.adjusted(0.7, 0.7, -0.7, -0.7));
  } else if (cause == kWholeLatency) {
    painter.fillRect(bar, colour);
  } else {
    m_theme.fill(painter, bar, static_cast<Cause>(cause));
  }
}

void CompareBars::paintRow(QPainter& painter, std::size_t row, double scale) const {
  const int cause = m_rows[row];
  const Change& shown = number(cause);
  const QRect rect = rowRect(row);
  if (cause == m_chosen) {
    QColor ground = m_theme.accent;
    ground.setAlpha(28);
    painter.fillRect(rect, ground);
    painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), m_theme.accent);
  }
  const int left = barsLeft(), right = barsRight(), middle = rect.center().y();
  painter.setPen(m_theme.text);
  painter.drawText(QRect(kMargin, rect.top(), left - kMargin, rect.height()), Qt::AlignVCenter | Qt::AlignLeft,
                   nameOf(cause));
  const QRectF base(left, middle - kBar - 1, std::max(1.0, shown.base * scale), kBar);
  const QRectF now(left, middle + 2, std::max(1.0, shown.now * scale), kBar);
  paintBar(painter, base, cause, true);
  paintBar(painter, now, cause, false);
  if (shown.tested) {
    const double from = left + std::clamp(shown.base + shown.low, 0.0, (right - left) / scale) * scale;
    const double to = left + std::clamp(shown.base + shown.high, 0.0, (right - left) / scale) * scale;
    const double y = now.center().y();
    // A light seam keeps the whisker visible on the bar's pattern.
    for (const QPen& pen : {QPen(m_theme.base, 2.8), QPen(m_theme.text, 1.2)}) {
      painter.setPen(pen);
      painter.drawLine(QPointF(from, y), QPointF(to, y));
      painter.drawLine(QPointF(from, y - 4), QPointF(from, y + 4));
      painter.drawLine(QPointF(to, y - 4), QPointF(to, y + 4));
    }
  }
  const QRect texts(right + kGap, rect.top(), width() - right - kGap, rect.height());
  const int line = fontMetrics().height();
  painter.setPen(m_theme.faint);
  painter.drawText(QRect(texts.left(), middle - line, texts.width(), line), Qt::AlignVCenter | Qt::AlignLeft,
                   timeText(whole(shown.base)));
  const bool matters = ComparedLevel::matters(shown, m_options);
  painter.setPen(!matters ? m_theme.text : shown.difference() > 0 ? m_theme.error : m_theme.good);
  painter.drawText(QRect(texts.left(), middle + 1, texts.width(), line), Qt::AlignVCenter | Qt::AlignLeft,
                   changeText(shown));
}

void CompareBars::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), m_theme.base);
  if (!m_place) return;
  painter.setRenderHint(QPainter::Antialiasing);
  double longest = 1;
  for (const int cause : m_rows) {
    const Change& shown = number(cause);
    longest = std::max({longest, shown.base, shown.now, shown.tested ? shown.base + shown.high : 0.0});
  }
  const double scale = (barsRight() - barsLeft()) / longest;
  for (std::size_t row = 0; row < m_rows.size(); ++row) paintRow(painter, row, scale);
  if (hasFocus()) {
    painter.setPen(QPen(m_theme.accent, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
  }
}

void CompareBars::mousePressEvent(QMouseEvent* event) {
  const int row = rowAt(event->position().toPoint());
  if (row >= 0) emit chosen(m_rows[static_cast<std::size_t>(row)]);
}

void CompareBars::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
  const auto at = std::find(m_rows.begin(), m_rows.end(), m_chosen);
  if (step == 0 || m_rows.empty()) return QWidget::keyPressEvent(event);
  const auto row = std::clamp<std::ptrdiff_t>((at == m_rows.end() ? 0 : at - m_rows.begin() + step), 0,
                                              static_cast<std::ptrdiff_t>(m_rows.size()) - 1);
  emit chosen(m_rows[static_cast<std::size_t>(row)]);
}

bool CompareBars::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  auto* help = static_cast<QHelpEvent*>(event);
  const int row = rowAt(help->pos());
  if (row >= 0)
    QToolTip::showText(help->globalPos(), textOf(m_rows[static_cast<std::size_t>(row)]), this);
  else
    QToolTip::hideText();
  return true;
}

}  // namespace descry::gui
