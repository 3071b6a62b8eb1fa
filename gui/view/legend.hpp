// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "gui/query/session.hpp"

namespace descry::gui {

/// The causes with colour and pattern; a click keeps only chains that lost time to that cause.
class Legend : public QWidget {
  Q_OBJECT
 public:
  Legend(Session& session, QWidget* parent);

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  bool event(QEvent* event) override;

 private:
  QRect place(std::size_t cause, int width) const;
  int causeAt(const QPoint& position) const;

  Session& m_session;
};

}  // namespace descry::gui
