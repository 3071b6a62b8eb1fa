// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>
#include <optional>

#include "gui/data/comparison.hpp"
#include "gui/data/distribution.hpp"
#include "gui/style/theme.hpp"

namespace descry::gui {

/// The mean latency per chain and its causes, the base above the new case, with the confidence interval of the change
/// as whisker. A click, or an arrow key, chooses what is looked at closer.
class CompareBars : public QWidget {
  Q_OBJECT
 public:
  explicit CompareBars(QWidget* parent);

  void setPlace(const ComparedLevel& place, const ComparisonOptions& options, const Theme& theme);
  void clear();
  void setChosen(int cause);
  /// Every number of a row, exactly.
  QString textOf(int cause) const;
  /// What has a row: kWholeLatency, then the causes that took time in either case.
  const std::vector<int>& rows() const { return m_rows; }
  /// The place of a row, and in it the lengths that are drawn: for tests.
  QRect rowRect(std::size_t row) const;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 signals:
  void chosen(int cause);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  const Change& number(int cause) const { return meanOf(*m_place, cause); }
  void paintRow(QPainter& painter, std::size_t row, double scale) const;
  void paintBar(QPainter& painter, const QRectF& bar, int cause, bool isBase) const;
  int rowAt(const QPoint& position) const;
  int barsLeft() const;
  int barsRight() const;

  std::optional<ComparedLevel> m_place;
  ComparisonOptions m_options;
  Theme m_theme;
  std::vector<int> m_rows;
  int m_chosen = kWholeLatency;
};

/// "+1.20 us (+12.3 %) *"; the star where the change is significant.
QString changeText(const Change& change);

}  // namespace descry::gui
