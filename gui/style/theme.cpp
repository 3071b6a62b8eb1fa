// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/style/theme.hpp"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace descry::gui {

namespace {

Qt::BrushStyle brushOf(Pattern pattern) {
  switch (pattern) {
    case Pattern::Plain:
      return Qt::NoBrush;
    case Pattern::Rising:
      return Qt::BDiagPattern;
    case Pattern::Falling:
      return Qt::FDiagPattern;
    case Pattern::Level:
      return Qt::HorPattern;
    case Pattern::Dots:
      return Qt::Dense6Pattern;
    case Pattern::Cross:
      return Qt::DiagCrossPattern;
  }
  return Qt::NoBrush;
}

QString inWords(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

double luminance(const QColor& colour) {
  const auto linear = [](double part) {
    return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

}  // namespace

Theme Theme::light() {
  Theme theme;
  theme.window = QColor(0xf3, 0xf4, 0xf6);
  theme.base = QColor(0xff, 0xff, 0xff);
  theme.alternate = QColor(0xf7, 0xf8, 0xfa);
  theme.text = QColor(0x1b, 0x1f, 0x24);
  theme.faint = QColor(0x59, 0x63, 0x6e);
  theme.grid = QColor(0xd8, 0xdc, 0xe2);
  theme.accent = QColor(0x0b, 0x5c, 0xad);
  theme.accentText = QColor(0xff, 0xff, 0xff);
  theme.warning = QColor(0x8a, 0x5a, 0x00);
  theme.error = QColor(0xb4, 0x23, 0x18);
  theme.good = QColor(0x13, 0x6c, 0x3a);
  theme.guest = QColor(0xe6, 0xee, 0xf8);
  theme.host = QColor(0xf6, 0xee, 0xe2);
  theme.loss = QColor(0xb4, 0x23, 0x18);
  for (const CauseInfo& info : kCauseTable) theme.causes[indexOf(info.cause)] = QColor(info.light);
  return theme;
}

Theme Theme::dark() {
  Theme theme;
  theme.isDark = true;
  theme.window = QColor(0x1d, 0x21, 0x27);
  theme.base = QColor(0x14, 0x17, 0x1c);
  theme.alternate = QColor(0x1a, 0x1e, 0x24);
  theme.text = QColor(0xe6, 0xea, 0xef);
  theme.faint = QColor(0xa4, 0xae, 0xba);
  theme.grid = QColor(0x36, 0x3d, 0x47);
  theme.accent = QColor(0x5a, 0xa9, 0xf0);
  theme.accentText = QColor(0x0a, 0x12, 0x1a);
  theme.warning = QColor(0xf0, 0xb4, 0x4a);
  theme.error = QColor(0xff, 0x8a, 0x7a);
  theme.good = QColor(0x5f, 0xd0, 0x8f);
  theme.guest = QColor(0x1d, 0x2a, 0x3a);
  theme.host = QColor(0x33, 0x2a, 0x1e);
  theme.loss = QColor(0xff, 0x8a, 0x7a);
  for (const CauseInfo& info : kCauseTable) theme.causes[indexOf(info.cause)] = QColor(info.dark);
  return theme;
}

QColor Theme::textOn(const QColor& background) const {
  return luminance(background) > 0.19 ? QColor(0x11, 0x14, 0x18) : QColor(0xff, 0xff, 0xff);
}

void Theme::fill(QPainter& painter, const QRectF& rect, Cause cause) const {
  const QColor colour = this->cause(cause);
  // Whole pixels are several times faster to fill than fractions of them.
  const int left = qRound(rect.left()), top = qRound(rect.top());
  const QRect area(left, top, std::max(1, qRound(rect.right()) - left), std::max(1, qRound(rect.bottom()) - top));
  painter.fillRect(area, colour);
  const Qt::BrushStyle pattern = brushOf(infoOf(cause).pattern);
  if (pattern == Qt::NoBrush || area.width() < 8 || area.height() < 5) return;
  QColor line = isDark ? colour.darker(150) : colour.darker(128);
  line.setAlpha(170);
  painter.fillRect(area, QBrush(line, pattern));
}

QPalette Theme::palette() const {
  QPalette palette;
  palette.setColor(QPalette::Window, window);
  palette.setColor(QPalette::WindowText, text);
  palette.setColor(QPalette::Base, base);
  palette.setColor(QPalette::AlternateBase, alternate);
  palette.setColor(QPalette::Text, text);
  palette.setColor(QPalette::Button, isDark ? window.lighter(125) : window);
  palette.setColor(QPalette::ButtonText, text);
  palette.setColor(QPalette::BrightText, error);
  palette.setColor(QPalette::ToolTipBase, isDark ? window.lighter(140) : QColor(0xff, 0xff, 0xff));
  palette.setColor(QPalette::ToolTipText, text);
  palette.setColor(QPalette::PlaceholderText, faint);
  palette.setColor(QPalette::Highlight, accent);
  palette.setColor(QPalette::HighlightedText, accentText);
  palette.setColor(QPalette::Link, accent);
  palette.setColor(QPalette::LinkVisited, accent);
  palette.setColor(QPalette::Light, isDark ? window.lighter(160) : QColor(0xff, 0xff, 0xff));
  palette.setColor(QPalette::Midlight, isDark ? window.lighter(130) : window.lighter(103));
  palette.setColor(QPalette::Mid, grid);
  palette.setColor(QPalette::Dark, isDark ? base : grid.darker(115));
  palette.setColor(QPalette::Shadow, isDark ? QColor(0, 0, 0) : grid.darker(150));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    QColor disabled = faint;
    disabled.setAlpha(150);
    palette.setColor(QPalette::Disabled, role, disabled);
  }
  return palette;
}

QString Theme::styleSheet() const {
  return QStringLiteral(
             "QToolTip { color: %1; background: %2; border: 1px solid %3; padding: 3px; }"
             "QDockWidget { titlebar-close-icon: none; }"
             "QHeaderView::section { background: %4; color: %5; border: 0; border-right: 1px solid %3;"
             " border-bottom: 1px solid %3; padding: 3px 6px; }"
             "QHeaderView[ordered=\"true\"]::section { padding-right: 16px; }"
             "QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-position: center right; width: 9px; height: "
             "9px; right: 3px; }"
             "QTableView, QTreeView { gridline-color: %3; border: 1px solid %3; }"
             "QMainWindow::separator { background: %3; width: 4px; height: 4px; }")
      .arg(text.name(), isDark ? window.lighter(140).name() : QStringLiteral("#ffffff"), grid.name(), window.name(),
           faint.name());
}

QColor Theme::mix(const std::array<double, kCauses>& shares) const {
  double red = 0, green = 0, blue = 0, sum = 0;
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    red += shares[cause] * causes[cause].redF();
    green += shares[cause] * causes[cause].greenF();
    blue += shares[cause] * causes[cause].blueF();
    sum += shares[cause];
  }
  if (sum <= 0) return causes.back();
  return QColor::fromRgbF(static_cast<float>(red / sum), static_cast<float>(green / sum),
                          static_cast<float>(blue / sum));
}

QString causeName(Cause cause) {
  return inWords(infoOf(cause).label);
}

QString pointName(Point point) {
  return QStringLiteral("%1 (%2)").arg(inWords(infoOf(point).name), inWords(infoOf(point).letter));
}

QString lettersText(Point from, Point to) {
  return inWords(infoOf(from).letter) + u'→' + inWords(infoOf(to).letter);
}

QString causeMeaning(Cause cause) {
  QString text = inWords(infoOf(cause).meaning) + u'.';
  text[0] = text[0].toUpper();
  return text;
}

QString causeRule(Cause cause) {
  return inWords(infoOf(cause).rule);
}

}  // namespace descry::gui
