// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QBrush>
#include <QColor>
#include <QPalette>
#include <QString>
#include <array>

#include "schemas/model/points.hpp"

class QPainter;

namespace descry::gui {

/// Colours and patterns. Causes are told apart by colours that stay different for colour-blind people (after Okabe and
/// Ito), and by patterns as well. Values only.
struct Theme {
  static Theme light();
  static Theme dark();

  bool isDark = false;
  QColor window, base, alternate, text, faint, grid, accent, accentText, warning, error, good, guest, host, loss;
  std::array<QColor, kCauses> causes;

  QColor cause(Cause cause) const { return causes[static_cast<std::size_t>(cause)]; }
  /// Text that can be read on this colour.
  QColor textOn(const QColor& background) const;
  /// Fills with colour and pattern of a cause. The pattern is left out where it would not be seen (under 5 pixels).
  void fill(QPainter& painter, const QRectF& rect, Cause cause) const;
  QPalette palette() const;
  QString styleSheet() const;
  /// Mean colour of a mix of causes.
  QColor mix(const std::array<double, kCauses>& shares) const;
};

/// What a cause is called on screen, what it means in one sentence, and the rule by which it gets its nanoseconds.
QString causeName(Cause cause);
/// "mapped (M)": the name with its short form.
QString pointName(Point point);
/// "M→A", the short form of a stretch between two points.
QString lettersText(Point from, Point to);
QString causeMeaning(Cause cause);
QString causeRule(Cause cause);

}  // namespace descry::gui
